/* What does a process learn of itself: ids, limits, names, clocks, arguments, environment? */
#define _GNU_SOURCE
#include <elf.h>
#include <fenv.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static void set_flags(int signo) {
  (void)signo;
  fesetround(FE_UPWARD);
  feraiseexcept(FE_OVERFLOW);
}

static void identity(void) {
  gid_t groups[4];
  uid_t r, e, s;
  printf("uid %d %d gid %d %d\n", getuid(), geteuid(), getgid(), getegid());
  REPORT(getresuid(&r, &e, &s));
  printf("%d %d %d %d\n", r, e, s, getpid() == gettid());
  REPORT(getpgid(99999));
  REPORT(getsid(99999));
  REPORT(setpgid(0, -1));
  REPORT(getpgid(0) == getpgrp());
  REPORT(getgroups(-1, groups) );
}

static void limits(void) {
  struct rlimit limit;
  struct rusage usage;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 64;
  REPORT(setrlimit(RLIMIT_NOFILE, &limit));
  getrlimit(RLIMIT_NOFILE, &limit);
  printf("%ld\n", (long)limit.rlim_cur);
  limit.rlim_cur = limit.rlim_max + 1;
  REPORT(setrlimit(RLIMIT_NOFILE, &limit));
  REPORT(setrlimit(99, &limit));
  REPORT(getrusage(RUSAGE_SELF, &usage));
  REPORT(getrusage(77, &usage));
}

static void names(void) {
  char name[17] = "";
  struct utsname uts;
  REPORT(prctl(PR_SET_NAME, "a name of more than fifteen"));
  REPORT(prctl(PR_GET_NAME, name));
  printf("%s\n", name);
  REPORT(uname(&uts));
  printf("%s %s\n", uts.sysname, uts.machine);
}

static void clocks(void) {
  struct timespec before, after, nap = {0, 2000000}, bad = {0, 1000000000};
  struct timeval now;
  struct tms ticks;
  REPORT(clock_gettime(CLOCK_MONOTONIC, &before));
  REPORT(nanosleep(&nap, 0));
  REPORT(clock_gettime(CLOCK_MONOTONIC, &after));
  printf("slept %d\n", (after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec -
                           before.tv_nsec >= 2000000);
  REPORT(nanosleep(&bad, 0));
  REPORT(clock_gettime(99, &after));
  REPORT(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &before, 0));
  REPORT(gettimeofday(&now, 0));
  REPORT(times(&ticks) != -1);
  printf("later than 2008 %d\n", now.tv_sec >= 1217376000);
}

static void rest(void) {
  char random[32] = {0};
  cpu_set_t set;
  int futex = 1;
  REPORT(getrandom(random, sizeof random, 0));
  REPORT(syscall(SYS_getrandom, random, 8, 0x100));
  REPORT(sched_getaffinity(0, sizeof set, &set));
  REPORT(sched_yield());
  REPORT(syscall(SYS_futex, &futex, 0, 2, 0));
  REPORT(syscall(SYS_futex, &futex, 1, 1, 0));
  REPORT(syscall(SYS_futex, (char *)&futex + 1, 0, 1, 0));
  struct timespec soon = {0, 1000};
  REPORT(syscall(SYS_futex, &futex, 0, 1, &soon));
  REPORT(syscall(999));
}

int main(int argc, char **argv, char **envp) {
  setvbuf(stdout, 0, _IONBF, 0);
  for (int i = 0; i < argc; i++) printf("argument %s\n", argv[i]);
  for (; *envp; envp++) printf("environment %s\n", *envp);
  printf("page %ld, ticks %ld, hwcap %lx, secure %ld\n", getauxval(AT_PAGESZ),
         getauxval(AT_CLKTCK), getauxval(AT_HWCAP), getauxval(AT_SECURE));
  printf("aligned %d\n", ((long)(argv - 1) & 15) == 0);
  identity();
  limits();
  names();
  clocks();
  rest();
  signal(SIGUSR1, set_flags);
  fesetround(FE_DOWNWARD);
  raise(SIGUSR1);
  printf("rounding kept %d, flags kept %d\n", fegetround() == FE_DOWNWARD,
         fetestexcept(FE_ALL_EXCEPT) == 0);
  exit(7);
}
