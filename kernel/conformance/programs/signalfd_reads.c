/* What does a read of a signalfd show of blocked signals, and does it take them? */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 3);
  sigprocmask(SIG_BLOCK, &set, 0);
  int fd = REPORT(signalfd(-1, &set, SFD_NONBLOCK)) == -1 ? -1 : 3;
  struct signalfd_siginfo info[4];
  REPORT(read(fd, info, sizeof info));
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  REPORT(poll(&poll_fd, 1, 0));
  sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 5});
  sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 6});
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  REPORT(poll(&poll_fd, 1, 0));
  REPORT(read(fd, info, sizeof info[0] - 1));
  ssize_t got = REPORT(read(fd, info, sizeof info[0] * 2 + 5));
  for (unsigned i = 0; i < got / sizeof info[0]; i++) {
    printf("signal %u code %d from me %d value %d\n", info[i].ssi_signo, info[i].ssi_code,
           info[i].ssi_pid == (unsigned)getpid(), info[i].ssi_int);
  }
  sigset_t pending;
  sigpending(&pending);
  printf("pending %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGRTMIN + 3));
  sigdelset(&set, SIGRTMIN + 3);
  REPORT(signalfd(fd, &set, 0));
  REPORT(read(fd, info, sizeof info));
  REPORT(signalfd(1, &set, 0));
}
