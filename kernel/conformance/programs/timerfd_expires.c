/* When is a timerfd readable, how many expiries does it count, and what does it say is left? */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static void read_it(int fd) {
  uint64_t count = 0;
  ssize_t got = REPORT(read(fd, &count, sizeof count));
  if (got > 0) printf("expired %s\n", count == 1 ? "once" : count > 1 ? "often" : "never");
}

int main(void) {
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  read_it(timer);
  struct itimerspec once = {.it_value = {.tv_nsec = 20000000}};
  struct itimerspec old, now;
  REPORT(timerfd_settime(timer, 0, &once, &old));
  printf("old %ld %ld\n", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
  timerfd_gettime(timer, &now);
  printf("left %d\n", now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 20000000);
  read_it(timer);
  struct pollfd poll_fd = {.fd = timer, .events = POLLIN | POLLOUT};
  REPORT(poll(&poll_fd, 1, -1));
  printf("events %x\n", poll_fd.revents);
  timerfd_gettime(timer, &now);
  printf("left %ld\n", now.it_value.tv_nsec);
  read_it(timer);
  read_it(timer);
  REPORT(poll(&poll_fd, 1, 30));

  struct itimerspec periodic = {{.tv_nsec = 1000000}, {.tv_nsec = 1}};
  timerfd_settime(timer, 0, &periodic, 0);
  usleep(20000);
  timerfd_gettime(timer, &now);
  printf("interval %ld\n", now.it_interval.tv_nsec);
  read_it(timer);
  struct itimerspec off = {0};
  timerfd_settime(timer, 0, &off, 0);
  read_it(timer);

  int real = timerfd_create(CLOCK_REALTIME, 0);
  struct itimerspec past = {.it_value = {.tv_sec = 1}};
  REPORT(timerfd_settime(real, TFD_TIMER_ABSTIME, &past, 0));
  read_it(real);
  struct itimerspec bad = {.it_value = {.tv_nsec = 1000000000}};
  REPORT(timerfd_settime(real, 0, &bad, 0));
  REPORT(timerfd_settime(0, 0, &past, 0));
  REPORT(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
}
