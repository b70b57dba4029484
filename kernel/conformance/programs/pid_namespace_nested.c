/* Which numbers has a task in pid namespaces inside each other, and can clone3(2) choose them? */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static pid_t make(uint64_t flags, pid_t *pids, int count) {
  struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
  args.set_tid = (uint64_t)(uintptr_t)pids;
  args.set_tid_size = count;
  fflush(stdout);
  return syscall(SYS_clone3, &args, sizeof args);
}

static void end(pid_t pid, const char *what) {
  int status;
  if (pid < 0) printf("%s: %s\n", what, strerror(errno));
  else printf("%s: seen as %d, waited for the same %d\n", what, pid, waitpid(pid, &status, 0) == pid);
}

static void innermost(void) {
  printf("innermost is %d with parent %d\n", getpid(), getppid());
  pid_t pids[] = {40, 50};
  pid_t child = make(0, pids, 2);
  if (child == 0) {
    printf("chosen %d with parent %d\n", getpid(), getppid());
    fflush(stdout);
    _exit(0);
  }
  end(child, "two levels");
  pid_t taken[] = {1};
  end(make(0, taken, 1), "a number that is taken");
  pid_t low[] = {0};
  end(make(0, low, 1), "number 0");
  pid_t many[] = {60, 61, 0, 0};
  end(make(0, many, 4), "more than there are levels");
  fflush(stdout);
  _exit(0);
}

int main(void) {
  pid_t outer = make(CLONE_NEWPID, NULL, 0);
  if (outer == 0) {
    printf("outer is %d\n", getpid());
    pid_t pids[] = {1, 30};
    pid_t inner = make(CLONE_NEWPID, pids, 2);
    if (inner == 0) innermost();
    end(inner, "the inner's first");
    pid_t wrong[] = {2};
    end(make(CLONE_NEWPID, wrong, 1), "a first that is not 1");
    fflush(stdout);
    _exit(0);
  }
  if (outer < 0) return printf("outer: %s\n", strerror(errno)), 1;
  waitpid(outer, NULL, 0);
  return 0;
}
