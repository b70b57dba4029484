/* Which descriptors does close_range(2) close, mark, or leave to others? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

#define CLOSE(first, last, flags) REPORT(syscall(436, first, last, flags))

static void show(const char *what) {
  printf("%s:", what);
  for (int fd = 3; fd < 16; fd++) {
    int flags = fcntl(fd, F_GETFD);
    if (flags >= 0) printf(" %d%s", fd, flags ? "e" : "");
  }
  printf("\n");
}

static void fill(void) {
  for (int fd = 3; fd < 12; fd++) dup2(0, fd);
}

static void *unshares(void *unused) {
  CLOSE(5, 6, 2);
  show("thread with a table of its own");
  return NULL;
}

int main(void) {
  close(0);
  open("/dev/null", O_RDWR);
  fill();
  show("at first");
  CLOSE(4, 6, 0);
  show("4 to 6");
  CLOSE(6, 4, 0);
  CLOSE(8, 8, 4);
  show("8 marked");
  CLOSE(9, ~0U, 0);
  show("from 9");
  CLOSE(100, 200, 0);
  CLOSE(3, 3, 1);
  CLOSE(3, 3, 8);
  fill();
  pthread_t thread;
  pthread_create(&thread, NULL, unshares, NULL);
  pthread_join(thread, NULL);
  show("afterwards");
  CLOSE(3, ~0U, 2 | 4);
  show("unshared and marked");
}
