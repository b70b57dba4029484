/* How much does a pipe take before it would block, and when is a write to it cut? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "report.h"

static char bytes[200000];

int main(void) {
  int ends[2];
  pipe2(ends, O_NONBLOCK);
  printf("capacity %d\n", fcntl(ends[1], F_GETPIPE_SZ));
  printf("wrote %zd\n", write(ends[1], bytes, sizeof bytes));
  REPORT(write(ends[1], bytes, 1));
  struct pollfd writable = {.fd = ends[1], .events = POLLOUT};
  printf("ready %d\n", poll(&writable, 1, 0));
  printf("read %zd\n", read(ends[0], bytes, 4095));
  printf("ready %d\n", poll(&writable, 1, 0));
  printf("read %zd\n", read(ends[0], bytes, 1));
  printf("ready %d\n", poll(&writable, 1, 0));
  REPORT(write(ends[1], bytes, 4097) == 4096);
  REPORT(write(ends[1], bytes, 4096));
}
