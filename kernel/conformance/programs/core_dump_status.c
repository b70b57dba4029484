/* Which signals end a process with a core dump, and when does its status say so? */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void tell(rlim_t limit) {
  for (int signo = 1; signo < 32; signo++) {
    pid_t child = fork();
    if (child == 0) {
      setpgid(0, 0);
      struct rlimit core = {limit, limit};
      setrlimit(RLIMIT_CORE, &core);
      kill(getpid(), signo);
      _exit(0);
    }
    int status;
    waitpid(child, &status, WUNTRACED);
    printf("%2d: %s %d core %d\n", signo,
           WIFSIGNALED(status) ? "killed by" : WIFSTOPPED(status) ? "stopped by" : "exited",
           WIFSIGNALED(status) ? WTERMSIG(status) : WIFSTOPPED(status) ? WSTOPSIG(status) : 0,
           WIFSIGNALED(status) && WCOREDUMP(status));
    if (WIFSTOPPED(status)) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
    }
  }
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  // In a group whose parent is in the same session, so that it is no orphan and can be stopped.
  pid_t session = fork();
  if (session == 0) {
    setsid();
    tell(0);
    _exit(0);
  }
  waitpid(session, 0, 0);
}
