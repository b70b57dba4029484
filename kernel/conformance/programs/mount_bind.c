/* What is seen through a bind mount, of a directory and of a file, and what stays apart? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "own_mounts.h"
#include "report.h"

static void put(const char *name, const char *text) {
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  write(fd, text, strlen(text));
  close(fd);
}

static void show(const char *name) {
  char text[40] = "";
  int fd = open(name, O_RDONLY);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  printf("%s: %s\n", name, length < 0 ? strerror(errno) : text);
  if (fd >= 0) close(fd);
}

static int is_root(const char *name) {
  struct statx info;
  statx(AT_FDCWD, name, 0, STATX_BASIC_STATS, &info);
  return (info.stx_attributes & 0x2000) != 0;
}

static int same(const char *one, const char *other) {
  struct stat a, b;
  return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int main(void) {
  char where[100];
  own_mounts();
  mkdir("a", 0755);
  mkdir("a/inner", 0755);
  mkdir("b", 0755);
  mkdir("b/below", 0755);
  put("a/file", "of a");
  put("b/file", "of b");
  put("one", "1");
  put("two", "2");
  REPORT(mount("a", "b", NULL, MS_BIND, NULL));
  show("b/file");
  printf("same %d, roots %d %d\n", same("a", "b"), is_root("a"), is_root("b"));
  REPORT(access("b/below", F_OK));
  put("b/new", "made through b");
  show("a/new");
  REPORT(rename("a/new", "b/newer"));
  REPORT(link("a/new", "b/newer"));
  REPORT(rename("b/new", "b/newer"));
  show("a/newer");
  REPORT(rmdir("b"));
  REPORT(rename("b", "c"));
  REPORT(unlink("b"));
  REPORT(mount("one", "two", NULL, MS_BIND, NULL));
  show("two");
  REPORT(unlink("two"));
  REPORT(rename("two", "three"));
  REPORT(rename("one", "two"));
  REPORT(mkdir("two", 0755));
  REPORT(mount("a", "one", NULL, MS_BIND, NULL));
  REPORT(mount("one", "a", NULL, MS_BIND, NULL));
  REPORT(chdir("b/inner"));
  printf("in %s\n", getcwd(where, sizeof where));
  REPORT(chdir("../.."));
  printf("in %s\n", getcwd(where, sizeof where));
  REPORT(mount("tmp2", "a/inner", "tmpfs", 0, NULL));
  put("a/inner/deep", "deep");
  REPORT(access("b/inner/deep", F_OK));
  mkdir("plain", 0755);
  mkdir("all", 0755);
  REPORT(mount("a", "plain", NULL, MS_BIND, NULL));
  REPORT(access("plain/inner/deep", F_OK));
  REPORT(mount("a", "all", NULL, MS_BIND | MS_REC, NULL));
  show("all/inner/deep");
  REPORT(mount("b", "all", NULL, MS_BIND, NULL));
  REPORT(access("all/inner/deep", F_OK));
  REPORT(umount("all"));
  show("all/inner/deep");
  REPORT(umount("all"));
  REPORT(umount("all/inner"));
  REPORT(umount("all"));
  REPORT(umount("two"));
  show("two");
  REPORT(mount("a", "a", NULL, MS_BIND, NULL));
  printf("on itself: root %d\n", is_root("a"));
  REPORT(access("a/inner/deep", F_OK));
  REPORT(umount("a"));
  show("a/inner/deep");
  return 0;
}
