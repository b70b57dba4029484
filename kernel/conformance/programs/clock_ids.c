/* Which clocks are there, and what do they refuse? */
#define _GNU_SOURCE
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  // Not 8 and 9: the alarm clocks are there where there is a real-time clock.
  clockid_t clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 11};
  struct timespec a, b, sleep = {0, 2000000};
  for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
    printf("clock %d\n", clocks[i]);
    REPORT(clock_gettime(clocks[i], &a));
    REPORT(clock_getres(clocks[i], &b));
    clock_gettime(clocks[i], &b);
    printf("forward %d\n", b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
  }
  clockid_t own;
  printf("%d\n", clock_getcpuclockid(0, &own));
  REPORT(clock_gettime(own, &a));
  printf("%d\n", clock_getcpuclockid(getpid(), &own));
  REPORT(clock_gettime(own, &a));
  printf("%d\n", clock_getcpuclockid(4000000, &own));
  REPORT(clock_gettime(12, &a));
  REPORT(clock_gettime(-1, &a));
  REPORT(clock_gettime(0, (void *)8));
  REPORT(clock_settime(CLOCK_MONOTONIC, &a));
  a.tv_nsec = -1;
  REPORT(clock_settime(CLOCK_REALTIME, &a));
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
  nanosleep(&sleep, 0);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
  printf("sleep costs no time %d\n",
         (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec < 2000000);
  struct timex timex = {0};
  printf("adjtimex %d\n", adjtimex(&timex) >= 0);
  printf("tick %ld\n", (long)timex.tick);
}
