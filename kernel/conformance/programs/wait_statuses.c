/* What do wait4 and waitid say of a child that exits, is killed, is stopped and is continued? */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void tell(const char *what, int status) {
  printf("%s: exited %d (%d) signalled %d (%d) stopped %d (%d) continued %d\n", what,
         !!WIFEXITED(status), WEXITSTATUS(status), !!WIFSIGNALED(status),
         WIFSIGNALED(status) ? WTERMSIG(status) : 0, !!WIFSTOPPED(status),
         WIFSTOPPED(status) ? WSTOPSIG(status) : 0, !!WIFCONTINUED(status));
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  int status;
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  printf("no children: %d", waitpid(-1, &status, 0));
  printf(" %s\n", strerrorname_np(errno));

  pid_t child = fork();
  if (child == 0) _exit(300);
  printf("other pid: %d %s\n", waitpid(child + 1, &status, 0), strerrorname_np(errno));
  siginfo_t info = {0};
  printf("left waiting: %d", waitid(P_PID, child, &info, WEXITED | WNOWAIT));
  printf(" signo %d code %d status %d same pid %d\n", info.si_signo, info.si_code, info.si_status,
         info.si_pid == child);
  printf("reaped: %d\n", waitpid(child, &status, 0) == child);
  tell("exit", status);
  printf("again: %d %s\n", waitpid(child, &status, 0), strerrorname_np(errno));

  child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  printf("nothing yet: %d\n", waitpid(child, &status, WNOHANG));
  info.si_pid = 7;
  printf("nothing yet: %d", waitid(P_PID, child, &info, WEXITED | WNOHANG));
  printf(" pid %d signo %d\n", info.si_pid, info.si_signo);
  kill(child, SIGSTOP);
  printf("stopped: %d\n", waitpid(child, &status, WUNTRACED) == child);
  tell("stop", status);
  printf("told once: %d\n", waitpid(child, &status, WUNTRACED | WNOHANG));
  kill(child, SIGCONT);
  printf("continued: %d", waitid(P_ALL, 0, &info, WCONTINUED | WNOWAIT));
  printf(" code %d status %d\n", info.si_code, info.si_status);
  printf("continued: %d\n", waitpid(child, &status, WCONTINUED) == child);
  tell("continue", status);
  kill(child, SIGTERM);
  struct rusage usage;
  printf("killed: %d\n", wait4(-1, &status, 0, &usage) == child);
  tell("kill", status);

  child = fork();
  if (child == 0) raise(SIGSEGV);
  waitid(P_PID, child, &info, WEXITED);
  printf("fault: code %d status %d\n", info.si_code, info.si_status);
  printf("bad options: %d %s\n", waitpid(-1, &status, 0x10), strerrorname_np(errno));
  printf("bad options: %d %s\n", waitid(P_ALL, 0, &info, WNOHANG), strerrorname_np(errno));
  printf("bad type: %d %s\n", waitid(9, 0, &info, WEXITED), strerrorname_np(errno));
}
