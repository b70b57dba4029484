/* What do pipes, FIFOs and sockets with O_ASYNC send, and to whom? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static sigset_t set;
static int fds[16], count;

/* Which descriptor of ours a number is: QEMU and we count from the same, but the harness may not. */
static void tell(const char *what) {
  siginfo_t info;
  struct timespec now = {0, 20000000};
  int signo;
  printf("%s:", what);
  while ((signo = sigtimedwait(&set, &info, &now)) > 0) {
    int which = -1;
    for (int i = 0; i < count; i++)
      if (info.si_code != SI_KERNEL && fds[i] == info.si_fd) which = i;
    printf(" [%s code %d", signo == SIGIO ? "SIGIO" : signo == SIGUSR1 ? "SIGUSR1" : signo == SIGRTMIN ? "RT" : "?", info.si_code);
    if (info.si_code != SI_KERNEL) printf(" band %lx of %d", info.si_band, which);
    printf("]");
  }
  puts("");
}

static void async(int fd, int on) {
  fcntl(fd, F_SETFL, (fcntl(fd, F_GETFL) & ~O_ASYNC) | (on ? O_ASYNC : 0));
}

int main(void) {
  int p[2], s[2];
  char text[70000];
  sigemptyset(&set);
  sigaddset(&set, SIGIO);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN);
  sigaddset(&set, SIGCHLD);
  sigdelset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  pipe(p);
  fds[count++] = p[0], fds[count++] = p[1];

  write(p[1], "x", 1);
  tell("nothing asked");
  async(p[0], 1);
  printf("flag %d\n", (fcntl(p[0], F_GETFL) & O_ASYNC) != 0);
  write(p[1], "x", 1);
  tell("no owner");
  REPORT(fcntl(p[0], F_SETOWN, getpid()));
  write(p[1], "x", 1);
  tell("owner");
  write(p[1], "x", 1);
  write(p[1], "x", 1);
  tell("twice");
  REPORT(fcntl(p[0], F_SETSIG, SIGRTMIN));
  write(p[1], "x", 1);
  write(p[1], "x", 1);
  tell("twice, queued");
  REPORT(fcntl(p[0], F_SETSIG, SIGUSR1));
  write(p[1], "x", 1);
  tell("another");
  REPORT(fcntl(p[0], F_SETSIG, SIGIO));
  write(p[1], "x", 1);
  tell("itself, with information");
  REPORT(fcntl(p[0], F_GETSIG));
  async(p[0], 0);
  write(p[1], "x", 1);
  tell("off");
  async(p[0], 1);
  int copy = dup(p[1]);
  close(copy);
  tell("a copy closed");

  puts("-- the writer's side");
  fcntl(p[1], F_SETOWN, getpid());
  fcntl(p[1], F_SETSIG, SIGRTMIN);
  async(p[1], 1);
  tell("room before");
  read(p[0], text, 5);
  tell("read");
  fcntl(p[1], F_SETFL, fcntl(p[1], F_GETFL) | O_NONBLOCK);
  while (write(p[1], text, 4096) > 0);
  tell("filled");
  read(p[0], text, sizeof text);
  tell("emptied");
  close(p[1]);
  tell("writer closed");
  close(p[0]);

  pipe(p);
  fds[0] = p[0], fds[1] = p[1];
  fcntl(p[1], F_SETOWN, getpid()), fcntl(p[1], F_SETSIG, SIGRTMIN), async(p[1], 1);
  close(p[0]);
  tell("reader closed");
  close(p[1]);

  puts("-- a FIFO");
  unlink("fifo");
  mkfifo("fifo", 0600);
  p[0] = open("fifo", O_RDONLY | O_NONBLOCK | O_ASYNC);
  p[1] = open("fifo", O_WRONLY);
  fds[0] = p[0], fds[1] = p[1];
  fcntl(p[0], F_SETOWN, getpid());
  fcntl(p[0], F_SETSIG, SIGRTMIN);
  write(p[1], "x", 1);
  tell("O_ASYNC of open(2)");
  async(p[0], 0), async(p[0], 1);
  write(p[1], "x", 1);
  tell("of F_SETFL");
  close(p[0]), close(p[1]);
  tell("closed");

  puts("-- sockets");
  for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
    socketpair(AF_UNIX, type, 0, s);
    fds[0] = s[0], fds[1] = s[1];
    for (int i = 0; i < 2; i++) fcntl(s[i], F_SETOWN, getpid()), fcntl(s[i], F_SETSIG, SIGRTMIN), async(s[i], 1);
    tell("pair");
    write(s[0], "x", 1);
    tell("sent");
    read(s[1], text, 1);
    tell("received");
    shutdown(s[0], SHUT_WR);
    tell("half closed");
    close(s[0]);
    tell("closed");
    close(s[1]);
  }

  puts("-- by ioctl(2)");
  int on = 1, who = getpid(), off = 0;
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  fds[0] = s[0], fds[1] = s[1];
  REPORT(ioctl(s[1], FIOASYNC, &on));
  printf("flag %d\n", (fcntl(s[1], F_GETFL) & O_ASYNC) != 0);
  REPORT(ioctl(s[1], FIOSETOWN, &who));
  who = 0;
  REPORT(ioctl(s[1], SIOCGPGRP, &who));
  printf("me %d\n", who == getpid());
  write(s[0], "x", 1);
  tell("sent");
  REPORT(ioctl(s[1], FIOASYNC, &off));
  write(s[0], "x", 1);
  tell("off");
  pipe(p);
  REPORT(ioctl(p[0], FIOSETOWN, &who));
  REPORT(ioctl(p[0], FIOASYNC, &on));
  REPORT(ioctl(p[0], FIOASYNC, (void *)8));
  int file = open("file", O_CREAT | O_RDWR, 0600);
  REPORT(ioctl(file, FIOASYNC, &on));
  REPORT(fcntl(file, F_SETFL, O_ASYNC));
  printf("flag %d\n", (fcntl(file, F_GETFL) & O_ASYNC) != 0);
  REPORT(ioctl(file, FIOASYNC, &on));

  puts("-- another process");
  fcntl(p[0], F_SETSIG, SIGUSR1);
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  fcntl(p[0], F_SETOWN, child);
  sigset_t none;
  write(p[1], "x", 1);
  tell("not for me");
  int status;
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  printf("gone: %d\n", fcntl(p[0], F_GETOWN));
  write(p[1], "x", 1);
  tell("nobody");
}
