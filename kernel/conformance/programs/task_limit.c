/* Does RLIMIT_NPROC end a user's forks and threads with EAGAIN, and count zombies, but not for root? */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void *nothing(void *argument) { return 0; }

static int make(int most) {
  int made = 0;
  while (made < most) {
    pid_t child = fork();
    if (child < 0) break;
    if (child == 0) _exit(0);
    made++;
  }
  return made;
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  struct rlimit limit = {8, 8};
  setrlimit(RLIMIT_NPROC, &limit);
  printf("root: %d\n", make(12));
  while (wait(0) > 0) {
  }
  setresgid(54321, 54321, 54321);
  setresuid(54321, 54321, 54321);
  printf("user: %d", make(12));
  printf(" %s\n", strerrorname_np(errno));
  pthread_t thread;
  printf("thread: %s\n", strerrorname_np(pthread_create(&thread, 0, nothing, 0)));
  int reaped = 0;
  while (wait(0) > 0) reaped++;
  printf("reaped %d, then %d\n", reaped, make(3));
}
