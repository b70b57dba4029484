/* What may the root of a user namespace do in it, and what not to what is around it? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int put(const char *file, const char *text) {
  char path[60];
  snprintf(path, sizeof path, "/proc/self/%s", file);
  int fd = open(path, O_WRONLY), result = write(fd, text, strlen(text));
  close(fd);
  return result;
}

static void capabilities(const char *when) {
  char line[200], effective[40] = "";
  FILE *f = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof line, f)) sscanf(line, "CapEff:\t%39s", effective);
  fclose(f);
  printf("%s: %s capabilities\n", when, strspn(effective, "0") == strlen(effective) ? "no" : "all");
}

int main(int argc, char **argv) {
  setbuf(stdout, NULL);
  if (argc > 1) return capabilities("executed without a map"), 3;
  char name[] = "/tmp/crucible-XXXXXX";
  int file = mkstemp(name);
  write(file, "roots", 5);
  fchmod(file, 0600);
  pid_t outside = fork();
  if (outside == 0) {
    pause();
    _exit(0);
  }
  pid_t child = fork();
  if (child == 0) {
    close(file);
    setgroups(0, NULL);
    setresgid(1000, 1000, 1000);
    setresuid(1000, 1000, 1000);
    prctl(PR_SET_DUMPABLE, 1);
    capabilities("a user");
    REPORT(unshare(CLONE_NEWUTS));
    REPORT(unshare(CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWIPC));
    capabilities("in the namespace");
    put("uid_map", "0 1000 1\n");
    put("setgroups", "deny");
    put("gid_map", "0 1000 1\n");
    printf("root %d %d\n", getuid(), getgid());
    REPORT(sethostname("inside", 6));
    REPORT(kill(outside, 0));
    REPORT(open(name, O_RDONLY));
    REPORT(chmod(name, 0666));
    REPORT(chown(name, 0, 0));
    REPORT(unlink(name));
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_max++;
    REPORT(setrlimit(RLIMIT_NOFILE, &limit));
    REPORT(mknod("/tmp/crucible-device", S_IFCHR | 0600, 0x103));
    REPORT(unshare(CLONE_NEWNET));
    REPORT(unshare(CLONE_NEWUSER));
    capabilities("in the inner one");
    struct utsname u;
    uname(&u);
    printf("%s\n", u.nodename);
    REPORT(sethostname("inner", 5));
    fflush(stdout);
    pid_t grandchild = fork();
    if (grandchild == 0) {
      char *arguments[] = {"/proc/self/exe", "exec", NULL};
      execv("/proc/self/exe", arguments);
      _exit(1);
    }
    int status;
    waitpid(grandchild, &status, 0);
    printf("grandchild %d\n", WEXITSTATUS(status));
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  kill(outside, SIGKILL);
  waitpid(outside, &status, 0);
  unlink(name);
  return 0;
}
