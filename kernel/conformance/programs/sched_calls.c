/* Which policies, priorities and nice values may be asked for, and what do the calls answer? */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static const char *name(long result) { return result >= 0 ? "ok" : strerrorname_np(errno); }

static void policies(void) {
  struct sched_param none = {0}, ten = {10}, high = {100};
  printf("policy %d\n", sched_getscheduler(0));
  printf("other with priority %s\n", name(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &ten)));
  printf("fifo without %s\n", name(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &none)));
  printf("fifo too high %s\n", name(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &high)));
  printf("unknown %s\n", name(syscall(SYS_sched_setscheduler, 0, 77, &none)));
  printf("negative %s\n", name(syscall(SYS_sched_setscheduler, 0, -1, &none)));
  printf("nobody %s\n", name(syscall(SYS_sched_setscheduler, 30000, SCHED_OTHER, &none)));
  printf("no param %s\n", name(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, 0)));
  printf("batch %s", name(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &none)));
  printf(" %d\n", (int)syscall(SYS_sched_getscheduler, 0));
  printf("reset %s", name(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none)));
  printf(" %x\n", (int)syscall(SYS_sched_getscheduler, 0));
  for (int i = 0; i < 7; i++) {
    printf("%d: max %d min %d\n", i, sched_get_priority_max(i), sched_get_priority_min(i));
  }
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  policies();
  cpu_set_t set;
  CPU_ZERO(&set);
  printf("no processor %s\n", name(sched_setaffinity(0, sizeof set, &set)));
  printf("short mask %s\n", name(syscall(SYS_sched_getaffinity, 0, 4, &set)));
  printf("yield %s\n", name(sched_yield()));

  printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
  printf("set 5 %s", name(setpriority(PRIO_PROCESS, 0, 5)));
  printf(" %d raw %d\n", getpriority(PRIO_PROCESS, 0), (int)syscall(SYS_getpriority, PRIO_PROCESS, 0));
  printf("set 99 %s", name(setpriority(PRIO_PROCESS, 0, 99)));
  printf(" %d\n", getpriority(PRIO_PROCESS, 0));
  printf("nobody %s\n", name(setpriority(PRIO_PROCESS, 30000, 0)));
  printf("no kind %s\n", name(setpriority(3, 0, 0)));
  pid_t child = fork();
  if (child == 0) _exit(getpriority(PRIO_PROCESS, 0));
  int status;
  waitpid(child, &status, 0);
  printf("child nice %d\n", WEXITSTATUS(status));

  child = fork();
  if (child == 0) {
    struct rlimit none = {0, 0};
    struct sched_param one = {1};
    setrlimit(RLIMIT_NICE, &none);
    setrlimit(RLIMIT_RTPRIO, &none);
    setresuid(1000, 1000, 1000);
    printf("user: less nice %s\n", name(setpriority(PRIO_PROCESS, 0, 0)));
    printf("user: fifo %s\n", name(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &one)));
    printf("user: other's %s\n", name(setpriority(PRIO_PROCESS, getppid(), 19)));
    _exit(0);
  }
  waitpid(child, &status, 0);
}
