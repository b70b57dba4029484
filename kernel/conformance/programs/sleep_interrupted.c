/* How do sleeps end: by time, by a handler, with what left, and absolute ones in the past? */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static void nothing(int signo) {}

static long elapsed_ms(clockid_t clock, struct timespec from) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000;
}

static void answer(int error) { printf("%s\n", error ? strerror(error) : "slept"); }

int main(void) {
  struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, 0);
  struct timespec from, until, left = {7, 7};
  struct itimerval soon = {.it_value = {0, 10000}};

  clock_gettime(CLOCK_MONOTONIC, &from);
  answer(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){0, 20000000}, &left));
  printf("long enough %d left %ld\n", elapsed_ms(CLOCK_MONOTONIC, from) >= 20, (long)left.tv_sec);
  setitimer(ITIMER_REAL, &soon, 0);
  answer(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){5, 0}, &left));
  printf("left %ld.9 %d\n", (long)left.tv_sec, left.tv_nsec > 500000000);
  setitimer(ITIMER_REAL, &soon, 0);
  REPORT(nanosleep(&(struct timespec){5, 0}, &left));
  printf("left %ld\n", (long)left.tv_sec);

  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 5;
  left = (struct timespec){7, 7};
  setitimer(ITIMER_REAL, &soon, 0);
  answer(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, &left));
  printf("left untouched %ld\n", (long)left.tv_sec);
  until.tv_sec -= 10;
  answer(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, 0));
  clock_gettime(CLOCK_MONOTONIC, &from);
  until = from;
  until.tv_nsec += 15000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  answer(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0));
  printf("long enough %d\n", elapsed_ms(CLOCK_MONOTONIC, from) >= 15);
  answer(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){0, 1000000000}, 0));
  answer(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){-1, 0}, 0));
  answer(clock_nanosleep(CLOCK_MONOTONIC_COARSE, 0, &(struct timespec){0, 1}, 0));
  answer(clock_nanosleep(99, 0, &(struct timespec){0, 1}, 0));
  answer(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &(struct timespec){0, 1}, 0));
}
