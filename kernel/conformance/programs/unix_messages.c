/* How do local datagrams and packets keep their bounds, and what of their ends? */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"

static int ready(int fd) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
  poll(&poll_fd, 1, 0);
  return poll_fd.revents;
}

static void show(const char *what, ssize_t got, const char *bytes) {
  printf("%s: %zd %.*s %s\n", what, got, got > 0 ? (int)got : 0, bytes, got < 0 ? strerror(errno) : "");
}

static void count_pipe(int signo) { printf("signal %d\n", signo); }

static void one(int type) {
  int s[2], waiting = -1;
  char b[64];
  printf("type %d\n", type);
  REPORT(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s));
  show("nothing", read(s[1], b, sizeof b), b);
  show("send", send(s[0], "first", 5, 0), "");
  show("send", send(s[0], "second", 6, MSG_EOR), "");
  show("empty", send(s[0], "", 0, 0), "");
  show("write", write(s[0], "third", 5), "");
  ioctl(s[1], FIONREAD, &waiting);
  printf("waiting %d ready %x\n", waiting, ready(s[1]));
  show("peek", recv(s[1], b, 3, MSG_PEEK | MSG_TRUNC), "");
  struct iovec part = {b, 3};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
  show("cut", recvmsg(s[1], &m, 0), b);
  printf("flags %x\n", m.msg_flags);
  part.iov_len = sizeof b;
  show("whole", recvmsg(s[1], &m, 0), b);
  printf("flags %x\n", m.msg_flags);
  show("none", read(s[1], b, sizeof b), b);
  show("third", recv(s[1], b, 2, MSG_TRUNC), "");
  show("nothing", read(s[1], b, sizeof b), b);
  static char big[1 << 20];
  show("too long", send(s[0], big, sizeof big, 0), "");
  send(s[0], "left", 4, 0);
  REPORT(shutdown(s[0], SHUT_WR));
  printf("ready %x %x\n", ready(s[0]), ready(s[1]));
  show("shut", send(s[0], "x", 1, 0), "");
  show("left", recv(s[1], b, sizeof b, 0), b);
  show("end", recv(s[1], b, sizeof b, 0), b);
  send(s[1], "unread", 6, 0);
  close(s[0]);
  printf("ready %x\n", ready(s[1]));
  show("gone", send(s[1], "x", 1, 0), "");
  show("gone", send(s[1], "x", 1, 0), "");
  show("gone", recv(s[1], b, sizeof b, 0), b);
  close(s[1]);
}

static struct sockaddr_un named(const char *name) {
  struct sockaddr_un a = {AF_UNIX};
  memcpy(a.sun_path + 1, name, strlen(name));
  return a;
}

static socklen_t length(const char *name) { return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name); }

int main(void) {
  signal(SIGPIPE, count_pipe);
  one(SOCK_DGRAM);
  one(SOCK_SEQPACKET);

  char b[64];
  int a = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), c = socket(AF_UNIX, SOCK_DGRAM, 0);
  int d = socket(AF_UNIX, SOCK_DGRAM, 0);
  struct sockaddr_un to = named("crucible-messages-a"), from;
  socklen_t len = sizeof from;
  show("nowhere", send(c, "x", 1, 0), "");
  show("nobody", sendto(c, "x", 1, 0, (void *)&to, length("crucible-messages-a")), "");
  REPORT(bind(a, (void *)&to, length("crucible-messages-a")));
  REPORT(bind(d, (void *)&to, length("crucible-messages-a")));
  show("sendto", sendto(c, "hello", 5, 0, (void *)&to, length("crucible-messages-a")), "");
  show("recvfrom", recvfrom(a, b, sizeof b, 0, (void *)&from, &len), b);
  printf("from %d\n", len);
  struct sockaddr_un mine = named("crucible-messages-c");
  REPORT(bind(c, (void *)&mine, length("crucible-messages-c")));
  REPORT(connect(c, (void *)&to, length("crucible-messages-a")));
  show("send", send(c, "again", 5, 0), "");
  len = sizeof from;
  show("recvfrom", recvfrom(a, b, sizeof b, 0, (void *)&from, &len), b);
  printf("from %d %s\n", len, from.sun_path + 1);
  REPORT(connect(a, (void *)&mine, length("crucible-messages-c")));
  show("stranger", sendto(d, "x", 1, 0, (void *)&to, length("crucible-messages-a")), "");
  struct sockaddr none = {AF_UNSPEC};
  REPORT(connect(a, &none, sizeof none));
  show("stranger", sendto(d, "y", 1, 0, (void *)&to, length("crucible-messages-a")), "");
  REPORT(listen(a, 1));
  REPORT(accept(a, 0, 0));
  close(a);
  show("dead", send(c, "x", 1, 0), "");
  show("dead", send(c, "x", 1, 0), "");
}
