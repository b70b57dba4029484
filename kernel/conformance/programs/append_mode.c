/* Where do writes go with O_APPEND, and what do lseek and pwrite change about it? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "report.h"

static void show(const char *path) {
  char bytes[64] = "";
  int fd = open(path, O_RDONLY);
  printf("%zd bytes: %s\n", read(fd, bytes, sizeof bytes - 1), bytes);
  close(fd);
}

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(fd, "0123456789", 10);
  int append = open("file", O_WRONLY | O_APPEND);
  printf("offset %ld\n", (long)lseek(append, 0, SEEK_CUR));
  write(append, "ab", 2);
  printf("offset %ld\n", (long)lseek(append, 0, SEEK_CUR));
  lseek(append, 3, SEEK_SET);
  write(append, "cd", 2);
  show("file");
  REPORT(pwrite(append, "XY", 2, 0) == 2);
  show("file");
  fcntl(append, F_SETFL, 0);
  REPORT(pwrite(append, "XY", 2, 0) == 2);
  show("file");
  unlink("file");
}
