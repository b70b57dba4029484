/* Which maps of ids does a new user namespace take from whom, and what are ids before and behind them? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int put(const char *file, const char *text) {
  char path[60];
  snprintf(path, sizeof path, "/proc/self/%s", file);
  int fd = open(path, O_WRONLY);
  if (fd < 0) return -1;
  int result = write(fd, text, strlen(text)), error = errno;
  close(fd);
  errno = error;
  return result < 0 ? -1 : 0;
}

static void show(const char *file) {
  char path[60], text[400];
  snprintf(path, sizeof path, "/proc/self/%s", file);
  int fd = open(path, O_RDONLY);
  ssize_t length = read(fd, text, sizeof text);
  printf("%s: %.*s%s", file, (int)(length < 0 ? 0 : length), text, length > 0 ? "" : "nothing\n");
  close(fd);
}

static void ids(const char *when) {
  struct stat mine, roots;
  stat("/proc/self/comm", &mine);
  stat("/", &roots);
  printf("%s: %d %d %d %d, own file of %d %d, root of %d %d\n", when, getuid(), geteuid(), getgid(), getegid(), mine.st_uid,
         mine.st_gid, roots.st_uid, roots.st_gid);
}

static int stranger(void) {
  setgroups(0, NULL);
  setresgid(1000, 1000, 1000);
  setresuid(1000, 1000, 1000);
  ids("a new user");
  /* So that its files in /proc are its own. */
  prctl(PR_SET_DUMPABLE, 1);
  return 0;
}

static void wait_for(pid_t child) {
  int status;
  waitpid(child, &status, 0);
}

int main(void) {
  setbuf(stdout, NULL);
  show("uid_map");
  show("setgroups");
  REPORT(put("uid_map", "0 0 1\n"));
  pid_t child = fork();
  if (child == 0) {
    stranger();
    ids("before");
    REPORT(unshare(CLONE_NEWUSER));
    ids("unmapped");
    show("uid_map");
    REPORT(put("uid_map", "0 0 1\n"));
    REPORT(put("uid_map", "0 1000 2\n"));
    REPORT(put("uid_map", "0 1000 0\n"));
    REPORT(put("uid_map", "nonsense\n"));
    REPORT(put("uid_map", "0 1000 1\n"));
    REPORT(put("uid_map", "0 1000 1\n"));
    ids("user mapped");
    REPORT(put("gid_map", "0 1000 1\n"));
    REPORT(put("setgroups", "maybe"));
    REPORT(put("setgroups", "deny"));
    REPORT(put("setgroups", "allow"));
    REPORT(put("gid_map", "0 1000 1\n"));
    ids("mapped");
    show("uid_map");
    show("gid_map");
    show("setgroups");
    gid_t group = 0;
    REPORT(setgroups(1, &group));
    REPORT(setuid(1));
    REPORT(setresgid(5, 0, 0));
    REPORT(chown("/tmp", 0, 0));
    REPORT(setuid(0));
    _exit(0);
  }
  wait_for(child);
  child = fork();
  if (child == 0) {
    /* Root may map what it likes. */
    REPORT(unshare(CLONE_NEWUSER));
    ids("root unmapped");
    REPORT(put("uid_map", "0 1000 10\n"));
    _exit(0);
  }
  wait_for(child);
  int ready[2], go[2];
  char byte, path[60];
  pipe(ready);
  pipe(go);
  child = fork();
  if (child == 0) {
    unshare(CLONE_NEWUSER);
    write(ready[1], "x", 1);
    read(go[0], &byte, 1);
    ids("mapped by the parent");
    show("uid_map");
    gid_t groups[2] = {3, 1};
    REPORT(setgroups(2, groups));
    printf("groups %d\n", getgroups(0, NULL));
    REPORT(setresgid(4, 4, 4));
    REPORT(setresuid(7, 7, 7));
    ids("changed");
    REPORT(setuid(0));
    _exit(0);
  }
  read(ready[0], &byte, 1);
  for (int i = 0; i < 2; i++) {
    snprintf(path, sizeof path, "/proc/%d/%s", child, i == 0 ? "uid_map" : "gid_map");
    int fd = open(path, O_RDWR);
    const char *overlapping = "0 0 5\n4 100 5\n", *map = "0 0 1\n1 1001 9\n";
    REPORT(write(fd, overlapping, strlen(overlapping)));
    REPORT(write(fd, map, strlen(map)) > 0 ? 0 : -1);
    REPORT(write(fd, map, strlen(map)));
    close(fd);
  }
  write(go[1], "x", 1);
  wait_for(child);
  return 0;
}
