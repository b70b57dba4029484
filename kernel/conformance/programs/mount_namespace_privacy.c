/* Do mounts of one namespace stay out of another, and what becomes of them when names go, or their tasks? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "own_mounts.h"
#include "report.h"

static void number(const char *what, unsigned long before) {
  struct stat info;
  stat("/proc/self/ns/mnt", &info);
  printf("%s: same namespace %d\n", what, info.st_ino == before);
}

int main(void) {
  int status, ready[2], done[2];
  char byte, path[100];
  struct stat info;
  own_mounts();
  pipe(ready);
  pipe(done);
  mkdir("m", 0755);
  mkdir("n", 0755);
  mkdir("n/below", 0755);
  close(open("file", O_WRONLY | O_CREAT, 0644));
  close(open("other", O_WRONLY | O_CREAT, 0644));
  stat("/proc/self/ns/mnt", &info);
  int own = open("/proc/self/ns/mnt", O_RDONLY);
  REPORT(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0));
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    chdir("n/below");
    REPORT(unshare(CLONE_NEWNS));
    number("child", info.st_ino);
    printf("in %s\n", getcwd(path, sizeof path));
    REPORT(mount("c", "/tmp/m", "tmpfs", 0, NULL));
    mkdir("/tmp/m/inside", 0755);
    REPORT(mount("/tmp/file", "/tmp/other", NULL, MS_BIND, NULL));
    REPORT(mount("c", "/tmp/n", "tmpfs", 0, NULL));
    REPORT(access("../below", F_OK));
    int fd = open("/tmp/m/inside", O_RDONLY | O_DIRECTORY);
    fflush(stdout);
    write(ready[1], "x", 1);
    read(done[0], &byte, 1);
    REPORT(access("/tmp/m", F_OK));
    REPORT(access("/tmp/other", F_OK));
    REPORT(faccessat(fd, ".", F_OK, 0));
    REPORT(access("/tmp/moved/below", F_OK));
    fflush(stdout);
    write(ready[1], "x", 1);
    read(done[0], &byte, 1);
    _exit(0);
  }
  read(ready[0], &byte, 1);
  REPORT(access("m/inside", F_OK));
  REPORT(access("n/below", F_OK));
  REPORT(umount("m"));
  REPORT(rmdir("m"));
  REPORT(unlink("other"));
  REPORT(rename("n", "moved"));
  write(done[1], "x", 1);
  read(ready[0], &byte, 1);
  snprintf(path, sizeof path, "/proc/%d/ns/mnt", child);
  int theirs = open(path, O_RDONLY);
  snprintf(path, sizeof path, "/proc/%d/root/tmp/moved", child);
  REPORT(access(path, F_OK));
  REPORT(setns(theirs, CLONE_NEWUTS));
  REPORT(setns(theirs, CLONE_NEWNS));
  printf("in %s\n", getcwd(path, sizeof path));
  number("joined", info.st_ino);
  REPORT(access("/tmp/moved/below", F_OK));
  int process = syscall(SYS_pidfd_open, child, 0);
  REPORT(setns(own, 0));
  number("back", info.st_ino);
  REPORT(access("/tmp/moved/below", F_OK));
  REPORT(setns(process, CLONE_NEWNS));
  number("by the process", info.st_ino);
  write(done[1], "x", 1);
  waitpid(child, &status, 0);
  REPORT(mount("x", "/tmp/moved", "tmpfs", 0, NULL));
  REPORT(setns(own, CLONE_NEWNS));
  REPORT(access("/tmp/moved/below", F_OK));
  REPORT(mount("/proc/self/fd/1", "/tmp/file", NULL, MS_BIND, NULL));
  REPORT(setns(theirs, CLONE_NEWNS));
  close(theirs);
  REPORT(setns(own, CLONE_NEWNS));
  REPORT(setresuid(5, 5, 5));
  REPORT(setns(own, CLONE_NEWNS));
  return 0;
}
