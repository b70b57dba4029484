/* Which modes of fallocate(2) does a file in memory take, and what becomes of size and contents? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

static int fd;

static void show(void) {
  struct stat info;
  fstat(fd, &info);
  printf("  size %ld blocks %ld\n", (long)info.st_size, (long)info.st_blocks);
}

static void look(long at) {
  char byte = '?';
  pread(fd, &byte, 1, at);
  printf("  %ld is %d\n", at, byte);
}

int main(void) {
  char place[] = "/dev/shm/fallocateXXXXXX", page[4096];
  chdir(mkdtemp(place));
  fd = open("file", O_CREAT | O_RDWR, 0600);
  memset(page, 7, sizeof page);
  REPORT(fallocate(fd, 0, 100, 5000));
  show();
  REPORT(fallocate(fd, FALLOC_FL_KEEP_SIZE, 8192, 8192));
  show();
  for (int i = 0; i < 3; i++) pwrite(fd, page, sizeof page, i * 4096L);
  show();
  REPORT(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 8092));
  show();
  look(99), look(100), look(5000), look(8191), look(8192);
  REPORT(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1 << 20, 4096));
  show();
  REPORT(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
  REPORT(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 4096));
  REPORT(fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 0, 4096));
  REPORT(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
  REPORT(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, 4096));
  REPORT(fallocate(fd, FALLOC_FL_UNSHARE_RANGE, 0, 4096));
  REPORT(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE | FALLOC_FL_ZERO_RANGE, 0, 4096));
  REPORT(fallocate(fd, 0x1000, 0, 4096));
  REPORT(fallocate(fd, 0, -1, 4096));
  REPORT(fallocate(fd, 0, 0, 0));
  REPORT(fallocate(fd, 0, 0, -1));
  REPORT(fallocate(fd, 0, 0x7fffffffffffffff, 1));
  int pipes[2];
  pipe(pipes);
  REPORT(fallocate(pipes[1], 0, 0, 1));
  REPORT(fallocate(open("file", O_RDONLY), 0, 0, 1));
  REPORT(fallocate(open(".", O_RDONLY), 0, 0, 1));
  REPORT(fallocate(open("file", O_PATH), 0, 0, 1));
  REPORT(fallocate(open("/dev/null", O_RDWR), 0, 0, 1));
  unlink("file");
  rmdir(place);
}
