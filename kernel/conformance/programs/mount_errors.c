/* Which requests of mount(2) are refused, and with which errors? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "own_mounts.h"
#include "report.h"

int main(void) {
  static char longest[5000];
  own_mounts();
  memset(longest, 'x', sizeof longest - 1);
  mkdir("d", 0755);
  mkdir("e", 0755);
  close(open("f", O_WRONLY | O_CREAT, 0644));
  symlink("d", "link");
  REPORT(mount("x", "d", "nonsense", 0, NULL));
  REPORT(mount("x", "d", NULL, 0, NULL));
  REPORT(mount("x", "none", "tmpfs", 0, NULL));
  REPORT(mount("x", "f", "tmpfs", 0, NULL));
  REPORT(mount("x", "", "tmpfs", 0, NULL));
  REPORT(mount("x", "f/x", "nonsense", 0, NULL));
  REPORT(mount("x", NULL, "tmpfs", 0, NULL));
  REPORT(mount((void *)1, "d", "tmpfs", 0, NULL));
  REPORT(mount("x", "d", (void *)1, 0, NULL));
  REPORT(mount("x", "d", "tmpfs", 0, (void *)1));
  REPORT(mount(longest, "d", "tmpfs", 0, NULL));
  REPORT(mount("x", longest, "tmpfs", 0, NULL));
  REPORT(mount("x", "d", longest, 0, NULL));
  REPORT(mount("x", "d", "tmpfs", MS_NOUSER, NULL));
  REPORT(mount("x", "d", "tmpfs", 0xc0ed0000, NULL));
  REPORT(umount("d"));
  REPORT(mount("x", "link", "tmpfs", 0, NULL));
  REPORT(rmdir("d"));
  REPORT(umount2("link", UMOUNT_NOFOLLOW));
  REPORT(umount("link"));
  REPORT(mount("d", "f", NULL, MS_BIND, NULL));
  REPORT(mount("f", "d", NULL, MS_BIND, NULL));
  REPORT(mount("none", "d", NULL, MS_BIND, NULL));
  REPORT(mount(NULL, "d", NULL, MS_BIND, NULL));
  REPORT(mount("", "d", NULL, MS_BIND, NULL));
  REPORT(mount("none", "none", NULL, MS_BIND, NULL));
  REPORT(mount("/proc/self/fd/1", "f", NULL, MS_BIND, NULL));
  REPORT(mount(NULL, "d", NULL, MS_REMOUNT, NULL));
  REPORT(mount(NULL, "d", NULL, MS_REMOUNT | MS_BIND, NULL));
  REPORT(mount(NULL, "d", NULL, MS_PRIVATE, NULL));
  REPORT(mount("d", "e", NULL, MS_MOVE, NULL));
  REPORT(mount(NULL, "/tmp", NULL, MS_PRIVATE | MS_SLAVE, NULL));
  REPORT(mount(NULL, "/tmp", NULL, MS_PRIVATE | MS_NOSUID, NULL));
  REPORT(mount(NULL, "/tmp", NULL, MS_PRIVATE | MS_REC | MS_SILENT, NULL));
  REPORT(mount(NULL, "/tmp", NULL, MS_SLAVE | MS_REC, NULL));
  REPORT(mount("x", "d", "tmpfs", 0, NULL));
  REPORT(mount("d", "d/x", NULL, MS_MOVE, NULL));
  REPORT(mkdir("d/x", 0755));
  REPORT(mount("d", "d/x", NULL, MS_MOVE, NULL));
  REPORT(mount("d/x", "e", NULL, MS_MOVE, NULL));
  REPORT(mount("d", "f", NULL, MS_MOVE, NULL));
  REPORT(mount("d", "e", NULL, MS_MOVE, NULL));
  REPORT(access("e/x", F_OK));
  REPORT(rmdir("d"));
  REPORT(mount(NULL, "e", NULL, MS_UNBINDABLE, NULL));
  REPORT(mkdir("g", 0755));
  REPORT(mount("e", "g", NULL, MS_BIND, NULL));
  REPORT(mount("/tmp", "g", NULL, MS_BIND | MS_REC, NULL));
  REPORT(access("g/e", F_OK));
  REPORT(access("g/e/x", F_OK));
  REPORT(mount(NULL, "e", NULL, MS_PRIVATE, NULL));
  REPORT(mount("e", "g/e", NULL, MS_BIND, NULL));
  REPORT(access("g/e/x", F_OK));
  int fd = open("gone", O_RDONLY | O_CREAT, 0644);
  char name[40];
  unlink("gone");
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  REPORT(mount("f", name, NULL, MS_BIND, NULL));
  mkdir("left", 0755);
  chdir("left");
  rmdir("/tmp/left");
  REPORT(mount("x", ".", "tmpfs", 0, NULL));
  REPORT(mount("sysfs", "/sys", "sysfs", 0, NULL));
  REPORT(mount("sysfs", "/sys", "sysfs", 0, NULL));
  REPORT(mount("proc", "/proc", "proc", 0, "nonsense"));
  REPORT(setresuid(5, 5, 5));
  REPORT(mount("x", "/tmp/d", "tmpfs", 0, NULL));
  REPORT(mount("x", "/tmp/none", "tmpfs", 0, NULL));
  REPORT(mount("x", "/tmp/e", "tmpfs", MS_NOUSER, NULL));
  REPORT(umount("/tmp/e"));
  REPORT(umount("/tmp/none"));
  REPORT(umount2("/tmp/none", 0x100));
  REPORT(unshare(CLONE_NEWNS));
  return 0;
}
