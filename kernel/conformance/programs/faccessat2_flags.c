/* With whose rights, and of what, does faccessat2(2) ask? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

static long may(int at, const char *name, int mode, int flags) { return syscall(439, at, name, mode, flags); }

int main(void) {
  char place[] = "/dev/shm/accessXXXXXX";
  chdir(mkdtemp(place));
  chmod(".", 0755);
  int fd = open("secret", O_CREAT | O_RDWR, 0600);
  close(open("program", O_CREAT | O_RDWR, 0755));
  symlink("absent", "dangling");
  REPORT(may(AT_FDCWD, "secret", R_OK | W_OK, 0));
  REPORT(may(AT_FDCWD, "secret", X_OK, 0));
  REPORT(may(AT_FDCWD, "program", X_OK, 0));
  REPORT(may(AT_FDCWD, "dangling", F_OK, 0));
  REPORT(may(AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
  REPORT(may(AT_FDCWD, "secret", 8, 0));
  REPORT(may(AT_FDCWD, "secret", F_OK, AT_SYMLINK_FOLLOW));
  REPORT(may(fd, "", R_OK, AT_EMPTY_PATH));
  REPORT(may(fd, "", X_OK, AT_EMPTY_PATH));
  REPORT(may(fd, "", R_OK, 0));
  REPORT(may(-1, "", R_OK, AT_EMPTY_PATH));
  REPORT(may(AT_FDCWD, "", X_OK, AT_EMPTY_PATH));
  setresuid(1000, 0, 0);
  REPORT(may(AT_FDCWD, "secret", R_OK, 0));
  REPORT(may(AT_FDCWD, "secret", R_OK, AT_EACCESS));
  setresuid(0, 1000, 0);
  REPORT(may(AT_FDCWD, "secret", R_OK, 0));
  REPORT(may(AT_FDCWD, "secret", R_OK, AT_EACCESS));
  REPORT(may(AT_FDCWD, "secret", F_OK, AT_EACCESS));
  setresuid(0, 0, 0);
  unlink("secret");
  unlink("program");
  unlink("dangling");
  rmdir(place);
}
