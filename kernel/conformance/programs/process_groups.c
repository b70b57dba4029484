/* Do setpgid, setsid and kill of groups keep their rules? */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static const char *name(int result) { return result == 0 ? "ok" : strerrorname_np(errno); }

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  int ready[2], go[2];
  pipe(ready);
  pipe(go);
  // So that the group of this program has no other members.
  if (fork() != 0) {
    wait(0);
    return 0;
  }
  printf("setsid %d\n", setsid() == getpid());
  printf("setsid again %s\n", name(setsid() < 0 ? -1 : 0));
  printf("leader moves %s\n", name(setpgid(0, 0)));
  pid_t a = fork();
  if (a == 0) {
    for (;;) pause();
  }
  pid_t b = fork();
  if (b == 0) {
    char c;
    write(ready[1], "r", 1);
    read(go[0], &c, 1);
    execl("/proc/self/exe", "x", "sleep", (char *)0);
    _exit(1);
  }
  char c;
  read(ready[0], &c, 1);
  printf("child own group %s %d\n", name(setpgid(a, a)), getpgid(a) == a);
  printf("other into it %s %d\n", name(setpgid(b, a)), getpgid(b) == a);
  printf("no such group %s\n", name(setpgid(b, 1)));
  printf("negative %s\n", name(setpgid(b, -2)));
  printf("not a child %s\n", name(setpgid(1, 0)));
  printf("session of child %d\n", getsid(a) == getpid());
  printf("kill group 0: %s\n", name(kill(-a, 0)));
  kill(-a, SIGTERM);
  int status, sum = 0;
  for (int i = 0; i < 2; i++) {
    wait(&status);
    sum += WTERMSIG(status);
  }
  printf("signals %d\n", sum);
  printf("empty group %s\n", name(kill(-a, 0)));
  printf("wait for group %d", waitpid(-a, 0, 0));
  printf(" %s\n", strerrorname_np(errno));
  printf("bad signal %s\n", name(kill(getpid(), 65)));
  printf("group of nobody %s\n", name(kill(-30000, 0)));
}
