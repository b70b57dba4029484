/* By which numbers do a process and the tasks of a new pid namespace know each other? */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void *run(void *name) {
  printf("%s: pid %d, tid %ld, parent %d\n", (char *)name, getpid(), syscall(SYS_gettid), getppid());
  return NULL;
}

static int inner(void *arg) {
  run("first");
  printf("group %d, session %d\n", getpgrp(), getsid(0));
  printf("group of a parent that is not there %s\n", getpgid(getppid() + 1000) < 0 ? "unknown" : "known");
  REPORT(setpgid(0, 0));
  printf("own group %d\n", getpgrp());
  printf("session %d\n", setsid());
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    run("child");
    fflush(stdout);
    printf("parent exists %d\n", kill(getppid(), 0) == 0);
    fflush(stdout);
    _exit(7);
  }
  int status;
  pid_t waited = waitpid(child, &status, 0);
  printf("made %d, waited for %d, status %d\n", child, waited, WEXITSTATUS(status));
  pthread_t thread;
  pthread_create(&thread, NULL, run, "thread");
  pthread_join(thread, NULL);
  fflush(stdout);
  return 3;
}

int main(void) {
  static char stack[65536] __attribute__((aligned(16)));
  pid_t child = clone(inner, stack + sizeof stack, CLONE_NEWPID | SIGCHLD, NULL);
  int status;
  printf("first made: %s\n", child > 1 ? "a number of our own" : strerror(errno));
  fflush(stdout);
  pid_t waited = waitpid(child, &status, 0);
  printf("the same waited for %d, status %d\n", waited == child, WEXITSTATUS(status));
  return 0;
}
