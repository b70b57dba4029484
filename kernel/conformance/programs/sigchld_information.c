/* What does SIGCHLD tell, and when does ignoring it take the zombies away? */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static volatile int count;
static siginfo_t last;

static void note(int signo, siginfo_t *info, void *context) {
  last = *info;
  count++;
}

static pid_t make(int code) {
  pid_t child = fork();
  if (child == 0) _exit(code);
  return child;
}

static void tell(const char *what, pid_t child) {
  printf("%s: %d times, code %d status %d pid %d uid %d\n", what, count, last.si_code,
         last.si_status, last.si_pid == child, last.si_uid == getuid());
  count = 0;
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGCHLD, &action, 0);
  sigset_t chld, old;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  sigprocmask(SIG_BLOCK, &chld, &old);
  pid_t child = make(5);
  while (count == 0) sigsuspend(&old);
  tell("exit", child);
  printf("reaped: %d\n", wait(0) == child);

  child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  kill(child, SIGSTOP);
  while (count == 0) sigsuspend(&old);
  tell("stop", child);
  kill(child, SIGCONT);
  while (count == 0) sigsuspend(&old);
  tell("continue", child);
  kill(child, SIGKILL);
  while (count == 0) sigsuspend(&old);
  tell("kill", child);
  wait(0);

  action.sa_flags |= SA_NOCLDWAIT | SA_NOCLDSTOP;
  sigaction(SIGCHLD, &action, 0);
  child = make(6);
  printf("no zombie: %d", wait(0));
  printf(" %s\n", strerrorname_np(errno));
  sigprocmask(SIG_SETMASK, &old, 0);
  tell("no wait", child);

  signal(SIGCHLD, SIG_IGN);
  make(7);
  make(8);
  printf("ignored: %d", wait(0));
  printf(" %s\n", strerrorname_np(errno));
}
