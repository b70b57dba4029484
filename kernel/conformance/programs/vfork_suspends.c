/* Does vfork hold the parent until the child has executed a program or ended, in the same memory? */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static volatile int shared;
static volatile int handled;

static void note(int signo) { handled = shared; }

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  if (argc > 1) {
    printf("executed with %s\n", argv[1]);
    return 3;
  }
  signal(SIGUSR1, note);
  pid_t parent = getpid();
  pid_t child = vfork();
  if (child == 0) {
    shared = 1;
    kill(parent, SIGUSR1);
    for (volatile int i = 0; i < 300000; i++) {
    }
    shared = 2;
    _exit(4);
  }
  int status;
  printf("shared %d, handler saw %d\n", shared, handled);
  printf("reaped %d status %d\n", waitpid(child, &status, 0) == child, WEXITSTATUS(status));
  child = vfork();
  if (child == 0) {
    shared = 3;
    execl("/proc/self/exe", "again", "argument", (char *)0);
    execl("/bin/program", "again", "argument", (char *)0);
    _exit(9);
  }
  printf("shared %d\n", shared);
  waitpid(child, &status, 0);
  printf("status %d\n", WEXITSTATUS(status));
}
