/* How are users of one user namespace named in another: senders of signals, children, peers, and whoever joins? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void handled(int signo, siginfo_t *info, void *context) {
  char line[80];
  int length = snprintf(line, sizeof line, "signal from user %d\n", info->si_uid);
  write(1, line, length);
}

static void put(const char *file, const char *text) {
  char path[60];
  snprintf(path, sizeof path, "/proc/self/%s", file);
  int fd = open(path, O_WRONLY);
  write(fd, text, strlen(text));
  close(fd);
}

static void identity(const char *what, int pair) {
  struct ucred cred;
  socklen_t length = sizeof cred;
  getsockopt(pair, SOL_SOCKET, SO_PEERCRED, &cred, &length);
  printf("%s: peer %d %d\n", what, cred.uid, cred.gid);
}

int main(void) {
  setbuf(stdout, NULL);
  int pair[2], go[2], status;
  char byte;
  pipe(go);
  struct sigaction action = {.sa_sigaction = handled, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  setgroups(0, NULL);
  setresgid(1000, 1000, 1000);
  setresuid(1000, 1000, 1000);
  prctl(PR_SET_DUMPABLE, 1);
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    identity("before", pair[1]);
    unshare(CLONE_NEWUSER);
    identity("unmapped", pair[1]);
    put("uid_map", "5 1000 1\n");
    put("setgroups", "deny");
    put("gid_map", "6 1000 1\n");
    identity("mapped", pair[1]);
    kill(parent, SIGUSR1);
    write(pair[1], "x", 1);
    read(pair[1], &byte, 1);
    unshare(CLONE_NEWUTS);
    sethostname("theirs", 6);
    write(pair[1], "x", 1);
    read(pair[1], &byte, 1);
    _exit(0);
  }
  read(pair[0], &byte, 1);
  kill(child, SIGUSR1);
  write(pair[0], "x", 1);
  read(pair[0], &byte, 1);
  int process = syscall(SYS_pidfd_open, child, 0);
  REPORT(setns(process, CLONE_NEWUTS));
  pid_t visitor = fork();
  if (visitor == 0) {
    REPORT(setns(process, CLONE_NEWUSER | CLONE_NEWUTS));
    printf("a visitor is %d %d\n", getuid(), getgid());
    char host[65];
    gethostname(host, sizeof host);
    printf("at %s\n", host);
    REPORT(sethostname("ours", 4));
    REPORT(setns(process, CLONE_NEWUSER));
    REPORT(setuid(5));
    _exit(0);
  }
  waitpid(visitor, &status, 0);
  printf("visited %d\n", status);
  write(pair[0], "x", 1);
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED);
  printf("child of user %d\n", info.si_uid);
  return 0;
}
