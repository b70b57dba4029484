/* Which flags do preadv2(2) and pwritev2(2) take, and what do they change? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "report.h"

static int fd;

static void show(ssize_t moved) { printf("%zd at %ld\n", moved, (long)lseek(fd, 0, SEEK_CUR)); }

int main(void) {
  char place[] = "/dev/shm/preadXXXXXX", text[32] = {0};
  chdir(mkdtemp(place));
  struct iovec in = {text, sizeof text}, out = {"XY", 2};
  int pipes[2];
  fd = open("file", O_CREAT | O_RDWR, 0600);
  write(fd, "abcdef", 6);
  lseek(fd, 0, SEEK_SET);
  show(pwritev2(fd, &out, 1, 1, 0));
  show(pwritev2(fd, &out, 1, -1, 0));
  show(pwritev2(fd, &out, 1, 0, RWF_APPEND));
  show(pwritev2(fd, &out, 1, -1, RWF_APPEND));
  printf("%zd %s\n", preadv2(fd, &in, 1, 0, 0), text);
  REPORT(preadv2(fd, &in, 1, -2, 0));
  REPORT(preadv2(fd, &in, 1, 0, RWF_HIPRI));
  REPORT(preadv2(fd, &in, 1, 0, RWF_DSYNC));
  REPORT(preadv2(fd, &in, 1, 0, RWF_NOWAIT));
  REPORT(preadv2(fd, &in, 1, 0, RWF_APPEND));
  REPORT(preadv2(fd, &in, 1, 0, 0x20));
  REPORT(preadv2(fd, &in, 1, 0, 0x40));
  REPORT(preadv2(fd, &in, 1, 0, 0x80));
  REPORT(preadv2(fd, &in, 1, 0, 0x800));
  REPORT(pwritev2(fd, &out, 1, 0, RWF_NOWAIT));
  REPORT(pwritev2(fd, &out, 1, 0, RWF_SYNC | RWF_DSYNC));
  int appends = open("file", O_WRONLY | O_APPEND);
  printf("%zd\n", pwritev2(appends, &out, 1, 0, 0));
  printf("%zd\n", pwritev2(appends, &out, 1, 0, 0x20));
  printf("%zd %s\n", preadv2(fd, &in, 1, 0, 0), text);
  pipe(pipes);
  REPORT(preadv2(pipes[0], &in, 1, 0, 0));
  REPORT(preadv2(pipes[0], &in, 1, -1, RWF_NOWAIT));
  write(pipes[1], "p", 1);
  REPORT(preadv2(pipes[0], &in, 1, -1, RWF_NOWAIT));
  unlink("file");
  rmdir(place);
}
