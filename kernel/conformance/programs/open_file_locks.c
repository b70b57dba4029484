/* Do locks of an open file stand in the way of a process's own, and of those of its other open files? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  char name[] = "/tmp/open_file_locks_XXXXXX";
  int one = mkstemp(name), two = open(name, O_RDWR);
  struct flock write = {.l_type = F_WRLCK, .l_start = 5, .l_len = 5}, got;
  REPORT(fcntl(one, F_OFD_SETLK, &write));
  REPORT(fcntl(two, F_OFD_SETLK, &write));
  REPORT(fcntl(two, F_SETLK, &write));
  got = write;
  REPORT(fcntl(two, F_OFD_GETLK, &got));
  printf("%d %ld %ld %d\n", got.l_type, (long)got.l_start, (long)got.l_len, got.l_pid);
  got = write;
  REPORT(fcntl(one, F_OFD_GETLK, &got));
  printf("%d\n", got.l_type);
  got.l_pid = 5;
  REPORT(fcntl(one, F_OFD_GETLK, &got));
  write.l_start = 100;
  REPORT(fcntl(two, F_SETLK, &write));
  REPORT(fcntl(one, F_OFD_SETLK, &write));
  close(two);
  REPORT(fcntl(one, F_OFD_SETLK, &write));
  int twin = dup(one);
  close(one);
  two = open(name, O_RDWR);
  REPORT(fcntl(two, F_SETLK, &write));
  close(twin);
  REPORT(fcntl(two, F_SETLK, &write));
  unlink(name);
}
