/* Are the stopped members of a process group hung up and continued when the group becomes orphaned? */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int pipes[2];

static void note(int signo) { write(pipes[1], signo == SIGHUP ? "H" : "C", 1); }

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  pipe(pipes);
  pid_t shell = fork();
  if (shell == 0) {
    setsid();
    pid_t job = fork();
    if (job == 0) {
      setpgid(0, 0);
      signal(SIGHUP, note);
      signal(SIGCONT, note);
      raise(SIGSTOP);
      _exit(0);
    }
    setpgid(job, job);
    int status;
    waitpid(job, &status, WUNTRACED);
    printf("stopped %d\n", WIFSTOPPED(status));
    _exit(0);
  }
  int status;
  waitpid(shell, &status, 0);
  close(pipes[1]);
  char got[3] = "";
  int count = 0;
  while (read(pipes[0], got + count, 1) == 1) count++;
  printf("%d signals, hangup %d continue %d\n", count, got[0] == 'H' || got[1] == 'H',
         got[0] == 'C' || got[1] == 'C');

  // SIGTSTP does not stop a member of an orphaned group, SIGSTOP does.
  pid_t child = fork();
  if (child == 0) {
    setsid();
    raise(SIGTSTP);
    _exit(5);
  }
  waitpid(child, &status, WUNTRACED);
  printf("exited %d\n", WIFEXITED(status));
}
