/* Does a thread that executes a program become the whole process, with its pid? */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

static char pid_text[16];

static void *sleeper(void *argument) {
  for (;;) pause();
}

static void *execute(void *argument) {
  printf("thread is another %d\n", syscall(SYS_gettid) != getpid());
  execl(argument, argument, pid_text, (char *)0);
  return 0;
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  if (argc > 1) {
    printf("same pid %d, leader %d\n", getpid() == atoi(argv[1]), syscall(SYS_gettid) == getpid());
    return 3;
  }
  snprintf(pid_text, sizeof pid_text, "%d", getpid());
  pthread_t thread;
  pthread_create(&thread, 0, sleeper, 0);
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length < 0) strcpy(path, "/bin/program");
  else path[length] = 0;
  pthread_create(&thread, 0, execute, path);
  pthread_exit(0);
}
