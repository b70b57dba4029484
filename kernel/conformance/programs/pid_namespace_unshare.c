/* Who is in the pid namespace that unshare(2) has made, and what can no longer be made beside it? */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void *nothing(void *arg) { return arg; }

int main(void) {
  pthread_t thread;
  pid_t before = getpid();
  REPORT(unshare(CLONE_NEWPID));
  printf("the same pid: %d\n", getpid() == before);
  REPORT(unshare(CLONE_NEWPID));
  errno = pthread_create(&thread, NULL, nothing, NULL);
  printf("a thread: %s\n", errno == 0 ? "made" : strerror(errno));
  fflush(stdout);
  int status, ready[2];
  pipe(ready);
  pid_t first = fork();
  if (first == 0) {
    char byte;
    read(ready[0], &byte, 1);
    printf("first: %d, parent %d\n", getpid(), getppid());
    fflush(stdout);
    _exit(0);
  }
  pid_t second = fork();
  if (second == 0) {
    printf("second: %d, parent %d\n", getpid(), getppid());
    printf("a sibling is there: %d\n", kill(1, 0) == 0);
    fflush(stdout);
    _exit(0);
  }
  waitpid(second, &status, 0);
  write(ready[1], "x", 1);
  waitpid(first, &status, 0);
  pid_t third = fork();
  if (third == 0) _exit(0);
  printf("a third: %s\n", third < 0 ? strerror(errno) : "made");
  return 0;
}
