/* Who owns a lock of flock(2): the descriptor, the open file, the process? And how does it change? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  char name[] = "/tmp/flock_owners_XXXXXX";
  int one = mkstemp(name), two = open(name, O_RDONLY), twin = dup(one);
  REPORT(flock(one, LOCK_EX | LOCK_NB));
  REPORT(flock(two, LOCK_SH | LOCK_NB));
  REPORT(flock(twin, LOCK_EX | LOCK_NB));
  REPORT(flock(one, LOCK_SH | LOCK_NB));
  REPORT(flock(two, LOCK_SH | LOCK_NB));
  REPORT(flock(one, LOCK_EX | LOCK_NB));
  REPORT(flock(two, LOCK_EX | LOCK_NB));
  REPORT(flock(one, LOCK_UN));
  REPORT(flock(two, LOCK_UN));
  REPORT(flock(one, LOCK_EX));
  close(one);
  REPORT(flock(two, LOCK_EX | LOCK_NB));
  fflush(stdout);
  if (fork() == 0) {
    REPORT(flock(twin, LOCK_EX | LOCK_NB));
    REPORT(flock(two, LOCK_EX | LOCK_NB));
    REPORT(flock(twin, LOCK_UN));
    fflush(stdout);
    _exit(0);
  }
  wait(0);
  REPORT(flock(two, LOCK_EX | LOCK_NB));
  struct flock record = {.l_type = F_WRLCK};
  REPORT(fcntl(twin, F_SETLK, &record));
  REPORT(flock(two, 7));
  REPORT(flock(two, LOCK_SH | LOCK_EX));
  REPORT(flock(99, LOCK_SH));
  unlink(name);
}
