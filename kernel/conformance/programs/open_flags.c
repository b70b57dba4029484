/* What do O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY and O_PATH do together, and what do they refuse? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  struct stat info;
  char byte;
  umask(027);
  REPORT(open("file", O_RDONLY));
  REPORT(open("file", O_WRONLY | O_CREAT | O_EXCL, 0666) > 0);
  stat("file", &info);
  printf("mode %o\n", info.st_mode & 07777);
  REPORT(open("file", O_WRONLY | O_CREAT | O_EXCL, 0666));
  int fd = open("file", O_WRONLY);
  write(fd, "hello", 5);
  REPORT(read(fd, &byte, 1));
  REPORT(open("file", O_RDONLY | O_DIRECTORY));
  REPORT(open("file/x", O_RDONLY));
  REPORT(open(".", O_WRONLY));
  REPORT(open(".", O_RDONLY | O_DIRECTORY) > 0);
  open("file", O_WRONLY | O_TRUNC);
  fstat(fd, &info);
  printf("truncated to %ld\n", (long)info.st_size);
  int path = open("file", O_PATH);
  REPORT(read(path, &byte, 1));
  REPORT(fstat(path, &info));
  REPORT(fchmod(path, 0600));
  printf("flags %d\n", fcntl(path, F_GETFL) == O_PATH || fcntl(path, F_GETFL) == (O_PATH | 0100000));
  REPORT(open("", O_RDONLY));
  unlink("file");
  fstat(fd, &info);
  printf("links %ld\n", (long)info.st_nlink);
}
