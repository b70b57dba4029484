/* What may the root of a user namespace do with mounts, its own and those that it was given? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "own_mounts.h"
#include "report.h"

static void put(const char *name, const char *text) {
  int fd = open(name, O_WRONLY);
  write(fd, text, strlen(text));
  close(fd);
}

int main(void) {
  own_mounts();
  chmod("/tmp", 0777);
  mkdir("given", 0777);
  mkdir("given/in", 0777);
  mkdir("other", 0777);
  mkdir("top", 0777);
  mount("given", "given", "tmpfs", MS_NOSUID | MS_RDONLY, "mode=777");
  int outside = open("/proc/self/ns/mnt", O_RDONLY);
  if (setresgid(1000, 1000, 1000) != 0 || setresuid(1000, 1000, 1000) != 0) return 1;
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  REPORT(unshare(CLONE_NEWNS));
  REPORT(unshare(CLONE_NEWUSER | CLONE_NEWNS));
  REPORT(mount("unmapped", "other", "tmpfs", 0, NULL));
  REPORT(mkdir("other/x", 0755));
  REPORT(umount("other"));
  put("/proc/self/uid_map", "0 1000 1\n");
  put("/proc/self/setgroups", "deny");
  put("/proc/self/gid_map", "0 1000 1\n");
  REPORT(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL));
  REPORT(umount("given"));
  REPORT(umount2("given", MNT_DETACH));
  REPORT(mount("given", "other", NULL, MS_MOVE, NULL));
  REPORT(mount("given", "other", NULL, MS_BIND, NULL));
  REPORT(umount("other"));
  REPORT(mount("/tmp", "other", NULL, MS_BIND, NULL));
  REPORT(mount("/tmp", "other", NULL, MS_BIND | MS_REC, NULL));
  REPORT(umount("other/given"));
  REPORT(chdir("other"));
  REPORT(umount2("/tmp/other", MNT_DETACH));
  REPORT(access("top", F_OK));
  REPORT(access("given/in", F_OK));
  REPORT(chdir("given"));
  REPORT(access("../top", F_OK));
  REPORT(chdir("/tmp"));
  REPORT(mount(NULL, "given", NULL, MS_REMOUNT | MS_BIND, NULL));
  REPORT(mount(NULL, "given", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
  REPORT(mount(NULL, "given", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID, NULL));
  REPORT(mount(NULL, "given", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOATIME, NULL));
  REPORT(mount(NULL, "given", NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID, NULL));
  REPORT(mount("own", "given", "tmpfs", 0, "uid=0,gid=0,mode=755"));
  REPORT(mkdir("given/mine", 0755));
  struct stat info;
  stat("given/mine", &info);
  printf("of %d %d\n", info.st_uid, info.st_gid);
  REPORT(mknod("given/null", S_IFCHR | 0666, 0x103));
  REPORT(mount(NULL, "given", NULL, MS_REMOUNT, "size=1m"));
  REPORT(umount("given"));
  REPORT(mount("own", "given", "tmpfs", 0, "uid=5"));
  REPORT(mount("proc", "other", "proc", 0, NULL));
  REPORT(mount("sysfs", "other", "sysfs", 0, NULL));
  REPORT(mount("top", "top", "tmpfs", 0, NULL));
  mkdir("top/old", 0755);
  REPORT(syscall(SYS_pivot_root, "top", "top/old"));
  REPORT(umount2("/old", MNT_DETACH));
  REPORT(access("/old/tmp", F_OK));
  REPORT(setns(outside, CLONE_NEWNS));
  return 0;
}
