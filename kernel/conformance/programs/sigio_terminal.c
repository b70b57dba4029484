/* Whom does a terminal with O_ASYNC signal, and when; and network sockets? */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "report.h"

static sigset_t set;

static void tell(const char *what) {
  siginfo_t info;
  struct timespec now = {0, 50000000};
  int signo;
  printf("%s:", what);
  while ((signo = sigtimedwait(&set, &info, &now)) > 0)
    printf(" [%s code %d band %lx]", signo == SIGIO ? "SIGIO" : "RT", info.si_code, info.si_code == SI_KERNEL ? 0 : info.si_band);
  puts("");
}

static void async(int fd) {
  fcntl(fd, F_SETSIG, SIGRTMIN);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
}

int main(void) {
  char text[64];
  sigemptyset(&set);
  sigaddset(&set, SIGIO);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  grantpt(master), unlockpt(master);
  int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  async(terminal);
  printf("owner: me %d\n", fcntl(terminal, F_GETOWN) == getpid());
  write(master, "abc", 3);
  tell("keys");
  write(master, "\n", 1);
  tell("a line");
  write(master, "de", 2);
  tell("more keys");
  read(terminal, text, 64);
  struct termios t;
  tcgetattr(terminal, &t);
  cfmakeraw(&t);
  tcsetattr(terminal, TCSANOW, &t);
  write(master, "x", 1);
  tell("a key, raw");
  fcntl(master, F_SETOWN, getpid());
  async(master);
  tell("the master, which has echoes");
  write(terminal, "out", 3);
  tell("output");
  close(terminal), close(master);

  puts("-- inotify");
  int n = inotify_init1(0), file;
  inotify_add_watch(n, ".", IN_CREATE);
  fcntl(n, F_SETOWN, getpid());
  async(n);
  close(open("new", O_CREAT | O_RDWR, 0600));
  tell("created");

  puts("-- UDP");
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof a;
  int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
  bind(u, (void *)&a, length);
  getsockname(u, (void *)&a, &length);
  fcntl(u, F_SETOWN, getpid());
  async(u);
  sendto(v, "x", 1, 0, (void *)&a, length);
  tell("a datagram");
  recv(u, text, 64, 0);
  tell("received");

  puts("-- TCP");
  int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
  a.sin_port = 0;
  bind(l, (void *)&a, length);
  listen(l, 5);
  getsockname(l, (void *)&a, &length);
  fcntl(l, F_SETOWN, getpid());
  async(l);
  connect(c, (void *)&a, length);
  tell("a connection");
  int s = accept(l, NULL, NULL);
  tell("accepted");
  printf("owner of the accepted: %d, flag %d\n", fcntl(s, F_GETOWN), fcntl(s, F_GETFL) & O_ASYNC);
  fcntl(c, F_SETOWN, getpid()), fcntl(s, F_SETOWN, getpid());
  async(c), async(s);
  write(c, "x", 1);
  tell("bytes");
  read(s, text, 64);
  tell("read");

  puts("-- a local listener");
  struct sockaddr local = {AF_UNIX, "sock"};
  l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(l, &local, sizeof local);
  listen(l, 5);
  fcntl(l, F_SETOWN, getpid()), fcntl(c, F_SETOWN, getpid());
  async(l), async(c);
  connect(c, &local, sizeof local);
  tell("a connection");
  s = accept(l, NULL, NULL);
  tell("accepted");
  close(s);
  tell("closed");
}
