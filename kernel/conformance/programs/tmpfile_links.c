/* When does a file made with O_TMPFILE get a name, and when may it not? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

static long links(int fd) {
  struct stat info;
  fstat(fd, &info);
  return info.st_nlink;
}

static const char *by_number(int fd) {
  static char name[32];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  return name;
}

int main(void) {
  char place[] = "/dev/shm/tmpfileXXXXXX", text[8] = {0};
  chdir(mkdtemp(place));
  umask(022);
  REPORT(open(".", O_TMPFILE | O_RDONLY, 0666));
  REPORT(open("absent", O_TMPFILE | O_RDWR, 0666));
  close(open("plain", O_CREAT | O_RDWR, 0600));
  REPORT(open("plain", O_TMPFILE | O_RDWR, 0666));
  REPORT(open(".", O_TMPFILE | O_CREAT | O_RDWR, 0666));
  int fd = open(".", O_TMPFILE | O_RDWR, 0666);
  write(fd, "inside", 6);
  struct stat info;
  fstat(fd, &info);
  printf("links %ld mode %o\n", links(fd), info.st_mode);
  printf("flags %o\n", fcntl(fd, F_GETFL) & ~0100000);
  REPORT(linkat(AT_FDCWD, by_number(fd), AT_FDCWD, "unfollowed", 0));
  REPORT(linkat(AT_FDCWD, by_number(fd), AT_FDCWD, "plain", AT_SYMLINK_FOLLOW));
  REPORT(linkat(AT_FDCWD, by_number(fd), AT_FDCWD, "first", AT_SYMLINK_FOLLOW));
  printf("links %ld\n", links(fd));
  REPORT(linkat(fd, "", AT_FDCWD, "second", AT_EMPTY_PATH));
  printf("links %ld\n", links(fd));
  int named = open("first", O_RDONLY);
  read(named, text, sizeof text);
  printf("[%s]\n", text);
  unlink("first");
  unlink("second");
  printf("links %ld\n", links(fd));
  REPORT(linkat(fd, "", AT_FDCWD, "third", AT_EMPTY_PATH));
  int exclusive = open(".", O_TMPFILE | O_EXCL | O_RDWR, 0666);
  REPORT(linkat(exclusive, "", AT_FDCWD, "fourth", AT_EMPTY_PATH));
  int never = open("plain", O_RDWR);
  unlink("plain");
  REPORT(linkat(never, "", AT_FDCWD, "fifth", AT_EMPTY_PATH));
  int pipes[2];
  pipe(pipes);
  REPORT(linkat(pipes[0], "", AT_FDCWD, "pipe", AT_EMPTY_PATH));
  REPORT(linkat(-1, "", AT_FDCWD, "pipe", AT_EMPTY_PATH));
  REPORT(linkat(fd, "", AT_FDCWD, "pipe", 0));
  unlink("third");
  chdir("/");
  REPORT(rmdir(place));
}
