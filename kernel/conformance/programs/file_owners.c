/* Which owners does a file have, and who may be signalled on whose behalf? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int p[2];

static void owner(const char *what) {
  struct f_owner_ex o = {77, 77};
  int result = fcntl(p[0], F_GETOWN_EX, &o);
  long old = syscall(SYS_fcntl, p[0], F_GETOWN, 0);
  printf("%s: %d type %d pid %s, %s\n", what, result, o.type,
         o.pid == getpid() ? "mine" : o.pid == getpgrp() ? "my group" : o.pid == gettid() ? "my thread" : o.pid ? "another" : "none",
         old < 0 ? "a group" : old > 0 ? "a process" : "nobody");
}

static void set(int type, pid_t pid) {
  struct f_owner_ex o = {type, pid};
  int result = fcntl(p[0], F_SETOWN_EX, &o);
  printf("set %d: %s\n", type, result ? strerror(errno) : "ok");
}

static void ids(void) {
  uid_t of[2] = {77, 77};
  int result = fcntl(p[0], 17, of);
  printf("ids %d: %d %d\n", result, of[0], of[1]);
}

static void *thread(void *unused) {
  sigset_t set_;
  siginfo_t info;
  sigemptyset(&set_);
  sigaddset(&set_, SIGRTMIN);
  set(F_OWNER_TID, gettid());
  owner("thread");
  write(p[1], "x", 1);
  int signo = sigtimedwait(&set_, &info, &(struct timespec){0, 100000000});
  printf("thread got %d\n", signo == SIGRTMIN);
  return NULL;
}

int main(void) {
  pthread_t t;
  sigset_t set_;
  sigemptyset(&set_);
  sigaddset(&set_, SIGRTMIN);
  sigaddset(&set_, SIGIO);
  sigprocmask(SIG_BLOCK, &set_, NULL);
  setpgid(0, 0);
  pipe(p);
  owner("at first");
  ids();
  REPORT(fcntl(p[0], F_SETOWN, getpid()));
  owner("process");
  ids();
  REPORT(fcntl(p[0], F_SETOWN, -getpgrp()));
  owner("group");
  REPORT(fcntl(p[0], F_SETOWN, 0));
  owner("nobody");
  REPORT(fcntl(p[0], F_SETOWN, INT_MIN));
  REPORT(fcntl(p[0], F_SETOWN, 999999));
  REPORT(fcntl(p[0], F_SETOWN, -999999));
  owner("still nobody");
  set(F_OWNER_PGRP, getpgrp());
  owner("group");
  set(F_OWNER_PID, getpid());
  owner("process");
  set(3, getpid());
  set(-1, getpid());
  set(F_OWNER_PID, 999999);
  set(F_OWNER_PID, -1);
  set(F_OWNER_TID, 0);
  owner("none");
  REPORT(fcntl(p[0], F_SETOWN_EX, (void *)8));
  REPORT(fcntl(p[0], F_GETOWN_EX, (void *)8));
  REPORT(fcntl(p[0], F_SETSIG, 65));
  REPORT(fcntl(p[0], F_SETSIG, -1));
  REPORT(fcntl(p[0], F_SETSIG, 64));
  printf("signal %d\n", fcntl(p[0], F_GETSIG));
  REPORT(fcntl(77, F_SETOWN, 1));
  int named = open("/", O_PATH);
  REPORT(fcntl(named, F_SETOWN, getpid()));
  REPORT(fcntl(named, F_GETOWN));
  int file = open("/", O_RDONLY);
  REPORT(fcntl(file, F_SETOWN, getpid()));
  printf("of a directory: mine %d\n", fcntl(file, F_GETOWN) == getpid());
  int same = dup(file);
  printf("of its copy: mine %d\n", fcntl(same, F_GETOWN) == getpid());

  fcntl(p[0], F_SETSIG, SIGRTMIN);
  fcntl(p[0], F_SETFL, O_ASYNC);
  pthread_create(&t, NULL, thread, NULL);
  pthread_join(t, NULL);
  usleep(100000);
  owner("thread gone");

  puts("-- rights");
  int status, ready[2];
  pipe(ready);
  fflush(stdout);
  pid_t victim = fork();
  if (victim == 0) {
    siginfo_t info;
    setuid(1111);
    write(ready[1], "x", 1);
    for (int signo; (signo = sigtimedwait(&set_, &info, &(struct timespec){0, 400000000})) > 0;)
      printf("got %d\n", signo == SIGRTMIN), fflush(stdout);
    _exit(0);
  }
  char c;
  read(ready[0], &c, 1);
  for (int i = 0; i < 3; i++) {
    fflush(stdout);
    if (fork() == 0) {
      if (i) setuid(i == 1 ? 2222 : 1111);
      fcntl(p[0], F_SETOWN, victim);
      ids();
      fflush(stdout);
      write(p[1], "x", 1);
      usleep(50000);
      _exit(0);
    }
    wait(NULL);
  }
  waitpid(victim, &status, 0);
}
