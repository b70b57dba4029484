/* What is left of a file whose name is gone while it is open? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  struct stat info;
  char bytes[16] = "";
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  link("file", "second");
  write(fd, "contents", 8);
  REPORT(unlink("file"));
  fstat(fd, &info);
  printf("links %ld\n", (long)info.st_nlink);
  int again = open("second", O_RDONLY);
  printf("by the second name: %zd %s\n", read(again, bytes, 15), bytes);
  REPORT(unlink("second"));
  fstat(fd, &info);
  printf("links %ld, size %ld\n", (long)info.st_nlink, (long)info.st_size);
  write(fd, " more", 5);
  printf("still read: %zd %s\n", pread(again, bytes, 15, 0), bytes);
  REPORT(open("second", O_RDONLY));
  close(open("file", O_RDWR | O_CREAT, 0600));
  struct stat fresh;
  stat("file", &fresh);
  printf("another file: %d, size %ld\n", fresh.st_ino != info.st_ino, (long)fresh.st_size);
  unlink("file");
}
