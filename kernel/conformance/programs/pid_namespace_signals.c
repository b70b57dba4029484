/* Which signals reach the first process of a pid namespace, from inside and from outside? */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int pipes[2][2];

static void step(int which) { write(pipes[which][1], "x", 1); }
static void await(int which) {
  char byte;
  while (read(pipes[which][0], &byte, 1) < 0) {}
}

static void handled(int signo, siginfo_t *info, void *context) {
  char line[80];
  int length = snprintf(line, sizeof line, "handled %d from %d\n", signo, info->si_pid);
  write(1, line, length);
  step(1);
}

static int first(void *arg) {
  struct sigaction action = {.sa_sigaction = handled, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  if (fork() == 0) {
    REPORT(kill(1, SIGTERM));
    REPORT(kill(1, SIGKILL));
    REPORT(kill(1, SIGSTOP));
    REPORT(kill(-1, SIGTERM));
    fflush(stdout);
    kill(1, SIGUSR1);
    await(1);
    _exit(0);
  }
  wait(NULL);
  printf("still there\n");
  REPORT(kill(getpid(), SIGINT));
  REPORT(raise(SIGABRT));
  fflush(stdout);
  step(0);
  for (;;) pause();
}

int main(void) {
  static char stack[65536] __attribute__((aligned(16)));
  pipe(pipes[0]);
  pipe(pipes[1]);
  int status;
  pid_t child = clone(first, stack + sizeof stack, CLONE_NEWPID | SIGCHLD, NULL);
  if (child < 0) return printf("clone: %s\n", strerror(errno)), 1;
  await(0);
  REPORT(kill(child, SIGTERM));
  fflush(stdout);
  kill(child, SIGUSR1);
  await(1);
  REPORT(kill(child, SIGSTOP));
  waitpid(child, &status, WUNTRACED);
  printf("stopped %d\n", WIFSTOPPED(status));
  REPORT(kill(child, SIGCONT));
  waitpid(child, &status, WCONTINUED);
  printf("continued %d\n", WIFCONTINUED(status));
  REPORT(kill(child, SIGKILL));
  waitpid(child, &status, 0);
  printf("killed by %d\n", WTERMSIG(status));
  return 0;
}
