/* How do openat2(2)'s RESOLVE_ flags bound a path, and which structures does it take? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

static int at;

static int open_under(const char *name, unsigned long long flags, unsigned long long resolve) {
  struct open_how how = {.flags = flags, .resolve = resolve};
  int fd = syscall(SYS_openat2, at, name, &how, sizeof how);
  if (fd >= 0) close(fd);
  return fd;
}

static int create(const char *name, unsigned long long flags, unsigned long long mode) {
  struct open_how how = {.flags = flags, .mode = mode};
  int fd = syscall(SYS_openat2, at, name, &how, sizeof how);
  if (fd >= 0) close(fd);
  return fd;
}

static void answer(const char *name, unsigned long long flags, unsigned long long resolve) {
  int fd = open_under(name, flags, resolve);
  printf("  %s: %s\n", name, fd >= 0 ? "ok" : strerrorname_np(errno));
}

static const char *names[] = {"file", "inner/deep", "inner/../file", "..", "../root/file", "/file", "/dev/null", "near",
                              "through/deep", "up", "absolute", "magic", "/proc/self/fd/0", "/proc/self/exe", "absent"};

static void try_all(const char *what, unsigned long long resolve) {
  printf("%s\n", what);
  for (int i = 0; i < sizeof names / sizeof *names; i++) answer(names[i], O_RDONLY, resolve);
  answer("near", O_PATH | O_NOFOLLOW, resolve);
}

#define TRY(resolve) try_all(#resolve, resolve)

int main(void) {
  char place[] = "/dev/shm/openat2XXXXXX";
  chdir(mkdtemp(place));
  mkdir("root", 0755);
  mkdir("root/inner", 0755);
  close(open("root/file", O_CREAT | O_WRONLY, 0644));
  close(open("root/inner/deep", O_CREAT | O_WRONLY, 0644));
  close(open("outside", O_CREAT | O_WRONLY, 0644));
  symlink("file", "root/near");
  symlink("inner", "root/through");
  symlink("../outside", "root/up");
  symlink("/file", "root/absolute");
  symlink("/proc/self/exe", "root/magic");
  dup2(open("/dev/null", O_RDONLY), 0);
  at = open("root", O_PATH | O_DIRECTORY);
  TRY(0);
  TRY(RESOLVE_BENEATH);
  TRY(RESOLVE_IN_ROOT);
  TRY(RESOLVE_NO_SYMLINKS);
  TRY(RESOLVE_NO_MAGICLINKS);
  TRY(RESOLVE_NO_XDEV);
  TRY(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  printf("-- structures\n");
  REPORT(open_under("file", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
  REPORT(open_under("file", O_RDONLY, 0x40));
  REPORT(open_under("file", 0x100000000ull, 0));
  REPORT(open_under("file", 0x40000000, 0));
  REPORT(open_under("file", O_PATH | O_RDWR, 0));
  REPORT(open_under("file", O_PATH | O_CLOEXEC | O_NOFOLLOW, 0));
  REPORT(open_under("inner", O_CREAT | O_DIRECTORY, 0));
  REPORT(create("file", O_RDONLY, 0600));
  REPORT(create("new", O_CREAT | O_WRONLY, 010000));
  REPORT(create("new", O_CREAT | O_WRONLY, 0600));
  REPORT(create(".", O_TMPFILE | O_RDWR, 0600));
  REPORT(create(".", O_TMPFILE, 0600));
  REPORT(create("newer", O_CREAT | O_EXCL | O_WRONLY, 07777));
  char bytes[5000] = {0};
  REPORT(syscall(SYS_openat2, at, "file", bytes, 0));
  REPORT(syscall(SYS_openat2, at, "file", bytes, 23));
  REPORT(syscall(SYS_openat2, at, "file", bytes, 24) > 0);
  REPORT(syscall(SYS_openat2, at, "file", bytes, 32) > 0);
  bytes[24] = 1;
  REPORT(syscall(SYS_openat2, at, "file", bytes, 32));
  REPORT(syscall(SYS_openat2, at, "file", bytes, 5000));
  REPORT(syscall(SYS_openat2, at, "file", (void *)8, 24));
  REPORT(open_under("", O_RDONLY, 0));
  REPORT(create("file", O_TRUNC | O_WRONLY, 0));
  struct open_how plain = {.flags = O_RDONLY};
  printf("flags %o\n", fcntl(syscall(SYS_openat2, at, "file", &plain, sizeof plain), F_GETFL));
  printf("-- directories\n");
  REPORT(open_under(".", O_RDONLY, RESOLVE_BENEATH));
  REPORT(open_under("/", O_RDONLY, RESOLVE_IN_ROOT));
  REPORT(open_under("/..", O_RDONLY, RESOLVE_IN_ROOT));
  at = open("root/file", O_RDONLY);
  REPORT(open_under("file", O_RDONLY, RESOLVE_BENEATH));
  REPORT(open_under("/file", O_RDONLY, RESOLVE_IN_ROOT));
  at = -1;
  REPORT(open_under("/file", O_RDONLY, RESOLVE_IN_ROOT));
  REPORT(open_under("/dev/null", O_RDONLY, 0));
  at = AT_FDCWD;
  REPORT(open_under("/root/inner/deep", O_RDONLY, RESOLVE_IN_ROOT));
  REPORT(open_under("outside", O_RDONLY, RESOLVE_BENEATH));
}
