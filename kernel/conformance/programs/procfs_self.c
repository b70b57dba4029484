/* To whom do /proc/self and /proc/thread-self lead, and what do their links say? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void show(const char *what, int holds) { printf("%s: %s\n", what, holds ? "yes" : "no"); }

static int link_is(const char *link, const char *expected) {
  char text[4096];
  ssize_t n = readlink(link, text, sizeof text - 1);
  if (n < 0) return 0;
  text[n] = 0;
  return strcmp(text, expected) == 0;
}

int main(void) {
  char pid[32], thread[64], path[64];
  snprintf(pid, sizeof pid, "%d", getpid());
  snprintf(thread, sizeof thread, "%d/task/%d", getpid(), gettid());
  show("self is the pid", link_is("/proc/self", pid));
  show("thread-self is the thread", link_is("/proc/thread-self", thread));
  if (chdir("/") != 0) return 1;
  show("cwd is /", link_is("/proc/self/cwd", "/"));
  show("root is /", link_is("/proc/self/root", "/"));
  struct stat a, b;
  snprintf(path, sizeof path, "/proc/%d", getpid());
  show("both names lead to one directory",
       stat("/proc/self/", &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino);
  show("the directory is the user's", a.st_uid == geteuid());
  show("cwd followed is the directory", chdir("/tmp") == 0 && stat("/proc/self/cwd/", &a) == 0 &&
                                            stat(".", &b) == 0 && a.st_ino == b.st_ino &&
                                            a.st_dev == b.st_dev);
  show("self is a link", lstat("/proc/self", &a) == 0 && S_ISLNK(a.st_mode));
  show("status is a file of size 0", stat("/proc/self/status", &a) == 0 && S_ISREG(a.st_mode) &&
                                         a.st_size == 0 && (a.st_mode & 07777) == 0444);
  show("fd is 0500", stat("/proc/self/fd", &a) == 0 && (a.st_mode & 07777) == 0500);
  show("task is 0555", stat("/proc/self/task", &a) == 0 && (a.st_mode & 07777) == 0555);
  show("no process 0", stat("/proc/0", &a) < 0 && errno == ENOENT);
  show("no process with a leading zero", stat("/proc/01", &a) < 0 && errno == ENOENT);
  show("its thread is listed", stat("/proc/thread-self/", &a) == 0);
  return 0;
}
