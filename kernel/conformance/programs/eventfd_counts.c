/* What does an eventfd count, with and without EFD_SEMAPHORE, and when would it block? */
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "report.h"

static int ready(int fd) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLOUT};
  poll(&poll_fd, 1, 0);
  return poll_fd.revents;
}

static void put(int fd, uint64_t value) { REPORT(write(fd, &value, sizeof value)); }

static void take(int fd) {
  uint64_t value = 0;
  ssize_t got = REPORT(read(fd, &value, sizeof value));
  if (got > 0) printf("value %llu\n", (unsigned long long)value);
}

int main(void) {
  int counter = eventfd(3, EFD_NONBLOCK);
  printf("ready %x\n", ready(counter));
  put(counter, 4);
  take(counter);
  take(counter);
  printf("ready %x\n", ready(counter));
  put(counter, UINT64_MAX - 1);
  printf("ready %x\n", ready(counter));
  put(counter, 1);
  put(counter, UINT64_MAX);
  char small[7];
  REPORT(read(counter, small, sizeof small));
  REPORT(write(counter, small, sizeof small));
  int semaphore = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
  char two[16];
  REPORT(read(semaphore, two, sizeof two));
  take(semaphore);
  take(semaphore);
  REPORT(eventfd(0, 64));
}
