/* Which arguments does clone3 take, and what of them reaches the child? */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

struct arguments {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
      set_tid_size, cgroup, more;
};

static struct arguments a;

static long make(size_t size) {
  long result = syscall(435, &a, size);
  if (result == 0) _exit(a.parent_tid != 0 ? 11 : 12);
  return result;
}

static void tell(const char *what, size_t size) {
  long result = make(size);
  printf("%s: %s\n", what, result > 0 ? "made" : strerrorname_np(errno));
  if (result > 0) waitpid(result, 0, __WALL);
}

static void handler(int signo) {}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  tell("all zero", 64);
  tell("short", 63);
  tell("longest", 88);
  tell("longer with zeros", 96);
  a.more = 1;
  tell("longer with something", 96);
  a.more = 0;
  tell("too long", 5000);
  a.exit_signal = 65;
  tell("no signal", 64);
  a.exit_signal = SIGCHLD;
  a.flags = 0x11;
  tell("signal in the flags", 64);
  a.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
  tell("thread with a signal", 64);
  a.flags = CLONE_SIGHAND;
  tell("handlers without memory", 64);
  a.flags = 0;
  a.stack = 4096;
  tell("stack without a size", 64);
  a.stack = 0;
  a.stack_size = 4096;
  tell("size without a stack", 64);
  a.stack_size = 0;
  a.set_tid_size = 1;
  tell("set_tid without pids", 80);
  a.set_tid_size = 0;
  a.flags = 0x80000000000;
  tell("unknown flag", 64);

  int pidfd = -1;
  pid_t parent_tid = 0;
  a.flags = CLONE_PIDFD | CLONE_PARENT_SETTID;
  a.pidfd = (uint64_t)&pidfd;
  a.parent_tid = (uint64_t)&parent_tid;
  long child = make(64);
  struct pollfd polled = {pidfd, POLLIN, 0};
  printf("pidfd: %d, tid %d\n", poll(&polled, 1, 10000), parent_tid == child);
  int status;
  waitpid(child, &status, 0);
  printf("status %d\n", WEXITSTATUS(status));

  memset(&a, 0, sizeof a);
  signal(SIGUSR1, handler);
  signal(SIGUSR2, SIG_IGN);
  a.flags = 0x100000000;
  a.exit_signal = SIGCHLD;
  child = syscall(435, &a, 64);
  if (child == 0) {
    struct sigaction one, two;
    sigaction(SIGUSR1, 0, &one);
    sigaction(SIGUSR2, 0, &two);
    _exit((one.sa_handler == SIG_DFL) + 2 * (two.sa_handler == SIG_IGN));
  }
  waitpid(child, &status, 0);
  printf("handlers cleared, ignored kept: %d\n", WEXITSTATUS(status));
}
