/* How far are symbolic links followed, and by which calls? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  char name[32], target[32];
  struct stat info;
  close(open("0", O_CREAT | O_WRONLY, 0600));
  for (int i = 1; i <= 45; i++) {
    snprintf(name, sizeof name, "%d", i);
    snprintf(target, sizeof target, "%d", i - 1);
    symlink(target, name);
  }
  REPORT(stat("40", &info));
  REPORT(stat("41", &info));
  REPORT(lstat("45", &info));
  printf("a link: %d, size %ld\n", S_ISLNK(info.st_mode), (long)info.st_size);
  symlink("loop", "loop");
  REPORT(open("loop", O_RDONLY));
  REPORT(open("1", O_RDONLY | O_NOFOLLOW));
  REPORT(open("loop", O_RDWR | O_CREAT, 0600));
  REPORT(symlink("x", "loop"));
  REPORT(readlink("0", target, sizeof target));
  printf("readlink cut: %zd\n", readlink("45", target, 1));
  symlink("made", "dangling");
  REPORT(open("dangling", O_RDONLY));
  REPORT(open("dangling", O_WRONLY | O_CREAT | O_EXCL, 0600));
  REPORT(open("dangling", O_WRONLY | O_CREAT, 0600) > 0);
  REPORT(access("made", F_OK));
  REPORT(symlink("", "empty"));
}
