/* Which kinds of files does mknod(2) make, and for whom? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "report.h"

static void show(const char *name) {
  struct stat info;
  if (lstat(name, &info) != 0) printf("%s: %s\n", name, strerror(errno));
  else printf("%s: mode %o device %u %u\n", name, info.st_mode, major(info.st_rdev), minor(info.st_rdev));
}

int main(void) {
  char place[] = "/dev/shm/mknodXXXXXX";
  chdir(mkdtemp(place));
  chmod(".", 0777);
  umask(022);
  REPORT(mknod("plain", 0666, 0)), show("plain");
  REPORT(mknod("regular", S_IFREG | 04777, makedev(1, 3))), show("regular");
  REPORT(mknod("fifo", S_IFIFO | 0666, 0)), show("fifo");
  REPORT(mknod("socket", S_IFSOCK | 0666, 0)), show("socket");
  REPORT(mknod("zero", S_IFCHR | 0666, makedev(1, 5))), show("zero");
  REPORT(mknod("block", S_IFBLK | 0660, makedev(250, 300))), show("block");
  REPORT(mknod("whiteout", S_IFCHR, makedev(0, 0))), show("whiteout");
  REPORT(mknod("directory", S_IFDIR | 0777, 0));
  REPORT(mknod("link", S_IFLNK | 0777, 0));
  REPORT(mknod("odd", 0030000 | 0777, 0));
  REPORT(mknod("plain", 0666, 0));
  REPORT(mknod("absent/x", 0666, 0));
  REPORT(mknod("slash/", 0666, 0));
  REPORT(open("socket", O_RDONLY));
  REPORT(open("block", O_RDONLY));
  REPORT(open("whiteout", O_RDONLY));
  seteuid(1000);
  REPORT(mknod("mine", S_IFREG | 0666, 0));
  REPORT(mknod("my fifo", S_IFIFO | 0666, 0));
  REPORT(mknod("my socket", S_IFSOCK | 0666, 0));
  REPORT(mknod("my device", S_IFCHR | 0666, makedev(1, 3)));
  REPORT(mknod("my block", S_IFBLK | 0666, makedev(1, 3)));
  REPORT(mknod("my whiteout", S_IFCHR | 0666, makedev(0, 0)));
}
