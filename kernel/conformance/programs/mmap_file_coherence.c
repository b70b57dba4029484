/* Do read, write and two mappings of one file always show the same bytes? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  REPORT(ftruncate(file, 3 * 4096));
  char *one = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  char *other = mmap(0, 4096, PROT_READ, MAP_SHARED, open("file", O_RDONLY), 4096);
  char *private = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  char byte = 0;
  printf("%d %d %d\n", one[4096], other[0], private[4096]);
  one[4096] = 'a';
  pread(file, &byte, 1, 4096);
  printf("stored: %c %c %c\n", byte, other[0], private[4096]);
  pwrite(file, "b", 1, 4097);
  printf("written: %c %c %c\n", one[4097], other[1], private[4097]);
  private[4096] = 'p';
  one[4096] = 'c';
  pread(file, &byte, 1, 4096);
  printf("private copy: %c %c %c\n", byte, other[0], private[4096]);
  printf("beyond the copy: %c\n", (one[8192] = 'd', private[8192]));
  close(file);
  munmap(one, 3 * 4096);
  file = open("file", O_RDONLY);
  lseek(file, 4096, SEEK_SET);
  char rest[2];
  printf("read %ld: %.2s\n", (long)read(file, rest, 2), rest);
}
