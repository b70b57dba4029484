/* What becomes of the others when the first process of a pid namespace ends, and of its orphans while it lives? */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int ends[2];

static int first(void *arg) {
  close(ends[0]);
  int ready[2];
  pipe(ready);
  if (fork() == 0) {
    if (fork() == 0) {
      while (getppid() != 1) usleep(1000);
      printf("orphan %d has parent %d\n", getpid(), getppid());
      fflush(stdout);
      _exit(5);
    }
    _exit(4);
  }
  int status, sum = 0;
  for (int i = 0; i < 2; i++) {
    wait(&status);
    sum += WEXITSTATUS(status);
  }
  printf("waited for both: %d\n", sum);
  /* These hold the pipe's end open until they are gone. */
  for (int i = 0; i < 3; i++) {
    if (fork() == 0) {
      signal(SIGTERM, SIG_IGN);
      if (i == 2) setsid();
      if (i == 1 && fork() == 0) write(ready[1], "x", 1);
      else write(ready[1], "x", 1);
      for (;;) pause();
    }
  }
  char byte[4];
  for (int i = 0; i < 4; i++) read(ready[0], byte, 1);
  fflush(stdout);
  _exit(9);
}

int main(void) {
  static char stack[65536] __attribute__((aligned(16)));
  pipe(ends);
  pid_t child = clone(first, stack + sizeof stack, CLONE_NEWPID | SIGCHLD, NULL);
  if (child < 0) return printf("clone: %s\n", strerror(errno)), 1;
  close(ends[1]);
  int status;
  printf("the first ended %d", waitpid(child, &status, 0) == child);
  printf(" with %d\n", WEXITSTATUS(status));
  char byte;
  printf("nobody is left: %zd\n", read(ends[0], &byte, 1));
  REPORT(wait(NULL));
  return 0;
}
