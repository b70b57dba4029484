/* Which times of a file do reading, writing, chmod and utimensat change? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static struct stat before;

static int later(struct timespec a, struct timespec b) {
  return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

static void changed(const char *what) {
  struct stat now;
  stat("file", &now);
  printf("%s: access %d, modification %d, change %d\n", what, later(now.st_atim, before.st_atim),
         later(now.st_mtim, before.st_mtim), later(now.st_ctim, before.st_ctim));
  before = now;
  nanosleep(&(struct timespec){0, 20000000}, 0);
}

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  stat("file", &before);
  nanosleep(&(struct timespec){0, 20000000}, 0);
  write(fd, "x", 1);
  changed("write");
  chmod("file", 0640);
  changed("chmod");
  struct timespec times[2] = {{1000, 5}, {0, UTIME_OMIT}};
  REPORT(utimensat(AT_FDCWD, "file", times, 0));
  stat("file", &before);
  printf("access %ld.%ld\n", (long)before.st_atim.tv_sec, before.st_atim.tv_nsec);
  times[0].tv_nsec = UTIME_OMIT;
  times[1] = (struct timespec){2000, 7};
  REPORT(utimensat(AT_FDCWD, "file", times, 0));
  stat("file", &before);
  printf("access %ld modification %ld.%ld\n", (long)before.st_atim.tv_sec,
         (long)before.st_mtim.tv_sec, before.st_mtim.tv_nsec);
  times[0] = times[1] = (struct timespec){0, 1000000000};
  REPORT(utimensat(AT_FDCWD, "file", times, 0));
  REPORT(utimensat(AT_FDCWD, "none", 0, 0));
  REPORT(utimensat(AT_FDCWD, "file", 0, 77));
  nanosleep(&(struct timespec){0, 20000000}, 0);
  ftruncate(fd, 0);
  changed("truncate");
  rename("file", "other");
  rename("other", "file");
  changed("rename");
  unlink("file");
}
