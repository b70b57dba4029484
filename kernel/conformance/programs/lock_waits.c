/* Does a wait for a lock end when the other lets go, dies, or a handler runs; and is a deadlock found? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void nothing(int signo) {}

static int set(int file, int command, int type, long start) {
  struct flock lock = {.l_type = type, .l_start = start, .l_len = 1};
  return fcntl(file, command, &lock);
}

int main(void) {
  char name[] = "/tmp/lock_waits_XXXXXX";
  int file = mkstemp(name), go[2], ready[2];
  char byte;
  pipe(go);
  pipe(ready);
  sigaction(SIGALRM, &(struct sigaction){.sa_handler = nothing}, 0);
  set(file, F_SETLK, F_WRLCK, 0);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    set(file, F_SETLK, F_WRLCK, 1);
    write(ready[1], "", 1);
    REPORT(set(file, F_SETLKW, F_WRLCK, 0));
    read(go[0], &byte, 1);
    REPORT(set(file, F_SETLK, F_UNLCK, 1));
    fflush(stdout);
    read(go[0], &byte, 1);
    _exit(0);
  }
  read(ready[0], &byte, 1);
  usleep(30000);
  REPORT(set(file, F_SETLKW, F_WRLCK, 1));
  fflush(stdout);
  set(file, F_SETLK, F_UNLCK, 0);
  write(go[1], "", 1);
  REPORT(set(file, F_SETLKW, F_WRLCK, 1));
  alarm(1);
  REPORT(set(file, F_SETLKW, F_WRLCK, 0));
  fflush(stdout);
  write(go[1], "", 1);
  REPORT(set(file, F_SETLKW, F_WRLCK, 0));
  wait(0);

  fflush(stdout);
  child = fork();
  if (child == 0) {
    int own = open(name, O_RDWR);
    flock(own, LOCK_EX);
    write(ready[1], "", 1);
    usleep(50000);
    kill(getpid(), SIGKILL);
  }
  read(ready[0], &byte, 1);
  REPORT(flock(file, LOCK_SH | LOCK_NB));
  REPORT(flock(file, LOCK_SH));
  wait(0);
  unlink(name);
}
