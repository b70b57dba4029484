/* What do the links of /proc/PID/ns say, whom do they tell apart, and what is behind them? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static const char *const NAMES[] = {"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "uts"};
enum { COUNT = sizeof NAMES / sizeof *NAMES };

static void link_of(const char *who, const char *name, char *text) {
  char path[80];
  snprintf(path, sizeof path, "/proc/%s/ns/%s", who, name);
  ssize_t length = readlink(path, text, 79);
  text[length < 0 ? 0 : length] = 0;
}

static void compare(const char *what, char before[COUNT][80]) {
  char text[80];
  printf("%s:", what);
  for (int i = 0; i < COUNT; i++) {
    link_of("self", NAMES[i], text);
    if (strcmp(text, before[i]) != 0) printf(" %s", NAMES[i]);
  }
  printf("\n");
}

int main(void) {
  char before[COUNT][80], text[80];
  for (int i = 0; i < COUNT; i++) {
    link_of("self", NAMES[i], before[i]);
    unsigned long number;
    char kind[80], rest = 0;
    int parts = sscanf(before[i], "%[a-z]:[%lu%c", kind, &number, &rest);
    printf("%s: %s, %d parts, then %c\n", NAMES[i], kind, parts, rest);
  }
  struct stat file, again;
  char path[80];
  int fd = open("/proc/self/ns/uts", O_RDONLY);
  fstat(fd, &file);
  stat("/proc/self/ns/uts", &again);
  unsigned long number;
  sscanf(strchr(before[8], '['), "[%lu", &number);
  printf("number %d, same %d, mode %o\n", file.st_ino == number, file.st_ino == again.st_ino && file.st_dev == again.st_dev, file.st_mode);
  REPORT(read(fd, path, 1));
  REPORT(lstat("/proc/self/ns/uts", &again));
  printf("a link %d\n", S_ISLNK(again.st_mode));
  REPORT(open("/proc/self/ns/none", O_RDONLY));
  unshare(CLONE_NEWUTS);
  compare("after NEWUTS", before);
  unshare(CLONE_NEWIPC | CLONE_NEWNET);
  compare("after NEWIPC and NEWNET", before);
  unshare(CLONE_NEWCGROUP);
  compare("after NEWCGROUP", before);
  unshare(0x80);
  compare("after NEWTIME", before);
  fflush(stdout);
  int status;
  if (fork() == 0) {
    compare("in a child", before);
    fflush(stdout);
    _exit(0);
  }
  wait(&status);
  unshare(CLONE_NEWPID);
  link_of("self", "pid_for_children", text);
  printf("no pid namespace without a process: \"%s\"\n", text);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    sleep(1);
    _exit(0);
  }
  compare("with a first process", before);
  char who[20], theirs[80];
  snprintf(who, sizeof who, "%d", child);
  link_of("self", "pid_for_children", text);
  link_of(who, "pid", theirs);
  printf("the child is there %d\n", strcmp(text, theirs) == 0);
  wait(&status);
  return 0;
}
