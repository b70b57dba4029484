/* Whose processor time do times and getrusage count as the children's, and when? */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static void burn(void) {
  struct timespec now;
  do {
    for (volatile int i = 0; i < 10000; i++) {
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  } while (now.tv_sec == 0 && now.tv_nsec < 30000000);
}

static int children(void) {
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  return usage.ru_utime.tv_sec > 0 || usage.ru_stime.tv_sec > 0 ||
         usage.ru_utime.tv_usec + usage.ru_stime.tv_usec >= 20000;
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  printf("at first %d\n", children());
  pid_t child = fork();
  if (child == 0) {
    burn();
    _exit(0);
  }
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  printf("ended %d\n", children());
  struct rusage usage;
  wait4(child, 0, 0, &usage);
  printf("told %d\n", usage.ru_utime.tv_usec + usage.ru_stime.tv_usec >= 20000);
  printf("waited for %d\n", children());
  struct tms times_now;
  times(&times_now);
  printf("ticks %d\n", times_now.tms_cutime + times_now.tms_cstime >= 2);
  // A grandchild counts when its parent has waited for it and is waited for itself.
  child = fork();
  if (child == 0) {
    printf("child begins with %d\n", children());
    if (fork() == 0) {
      burn();
      _exit(0);
    }
    wait(0);
    _exit(children());
  }
  int status;
  wait4(child, &status, 0, &usage);
  printf("child's child %d, told %d\n", WEXITSTATUS(status),
         usage.ru_utime.tv_usec + usage.ru_stime.tv_usec >= 20000);
  struct rusage self;
  printf("bad who %d\n", getrusage(7, &self));
}
