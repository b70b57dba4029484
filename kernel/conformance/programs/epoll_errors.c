/* What does epoll refuse: files, doubles, loops, depth, bad arguments; and does a closed file leave? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  struct epoll_event event = {.events = EPOLLIN}, out[8];
  int set = epoll_create1(0);
  int counter = eventfd(1, 0);
  int file = open("/", O_RDONLY);
  REPORT(epoll_create1(5));
  REPORT(epoll_create(0));
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, file, &event));
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, 77, &event));
  REPORT(epoll_ctl(77, EPOLL_CTL_ADD, counter, &event));
  REPORT(epoll_ctl(counter, EPOLL_CTL_ADD, set, &event));
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, set, &event));
  REPORT(epoll_ctl(set, EPOLL_CTL_MOD, counter, &event));
  REPORT(epoll_ctl(set, EPOLL_CTL_DEL, counter, &event));
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, counter, &event));
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, counter, &event));
  REPORT(epoll_ctl(set, 9, counter, &event));
  REPORT(epoll_wait(set, out, 0, 0));
  REPORT(epoll_wait(set, out, -1, 0));
  REPORT(epoll_wait(counter, out, 1, 0));
  REPORT(epoll_wait(set, (void *)8, 1, 0));

  int twin = dup(counter);
  REPORT(epoll_wait(set, out, 8, 0));
  close(counter);
  REPORT(epoll_wait(set, out, 8, 0));
  REPORT(epoll_ctl(set, EPOLL_CTL_DEL, counter, &event));
  close(twin);
  REPORT(epoll_wait(set, out, 8, 0));

  int outer = epoll_create1(0);
  counter = eventfd(1, 0);
  REPORT(epoll_ctl(outer, EPOLL_CTL_ADD, set, &event));
  REPORT(epoll_wait(outer, out, 8, 0));
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, counter, &event));
  REPORT(epoll_wait(outer, out, 8, 0));
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, outer, &event));
  int inner = outer, depth = 2;
  for (; depth < 10; depth++) {
    int next = epoll_create1(0);
    if (epoll_ctl(next, EPOLL_CTL_ADD, inner, &event) != 0) break;
    inner = next;
  }
  printf("depth %d\n", depth);
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  REPORT(epoll_ctl(set, EPOLL_CTL_MOD, counter, &event));
  REPORT(epoll_ctl(outer, EPOLL_CTL_ADD, counter, &event));
  event.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
  REPORT(epoll_ctl(outer, EPOLL_CTL_ADD, eventfd(0, 0), &event));
}
