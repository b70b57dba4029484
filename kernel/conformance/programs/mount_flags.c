/* What do read-only, nosuid, nodev, noexec, noatime and nosymfollow mounts forbid, and how are they changed? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "own_mounts.h"
#include "report.h"

static void flags(const char *name) {
  struct statfs fs;
  statfs(name, &fs);
  printf("%s: flags %lx\n", name, (unsigned long)fs.f_flags & 0xffdf);
}

static void copy_self(const char *name) {
  char block[65536];
  int from = open("/proc/self/exe", O_RDONLY), to = open(name, O_WRONLY | O_CREAT, 0755);
  for (ssize_t n; (n = read(from, block, sizeof block)) > 0;) write(to, block, n);
  close(from);
  close(to);
}

static void run(const char *name) {
  int status;
  fflush(stdout);
  pid_t child = vfork();
  if (child == 0) {
    execl(name, name, "again", NULL);
    _exit(errno);
  }
  waitpid(child, &status, 0);
  printf("%s ran: %s\n", name, strerror(WEXITSTATUS(status)));
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "ids") == 0) {
    printf("euid %d\n", geteuid());
    return 0;
  }
  if (argc > 1) return 0;
  own_mounts();
  mkdir("rw", 0755);
  mkdir("ro", 0755);
  copy_self("rw/program");
  mknod("rw/null", S_IFCHR | 0666, makedev(1, 3));
  symlink("program", "rw/link");
  REPORT(mount("rw", "ro", NULL, MS_BIND | MS_RDONLY, NULL));
  flags("ro");
  int writer = open("ro/program", O_WRONLY);
  REPORT(mount(NULL, "ro", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
  close(writer);
  REPORT(mount(NULL, "ro", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
  flags("ro");
  flags("rw");
  REPORT(open("ro/new", O_WRONLY | O_CREAT, 0644));
  REPORT(open("ro/program", O_WRONLY));
  REPORT(open("ro/program", O_RDONLY | O_TRUNC));
  REPORT(open("ro/null", O_WRONLY));
  REPORT(mkdir("ro/d", 0755));
  REPORT(unlink("ro/program"));
  REPORT(unlink("ro/none"));
  REPORT(chmod("ro/program", 0700));
  REPORT(truncate("ro/program", 1));
  REPORT(rename("ro/program", "ro/other"));
  REPORT(symlink("x", "ro/y"));
  REPORT(access("ro/program", W_OK));
  REPORT(utimensat(AT_FDCWD, "ro/program", NULL, 0));
  REPORT(mkdir("rw/d", 0755));
  run("ro/program");
  REPORT(mount(NULL, "ro", NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC | MS_NODEV | MS_NOSUID, NULL));
  flags("ro");
  REPORT(mkdir("ro/e", 0755));
  run("ro/program");
  REPORT(access("ro/program", X_OK));
  REPORT(access("ro/d", X_OK));
  int fd = open("ro/program", O_RDONLY);
  REPORT(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0);
  void *mapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  REPORT(mprotect(mapped, 4096, PROT_READ | PROT_EXEC));
  REPORT(open("ro/null", O_RDONLY));
  REPORT(open("ro/null", O_PATH) > 0);
  REPORT(mount(NULL, "ro", NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL));
  flags("ro");
  REPORT(mount(NULL, "ro", NULL, MS_REMOUNT | MS_BIND, NULL));
  flags("ro");
  REPORT(mount(NULL, "ro", NULL, MS_REMOUNT | MS_BIND | MS_STRICTATIME, NULL));
  flags("ro");
  REPORT(mount(NULL, "ro", NULL, MS_REMOUNT | MS_BIND | MS_NODIRATIME, NULL));
  flags("ro");
  REPORT(mount(NULL, "ro", NULL, MS_REMOUNT | MS_BIND | MS_RELATIME | MS_NOSYMFOLLOW, NULL));
  flags("ro");
  REPORT(open("ro/link", O_RDONLY));
  REPORT(open("rw/link", O_RDONLY) > 0);
  REPORT(mount(NULL, "rw", NULL, MS_REMOUNT | MS_BIND, NULL));
  REPORT(mount(NULL, "ro/d", NULL, MS_REMOUNT | MS_BIND, NULL));
  fd = open("/tmp/open", O_WRONLY | O_CREAT, 0644);
  REPORT(mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_RDONLY, NULL));
  close(fd);
  REPORT(mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_RDONLY, NULL));
  REPORT(mkdir("ro/f", 0755));
  REPORT(mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_NOSUID, NULL));
  flags("/tmp");
  REPORT(mkdir("ro/f", 0755));
  REPORT(mount("set", "/tmp", "tmpfs", MS_RDONLY, NULL));
  REPORT(mkdir("/tmp/x", 0755));
  flags("/tmp");
  return 0;
}
