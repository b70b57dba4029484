/* What does statx(2) tell, whatever it is asked for, and which flags does it take? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "report.h"

static struct statx info;

static void show(const char *what) {
  printf("%s: mask %x mode %o links %u size %llu attributes %llx of %llx\n", what,
         info.stx_mask & (STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID), info.stx_mode, info.stx_nlink,
         (unsigned long long)info.stx_size, (unsigned long long)info.stx_attributes & 0x2000,
         (unsigned long long)info.stx_attributes_mask & 0x2000);
}

int main(void) {
  char place[] = "/dev/shm/statxXXXXXX";
  chdir(mkdtemp(place));
  int fd = open("file", O_CREAT | O_RDWR, 0640);
  write(fd, "hello", 5);
  symlink("file", "link");
  REPORT(statx(AT_FDCWD, "file", 0, 0, &info));
  show("nothing asked");
  REPORT(statx(AT_FDCWD, "link", 0, STATX_BASIC_STATS, &info));
  show("through the link");
  REPORT(statx(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_ALL, &info));
  show("the link");
  REPORT(statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &info));
  show("the descriptor");
  unsigned long long mount = info.stx_mnt_id;
  REPORT(statx(AT_FDCWD, "/dev/shm", 0, STATX_BASIC_STATS, &info));
  printf("same mount %d, root of it %d\n", info.stx_mnt_id == mount, (info.stx_attributes & 0x2000) != 0);
  REPORT(statx(AT_FDCWD, "/dev/null", 0, STATX_BASIC_STATS, &info));
  printf("device %u %u\n", info.stx_rdev_major, info.stx_rdev_minor);
  REPORT(statx(fd, "", 0, STATX_ALL, &info));
  REPORT(statx(fd, NULL, AT_EMPTY_PATH, STATX_ALL, &info));
  REPORT(statx(-1, "", AT_EMPTY_PATH, STATX_ALL, &info));
  REPORT(statx(fd, "x", 0, STATX_ALL, &info));
  REPORT(statx(AT_FDCWD, "file", 0x6000, STATX_ALL, &info));
  REPORT(statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC, STATX_ALL, &info));
  REPORT(statx(AT_FDCWD, "file", AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_ALL, &info));
  REPORT(statx(AT_FDCWD, "file", AT_REMOVEDIR, STATX_ALL, &info));
  REPORT(statx(AT_FDCWD, "file", 0, 0x80000000, &info));
  REPORT(statx(AT_FDCWD, "file", 0, STATX_ALL, (void *)8));
  int pipes[2];
  pipe(pipes);
  REPORT(statx(pipes[0], "", AT_EMPTY_PATH, STATX_ALL, &info));
  printf("pipe mode %o links %u\n", info.stx_mode, info.stx_nlink);
  unlink("file");
  unlink("link");
  rmdir(place);
}
