/* Do select and poll agree on what is ready, and what do they say of bad descriptors? */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/select.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  int ends[2];
  pipe(ends);
  struct pollfd polled[3] = {{ends[0], POLLIN}, {ends[1], POLLOUT}, {-1, POLLIN}};
  struct timeval none = {0, 0};
  fd_set readable, writable;
  for (int round = 0; round < 3; round++) {
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(ends[0], &readable);
    if (round < 2) FD_SET(ends[1], &writable);
    printf("select %d:", select(20, &readable, &writable, 0, &none));
    printf(" %d %d\n", !!FD_ISSET(ends[0], &readable), !!FD_ISSET(ends[1], &writable));
    printf("poll %d:", poll(polled, 3, 0));
    printf(" %x %x %x\n", polled[0].revents, polled[1].revents, polled[2].revents);
    if (round == 0) write(ends[1], "x", 1);
    if (round == 1) close(ends[1]);
  }
  FD_ZERO(&readable);
  FD_SET(ends[1], &readable);
  REPORT(select(20, &readable, 0, 0, &none));
  REPORT(select(-1, 0, 0, 0, &none));
  struct timeval bad = {0, -1};
  REPORT(select(0, 0, 0, 0, &bad));
  struct timespec wrong = {0, 1000000000};
  REPORT(ppoll(polled, 1, &wrong, 0));
  struct timeval brief = {0, 1000};
  printf("timeout %d\n", select(0, 0, 0, 0, &brief));
}
