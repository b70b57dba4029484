/* What do a file's holes read as, how large is it, and where may lseek go? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  struct stat info;
  char bytes[16];
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  printf("seek beyond: %ld\n", (long)lseek(fd, 100000, SEEK_SET));
  printf("read there: %zd\n", read(fd, bytes, 4));
  write(fd, "end", 3);
  fstat(fd, &info);
  printf("size %ld\n", (long)info.st_size);
  int sum = 0;
  pread(fd, bytes, sizeof bytes, 5000);
  for (int i = 0; i < 16; i++) sum += bytes[i];
  printf("hole sums to %d\n", sum);
  REPORT(lseek(fd, -1, SEEK_SET));
  REPORT(lseek(fd, 0, 9));
  printf("from the end: %ld\n", (long)lseek(fd, -3, SEEK_END));
  printf("from here: %ld\n", (long)lseek(fd, -100000, SEEK_CUR));
  REPORT(lseek(fd, 200000, SEEK_DATA));
  REPORT(lseek(fd, 200000, SEEK_HOLE));
  printf("hole at the end: %ld\n", (long)lseek(fd, 100001, SEEK_HOLE));
  REPORT(ftruncate(fd, 10));
  REPORT(ftruncate(fd, -1));
  fstat(fd, &info);
  printf("size %ld, offset %ld\n", (long)info.st_size, (long)lseek(fd, 0, SEEK_CUR));
  int ends[2];
  pipe(ends);
  REPORT(lseek(ends[0], 0, SEEK_SET));
  unlink("file");
}
