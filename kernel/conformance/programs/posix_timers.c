/* What do POSIX timers send, with which value, how many expiries do they miss, and what do they refuse? */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static volatile int count, code, value, timer_number;

static void note(int signo, siginfo_t *info, void *context) {
  count++;
  code = info->si_code;
  value = info->si_value.sival_int;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGRTMIN, &action, 0);
  sigaction(SIGALRM, &action, 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
  event.sigev_value.sival_int = 99;
  timer_t timer;
  struct itimerspec spec, old;
  REPORT(timer_create(CLOCK_MONOTONIC, &event, &timer));
  REPORT(timer_gettime(timer, &old));
  printf("%ld %ld\n", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
  spec = (struct itimerspec){.it_value = {0, 10000000}};
  REPORT(timer_settime(timer, 0, &spec, 0));
  REPORT(pause());
  printf("count %d code %d value %d\n", count, code, value);
  REPORT(timer_getoverrun(timer));

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, 0);
  spec = (struct itimerspec){{0, 5000000}, {0, 5000000}};
  REPORT(timer_settime(timer, 0, &spec, &old));
  printf("old %ld\n", old.it_value.tv_nsec);
  usleep(42000);
  siginfo_t info;
  printf("took %d\n", sigtimedwait(&set, &info, &(struct timespec){0, 0}) == SIGRTMIN);
  printf("code %d overrun %s same %d\n", info.si_code, info.si_overrun > 5 ? "many" : "few",
         info.si_overrun == timer_getoverrun(timer));
  timer_gettime(timer, &old);
  printf("interval %ld left %d\n", old.it_interval.tv_nsec,
         old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 5000000);
  REPORT(timer_delete(timer));
  REPORT(timer_gettime(timer, &old));
  REPORT(timer_delete(timer));
  sigprocmask(SIG_UNBLOCK, &set, 0);

  event.sigev_notify = SIGEV_NONE;
  timer_create(CLOCK_REALTIME, &event, &timer);
  spec = (struct itimerspec){.it_value = {1, 0}};
  REPORT(timer_settime(timer, TIMER_ABSTIME, &spec, 0));
  timer_gettime(timer, &old);
  printf("past %ld %ld\n", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
  timer_delete(timer);

  REPORT(timer_create(CLOCK_MONOTONIC, 0, &timer));
  spec = (struct itimerspec){.it_value = {0, 1}};
  count = 0;
  timer_settime(timer, 0, &spec, 0);
  while (count == 0) usleep(1000);
  printf("default code %d\n", code);
  spec.it_value.tv_nsec = 1000000000;
  REPORT(timer_settime(timer, 0, &spec, 0));

  event.sigev_notify = 77;
  REPORT(timer_create(CLOCK_MONOTONIC, &event, &timer));
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = 65;
  REPORT(timer_create(CLOCK_MONOTONIC, &event, &timer));
  event.sigev_signo = SIGRTMIN;
  REPORT(timer_create(CLOCK_MONOTONIC_COARSE, &event, &timer));
  REPORT(timer_create(12345, &event, &timer));
  REPORT(timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer));
  count = 0;
  spec = (struct itimerspec){.it_value = {0, 10000000}};
  REPORT(timer_settime(timer, 0, &spec, 0));
  while (count == 0) {}
  printf("cpu value %d\n", value);
}
