/* In which order do readv, writev, preadv and pwritev use their buffers, and what do they refuse? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  char a[4] = "", b[8] = "", c[8] = "";
  struct iovec out[3] = {{"one", 3}, {"", 0}, {"three", 5}};
  struct iovec in[3] = {{a, 2}, {b, 4}, {c, 7}};
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  printf("writev %zd\n", writev(fd, out, 3));
  printf("pwritev %zd\n", pwritev(fd, out, 1, 6));
  lseek(fd, 0, SEEK_SET);
  printf("readv %zd: %s %s %s\n", readv(fd, in, 3), a, b, c);
  printf("preadv %zd: %s\n", preadv(fd, in, 1, 7), a);
  printf("offset %ld\n", (long)lseek(fd, 0, SEEK_CUR));
  REPORT(readv(fd, in, -1));
  REPORT(readv(fd, in, IOV_MAX + 1));
  REPORT(readv(fd, in, 0));
  REPORT(preadv(fd, in, 1, -1));
  in[0].iov_len = (size_t)-1;
  REPORT(readv(fd, in, 1));
  in[0] = (struct iovec){(void *)8, 4};
  lseek(fd, 0, SEEK_SET);
  REPORT(readv(fd, in, 1));
  unlink("file");
}
