/* What does pivot_root(2) ask of the two places, and who stands where afterwards? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "own_mounts.h"
#include "report.h"

static int pivot(const char *top, const char *old) { return syscall(SYS_pivot_root, top, old); }

static void where(void) {
  char path[100];
  printf("in %s\n", getcwd(path, sizeof path) == NULL ? strerror(errno) : path);
}

int main(void) {
  int status, ready[2], done[2];
  char byte;
  own_mounts();
  pipe(ready);
  pipe(done);
  mkdir("top", 0755);
  mkdir("top/old", 0755);
  REPORT(pivot("top", "top/old"));
  REPORT(mount("t", "top", "tmpfs", 0, NULL));
  mkdir("top/old", 0755);
  mkdir("top/work", 0755);
  mkdir("top/tmp", 0755);
  close(open("top/file", O_WRONLY | O_CREAT, 0644));
  REPORT(pivot("none", "top/old"));
  REPORT(pivot("top", "none"));
  REPORT(pivot("top/file", "top/old"));
  REPORT(pivot("top", "top/file"));
  REPORT(pivot("top/old", "top/old"));
  REPORT(pivot("top", "/tmp"));
  REPORT(pivot("top", "/"));
  REPORT(pivot("/", "top/old"));
  REPORT(pivot("/", "/"));
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    chdir("/");
    write(ready[1], "x", 1);
    read(done[0], &byte, 1);
    where();
    printf("other: old %d, work %d\n", access("/old/tmp", F_OK), access("work", F_OK));
    fflush(stdout);
    _exit(0);
  }
  read(ready[0], &byte, 1);
  REPORT(pivot("top", "top/old"));
  where();
  REPORT(access("/work", F_OK));
  REPORT(access("/old/tmp/top", F_OK));
  write(done[1], "x", 1);
  waitpid(child, &status, 0);
  REPORT(chdir("/"));
  where();
  REPORT(umount("/old"));
  REPORT(umount2("/old", MNT_DETACH));
  REPORT(access("/old/tmp", F_OK));
  REPORT(mount("again", "/work", "tmpfs", 0, NULL));
  mkdir("/work/in", 0755);
  REPORT(chdir("/work"));
  REPORT(pivot(".", "."));
  where();
  REPORT(access("in", F_OK));
  REPORT(access("/in", F_OK));
  REPORT(access("/work", F_OK));
  REPORT(umount2(".", MNT_DETACH));
  REPORT(access("/in", F_OK));
  REPORT(chdir("/"));
  where();
  REPORT(chroot("in"));
  REPORT(pivot("/", "/"));
  return 0;
}
