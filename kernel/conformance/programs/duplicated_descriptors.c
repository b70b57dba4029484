/* What do dup, dup2 and dup3 share and what not, and which numbers do they give? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  write(fd, "abcdef", 6);
  lseek(fd, 1, SEEK_SET);
  int copy = dup(fd);
  printf("lowest free: %d\n", copy == fd + 1);
  char byte;
  read(copy, &byte, 1);
  printf("offset shared: %ld\n", (long)lseek(fd, 0, SEEK_CUR));
  printf("close-on-exec: %d %d\n", fcntl(fd, F_GETFD), fcntl(copy, F_GETFD));
  fcntl(copy, F_SETFL, O_APPEND);
  printf("status shared: %d\n", (fcntl(fd, F_GETFL) & O_APPEND) != 0);
  printf("dup2 onto itself: %d\n", dup2(fd, fd) == fd);
  REPORT(dup2(99, 98));
  REPORT(dup2(99, 99));
  REPORT(dup3(fd, fd, 0));
  REPORT(dup3(fd, 50, O_APPEND));
  printf("dup3: %d %d\n", dup3(fd, 50, O_CLOEXEC), fcntl(50, F_GETFD));
  REPORT(dup2(fd, -1));
  REPORT(dup2(fd, 1 << 20));
  printf("F_DUPFD: %d %d\n", fcntl(fd, F_DUPFD, 60), fcntl(fd, F_DUPFD_CLOEXEC, 60));
  REPORT(fcntl(fd, F_DUPFD, -1));
  REPORT(close(50));
  REPORT(close(50));
  unlink("file");
}
