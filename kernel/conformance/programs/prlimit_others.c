/* Whose limits may be read and set, in which direction, and what do children begin with? */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static const char *name(int result) { return result == 0 ? "ok" : strerrorname_np(errno); }

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  struct rlimit limit = {50, 60}, old;
  printf("own %s\n", name(prlimit(0, RLIMIT_NOFILE, &limit, 0)));
  int pipes[2];
  pipe(pipes);
  pid_t child = fork();
  if (child == 0) {
    char c;
    close(pipes[1]);
    read(pipes[0], &c, 1);
    getrlimit(RLIMIT_NOFILE, &old);
    printf("child has %d %d\n", (int)old.rlim_cur, (int)old.rlim_max);
    _exit(0);
  }
  printf("child's %s", name(prlimit(child, RLIMIT_NOFILE, 0, &old)));
  printf(" %d %d\n", (int)old.rlim_cur, (int)old.rlim_max);
  limit.rlim_cur = 20;
  limit.rlim_max = 30;
  printf("set child's %s", name(prlimit(child, RLIMIT_NOFILE, &limit, &old)));
  printf(" was %d %d\n", (int)old.rlim_cur, (int)old.rlim_max);
  getrlimit(RLIMIT_NOFILE, &old);
  printf("own still %d %d\n", (int)old.rlim_cur, (int)old.rlim_max);
  limit.rlim_cur = 40;
  printf("soft above hard %s\n", name(prlimit(child, RLIMIT_NOFILE, &limit, 0)));
  printf("no such %s\n", name(prlimit(child, 16, 0, &old)));
  printf("nobody %s\n", name(prlimit(30000, RLIMIT_NOFILE, 0, &old)));
  pid_t user = fork();
  if (user == 0) {
    setresgid(54321, 54321, 54321);
    setresuid(54321, 54321, 54321);
    printf("other user's %s\n", name(prlimit(child, RLIMIT_NOFILE, 0, &old)));
    limit.rlim_cur = limit.rlim_max = 61;
    printf("raise hard %s\n", name(setrlimit(RLIMIT_NOFILE, &limit)));
    limit.rlim_cur = 55;
    limit.rlim_max = 60;
    printf("raise soft %s\n", name(setrlimit(RLIMIT_NOFILE, &limit)));
    _exit(0);
  }
  waitpid(user, 0, 0);
  close(pipes[1]);
  waitpid(child, 0, 0);
}
