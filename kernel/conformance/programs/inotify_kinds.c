/* Which events does inotify tell of, in which order, of a directory, of a file in it, and of both? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inotify_events.h"

int main(void) {
  char base[] = "/tmp/inotifyXXXXXX", byte;
  chdir(mkdtemp(base));
  mkdir("d", 0755);
  mkdir("e", 0755);
  int in = inotify_init1(IN_NONBLOCK);
  printf("watches %d", inotify_add_watch(in, "d", IN_ALL_EVENTS));
  printf(" %d", inotify_add_watch(in, "e", IN_ALL_EVENTS));
  int file = open("d/f", O_RDWR | O_CREAT, 0644);
  printf(" %d\n", inotify_add_watch(in, "d/f", IN_ALL_EVENTS));
  show("open", in);
  write(file, "abc", 3);
  write(file, "abc", 3);
  write(file, "", 0);
  show("write", in);
  read(file, &byte, 1);
  lseek(file, 0, SEEK_SET);
  read(file, &byte, 1);
  show("read", in);
  ftruncate(file, 1);
  show("ftruncate", in);
  truncate("d/f", 0);
  show("truncate", in);
  fallocate(file, 0, 0, 10);
  show("fallocate", in);
  fchmod(file, 0600);
  chown("d/f", -1, 0);
  show("chmod, chown", in);
  struct timespec times[2] = {{1, 0}, {2, 0}};
  futimens(file, times);
  times[0].tv_nsec = UTIME_OMIT;
  futimens(file, times);
  times[0].tv_nsec = 0, times[1].tv_nsec = UTIME_OMIT;
  futimens(file, times);
  show("utimens", in);
  link("d/f", "e/g");
  show("link", in);
  close(open("e/g", O_RDONLY));
  show("open the other name", in);
  rename("d/f", "d/h");
  show("rename", in);
  rename("d/h", "e/h");
  show("rename to another directory", in);
  unlink("e/g");
  show("unlink one", in);
  close(file);
  show("close", in);
  close(open("e/h", O_WRONLY | O_TRUNC));
  show("truncating open", in);
  close(open("e/h", O_PATH));
  show("path only", in);
  unlink("e/h");
  show("unlink the last", in);
  mkdir("d/s", 0700);
  symlink("x", "d/l");
  mkfifo("d/p", 0600);
  show("mkdir, symlink, mkfifo", in);
  int dir = open("d", O_RDONLY | O_DIRECTORY);
  char entries[1024];
  syscall(SYS_getdents64, dir, entries, sizeof entries);
  close(dir);
  show("getdents", in);
  chmod("d/s", 0755);
  rename("d/s", "e/s");
  rmdir("e/s");
  show("chmod, rename, rmdir of a directory", in);
  file = open("d/o", O_RDWR | O_CREAT, 0644);
  close(open("e/r", O_RDWR | O_CREAT, 0644));
  inotify_add_watch(in, "d/o", IN_ALL_EVENTS);
  inotify_add_watch(in, "e/r", IN_ALL_EVENTS);
  show("two files", in);
  rename("d/o", "e/r");
  show("rename over", in);
  unlink("e/r");
  show("unlink while open", in);
  write(file, "x", 1);
  show("write without a name", in);
  close(file);
  show("close without a name", in);
  unlink("d/l");
  unlink("d/p");
  rmdir("d");
  show("rmdir", in);
  rename("e", "m");
  show("rename of what is watched", in);
  rmdir("m");
  show("rmdir", in);
  rmdir(base);
}
