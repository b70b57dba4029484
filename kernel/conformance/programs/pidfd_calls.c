/* What can be done with a descriptor that stands for a process? */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static const char *name(long result) { return result >= 0 ? "ok" : strerrorname_np(errno); }

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  int pipes[2];
  pipe(pipes);
  pid_t child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  int fd = syscall(SYS_pidfd_open, child, 0);
  printf("open %s, close on exec %d\n", name(fd), fcntl(fd, F_GETFD));
  printf("of nobody %s\n", name(syscall(SYS_pidfd_open, 30000, 0)));
  printf("of -1 %s\n", name(syscall(SYS_pidfd_open, -1, 0)));
  printf("bad flags %s\n", name(syscall(SYS_pidfd_open, child, 1)));
  struct pollfd polled = {fd, POLLIN, 0};
  printf("alive: %d\n", poll(&polled, 1, 0));
  printf("read %s\n", name(read(fd, &polled, 1)));
  printf("signal 0 %s\n", name(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0)));
  printf("no pidfd %s\n", name(syscall(SYS_pidfd_send_signal, pipes[0], 0, 0, 0)));
  printf("bad flags %s\n", name(syscall(SYS_pidfd_send_signal, fd, 0, 0, 128)));
  siginfo_t info = {.si_signo = SIGTERM, .si_code = SI_QUEUE};
  printf("other signal %s\n", name(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, &info, 0)));
  char path[32];
  sprintf(path, "/proc/%d", child);
  int directory = open(path, O_RDONLY | O_DIRECTORY);
  printf("by /proc %s\n", name(syscall(SYS_pidfd_send_signal, directory, 0, 0, 0)));
  printf("not to wait %s\n", name(waitid(P_PIDFD, directory, &info, WEXITED)));
  printf("nor /proc %s\n", name(syscall(SYS_pidfd_send_signal, open("/proc", O_RDONLY), 0, 0, 0)));
  int nonblocking = syscall(SYS_pidfd_open, child, O_NONBLOCK);
  printf("nonblocking wait %s\n", name(waitid(P_PIDFD, nonblocking, &info, WEXITED)));
  printf("no pidfd %s\n", name(waitid(P_PIDFD, pipes[0], &info, WEXITED)));
  printf("kill %s\n", name(syscall(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0)));
  printf("ended: %d", poll(&polled, 1, -1));
  printf(" %x\n", polled.revents);
  printf("wait %s", name(waitid(P_PIDFD, fd, &info, WEXITED)));
  printf(" status %d, own %d\n", info.si_status, info.si_pid == child);
  printf("again %s\n", name(waitid(P_PIDFD, fd, &info, WEXITED)));
  printf("signal %s\n", name(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0)));
  printf("by /proc %s\n", name(syscall(SYS_pidfd_send_signal, directory, 0, 0, 0)));
  printf("ended: %d\n", poll(&polled, 1, 0));
}
