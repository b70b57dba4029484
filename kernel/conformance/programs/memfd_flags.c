/* Which flags and names does memfd_create take, and what file does it make? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

#define CLOEXEC 1
#define ALLOW_SEALING 2
#define HUGETLB 4
#define NOEXEC_SEAL 8
#define EXEC 16

static int memfd(const char *name, unsigned flags) { return syscall(SYS_memfd_create, name, flags); }

static void show(const char *what, int fd) {
  struct stat s;
  char link[64], target[512];
  fstat(fd, &s);
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, target, sizeof target - 1);
  target[length < 0 ? 0 : length] = 0;
  if (length > 60) sprintf(target + 57, "... %zd", length);
  printf("%s: %s mode %o nlink %d size %ld cloexec %d flags %o seals %d\n", what, target, s.st_mode, (int)s.st_nlink,
         (long)s.st_size, fcntl(fd, F_GETFD), fcntl(fd, F_GETFL) & O_ACCMODE, fcntl(fd, F_GET_SEALS));
}

int main(void) {
  char longest[251];
  memset(longest, 'n', sizeof longest);
  longest[249] = 0;
  show("plain", memfd("plain", 0));
  show("empty", memfd("", 0));
  show("slashes", memfd("a/b/../c d", 0));
  show("longest", memfd(longest, 0));
  longest[249] = 'n';
  longest[250] = 0;
  REPORT(memfd(longest, 0));
  show("close on exec", memfd("x", CLOEXEC));
  show("sealing", memfd("x", ALLOW_SEALING));
  show("never executed", memfd("x", NOEXEC_SEAL));
  show("executed", memfd("x", EXEC));
  show("executed, sealing", memfd("x", EXEC | ALLOW_SEALING | CLOEXEC));
  REPORT(memfd("x", EXEC | NOEXEC_SEAL));
  REPORT(memfd("x", 32));
  REPORT(memfd("x", 0x80000000));
  REPORT(memfd("x", 21u << 26));
  REPORT(memfd("x", 63u << 26 | HUGETLB));
  REPORT(memfd((char *)8, 0));
  int ends[2];
  pipe(ends);
  REPORT(fcntl(ends[1], F_GET_SEALS));
  REPORT(fcntl(ends[1], F_ADD_SEALS, F_SEAL_GROW));
  REPORT(fcntl(ends[0], F_ADD_SEALS, F_SEAL_GROW));
}
