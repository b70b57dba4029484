/* Which namespaces can be entered again, by a file or by a process, and which not? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void name(const char *what) {
  struct utsname u;
  uname(&u);
  printf("%s: %s\n", what, u.nodename);
}

int main(void) {
  int status, ready[2], done[2];
  char byte;
  pipe(ready);
  pipe(done);
  if (unshare(CLONE_NEWUTS) != 0) return 1;
  sethostname("outer", 5);
  int uts = open("/proc/self/ns/uts", O_RDONLY);
  int ipc = open("/proc/self/ns/ipc", O_RDONLY);
  int pid = open("/proc/self/ns/pid", O_RDONLY);
  unshare(CLONE_NEWPID);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    unshare(CLONE_NEWUTS | CLONE_NEWIPC);
    sethostname("inner", 5);
    write(ready[1], "x", 1);
    read(done[0], &byte, 1);
    _exit(0);
  }
  read(ready[0], &byte, 1);
  REPORT(setns(uts, CLONE_NEWIPC));
  REPORT(setns(uts, CLONE_NEWUTS));
  REPORT(setns(ipc, 0));
  REPORT(setns(ready[0], 0));
  REPORT(setns(-1, 0));
  int process = syscall(SYS_pidfd_open, child, 0);
  REPORT(setns(process, 0));
  REPORT(setns(process, 1));
  REPORT(setns(process, CLONE_NEWUTS | CLONE_NEWIPC));
  name("the child's");
  sethostname("shared", 6);
  REPORT(setns(uts, 0));
  name("back");
  char path[60];
  snprintf(path, sizeof path, "/proc/%d/ns/uts", child);
  int theirs = open(path, O_RDONLY);
  REPORT(setns(theirs, CLONE_NEWUTS));
  name("by its file");
  REPORT(setns(pid, CLONE_NEWPID));
  fflush(stdout);
  pid_t outside = fork();
  if (outside == 0) {
    printf("a child like others %d\n", getpid() > 1 && getppid() > 1);
    fflush(stdout);
    _exit(0);
  }
  waitpid(outside, &status, 0);
  REPORT(setns(process, CLONE_NEWPID));
  fflush(stdout);
  pid_t inside = fork();
  if (inside == 0) {
    printf("a child inside: %d, parent %d\n", getpid(), getppid());
    REPORT(setns(pid, CLONE_NEWPID));
    fflush(stdout);
    _exit(0);
  }
  waitpid(inside, &status, 0);
  write(done[1], "x", 1);
  waitpid(child, &status, 0);
  REPORT(setns(process, CLONE_NEWUTS));
  REPORT(setns(theirs, CLONE_NEWUTS));
  name("when it is gone");
  return 0;
}
