/* What do the three interval timers send, how often, and what do they say is left? */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "report.h"

static volatile int count;
static volatile int code;

static void note(int signo, siginfo_t *info, void *context) {
  count++;
  code = info->si_code;
}

static void show(int which) {
  struct itimerval now;
  REPORT(getitimer(which, &now));
  printf("interval %ld.%06ld, %s\n", (long)now.it_interval.tv_sec, (long)now.it_interval.tv_usec,
         now.it_value.tv_sec || now.it_value.tv_usec ? "running" : "off");
}

int main(void) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGALRM, &action, 0);
  sigaction(SIGVTALRM, &action, 0);
  sigaction(SIGPROF, &action, 0);
  show(ITIMER_REAL);
  struct itimerval once = {.it_value = {0, 20000}}, old;
  REPORT(setitimer(ITIMER_REAL, &once, 0));
  show(ITIMER_REAL);
  REPORT(pause());
  printf("count %d code %x\n", count, code);
  show(ITIMER_REAL);

  struct itimerval often = {{0, 5000}, {0, 5000}};
  setitimer(ITIMER_REAL, &often, 0);
  while (count < 4) pause();
  show(ITIMER_REAL);
  struct itimerval off = {{0, 0}, {0, 0}};
  REPORT(setitimer(ITIMER_REAL, &off, &old));
  printf("old interval %ld\n", (long)old.it_interval.tv_usec);
  REPORT(alarm(100));
  printf("alarm left %u\n", alarm(0));

  count = 0;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  sigprocmask(SIG_BLOCK, &set, 0);
  setitimer(ITIMER_REAL, &often, 0);
  usleep(40000);
  setitimer(ITIMER_REAL, &off, 0);
  sigprocmask(SIG_UNBLOCK, &set, 0);
  printf("after blocking %d\n", count);

  count = 0;
  setitimer(ITIMER_VIRTUAL, &often, 0);
  while (count < 2) {}
  setitimer(ITIMER_VIRTUAL, &off, 0);
  show(ITIMER_VIRTUAL);
  setitimer(ITIMER_PROF, &once, 0);
  while (count < 3) {}
  show(ITIMER_PROF);
  REPORT(getitimer(3, &old));
  struct itimerval bad = {.it_value = {0, 1000000}};
  REPORT(setitimer(ITIMER_REAL, &bad, 0));
  bad.it_value.tv_usec = -1;
  REPORT(setitimer(ITIMER_REAL, &bad, 0));
}
