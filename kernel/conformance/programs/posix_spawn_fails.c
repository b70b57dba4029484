/* Does a C library's posix_spawn say that the program is not there, and run what is? */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void bye(void) { write(1, "bye\n", 4); }

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  extern char **environ;
  pid_t child;
  char *arguments[] = {"nothing", 0};
  printf("spawn of nothing: %d\n", posix_spawn(&child, "/nowhere/nothing", 0, 0, arguments, environ));
  child = fork();
  if (child == 0) {
    atexit(bye);
    exit(7);
  }
  int status;
  waitpid(child, &status, 0);
  printf("status %d\n", WEXITSTATUS(status));
}
