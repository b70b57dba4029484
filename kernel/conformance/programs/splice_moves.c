/* What do splice, tee and vmsplice move between files and pipes, and what do they refuse? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  char name[] = "/tmp/splice_moves_XXXXXX", bytes[16] = {0};
  int file = mkstemp(name), one[2], two[2];
  pipe(one);
  pipe(two);
  unlink(name);
  write(file, "0123456789", 10);
  loff_t at = 2;
  printf("%zd\n", splice(file, &at, one[1], 0, 5, 0));
  printf("at %ld offset %ld\n", (long)at, (long)lseek(file, 0, SEEK_CUR));
  printf("%zd\n", tee(one[0], two[1], 3, 0));
  printf("%zd\n", splice(one[0], 0, two[1], 0, 100, 0));
  printf("%zd %s\n", read(two[0], bytes, 15), bytes);
  REPORT(splice(one[0], 0, two[1], 0, 5, SPLICE_F_NONBLOCK));
  struct iovec parts[] = {{"ab", 2}, {"cd", 2}};
  printf("%zd\n", vmsplice(one[1], parts, 2, 0));
  at = 20;
  printf("%zd\n", splice(one[0], 0, file, &at, 3, 0));
  printf("at %ld end %ld\n", (long)at, (long)lseek(file, 0, SEEK_END));
  printf("%zd\n", splice(one[0], 0, file, 0, 3, 0));
  printf("end %ld\n", (long)lseek(file, 0, SEEK_CUR));
  REPORT(splice(file, 0, one[1], 0, 5, 0));
  REPORT(splice(file, 0, file, 0, 5, 0));
  REPORT(splice(one[0], 0, one[1], 0, 5, 0));
  REPORT(splice(one[0], &at, file, 0, 5, 0));
  REPORT(splice(one[1], 0, file, 0, 5, 0));
  REPORT(splice(one[0], 0, file, 0, 5, 64));
  REPORT(splice(one[0], 0, file, 0, 0, 0));
  REPORT(tee(file, one[1], 5, 0));
  REPORT(tee(one[0], one[1], 5, 0));
  REPORT(vmsplice(file, parts, 2, 0));
  fcntl(file, F_SETFL, O_APPEND);
  write(one[1], "x", 1);
  REPORT(splice(one[0], 0, file, 0, 5, 0));
  signal(SIGPIPE, SIG_IGN);
  close(two[0]);
  REPORT(splice(one[0], 0, two[1], 0, 5, 0));
}
