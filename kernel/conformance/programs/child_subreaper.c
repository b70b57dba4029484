/* Who becomes the parent of an orphan whose grandparent takes orphans? */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  int status;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int reaper = 0;
  prctl(PR_GET_CHILD_SUBREAPER, &reaper);
  int pipes[2];
  pipe(pipes);
  pid_t self = getpid();
  pid_t child = fork();
  if (child == 0) {
    if (fork() == 0) {
      char c;
      close(pipes[1]);
      read(pipes[0], &c, 1);
      printf("orphan of the subreaper %d\n", getppid() == self);
      _exit(8);
    }
    _exit(0);
  }
  close(pipes[0]);
  waitpid(child, &status, 0);
  close(pipes[1]);
  pid_t orphan = wait(&status);
  printf("subreaper %d, another %d, status %d\n", reaper, orphan != child, WEXITSTATUS(status));
}
