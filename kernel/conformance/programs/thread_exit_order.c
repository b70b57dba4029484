/* When the first thread ends before the others, when does the process end, and with which status? */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void *later(void *argument) {
  usleep(20000);
  printf("last thread\n");
  if (argument != 0) _exit(9);
  syscall(SYS_exit, 6);
  return 0;
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  for (int how = 0; how < 2; how++) {
    pid_t child = fork();
    if (child == 0) {
      pthread_t thread;
      pthread_create(&thread, 0, later, how == 0 ? 0 : &thread);
      syscall(SYS_exit, 5);
    }
    usleep(5000);
    int status = 0;
    printf("zombie leader is none yet: %d\n", waitpid(child, &status, WNOHANG));
    waitpid(child, &status, 0);
    printf("status %d\n", WEXITSTATUS(status));
  }
}
