/* How do UDP datagrams travel on the loopback, and who hears that nobody takes them? */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

static int ready(int fd) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
  poll(&poll_fd, 1, 0);
  return poll_fd.revents;
}

static void show(const char *what, ssize_t got, const char *bytes) {
  int error = errno;
  printf("%s: %zd %.*s %s\n", what, got, got > 0 ? (int)got : 0, bytes, got < 0 ? strerror(error) : "");
}

int main(void) {
  char b[64];
  struct sockaddr_in a = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}}, from, mine;
  socklen_t len = sizeof a;
  int r = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), s = socket(AF_INET, SOCK_DGRAM, 0);
  int t = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  printf("ready %x\n", ready(r));
  bind(r, (void *)&a, sizeof a);
  getsockname(r, (void *)&a, &len);
  show("nowhere", send(s, "x", 1, 0), "");
  show("nothing", recv(r, b, sizeof b, 0), b);
  show("one", sendto(s, "one", 3, 0, (void *)&a, sizeof a), "");
  show("empty", sendto(s, "", 0, 0, (void *)&a, sizeof a), "");
  show("two", sendto(s, "second", 6, 0, (void *)&a, sizeof a), "");
  int waiting = -1;
  ioctl(r, FIONREAD, &waiting);
  printf("waiting %d ready %x\n", waiting, ready(r));
  show("recvfrom", recvfrom(r, b, sizeof b, 0, (void *)&from, &len), b);
  getsockname(s, (void *)&mine, &len);
  printf("from %s port %d bound to %s", inet_ntoa(from.sin_addr), from.sin_port == mine.sin_port, inet_ntoa(mine.sin_addr));
  printf("\n");
  show("empty", recv(r, b, sizeof b, 0), b);
  show("cut", recv(r, b, 3, MSG_TRUNC), "");
  static char big[70000];
  show("too long", sendto(s, big, 65508, 0, (void *)&a, sizeof a), "");
  show("longest", sendto(s, big, 65507, 0, (void *)&a, sizeof a), "");
  show("longest", recv(r, big, sizeof big, 0), "");
  REPORT(connect(s, (void *)&a, sizeof a));
  getsockname(s, (void *)&mine, &len);
  printf("bound to %s\n", inet_ntoa(mine.sin_addr));
  REPORT(connect(r, (void *)&mine, sizeof mine));
  show("stranger", sendto(t, "x", 1, 0, (void *)&a, sizeof a), "");
  show("friend", send(s, "friend", 6, 0), "");
  show("friend", recv(r, b, sizeof b, 0), b);
  show("nothing", recv(r, b, sizeof b, 0), b);
  REPORT(shutdown(t, SHUT_RD));
  REPORT(shutdown(s, SHUT_WR));
  show("shut", send(s, "x", 1, 0), "");
  close(r);
  show("nobody", sendto(t, "x", 1, 0, (void *)&a, sizeof a), "");
  show("nothing", recv(t, b, 1, 0), b);
  REPORT(connect(t, (void *)&a, sizeof a));
  show("nobody", send(t, "x", 1, 0), "");
  printf("ready %x\n", ready(t));
  show("refused", recv(t, b, 1, 0), b);
  show("nothing", recv(t, b, 1, 0), b);
  show("nobody", send(t, "x", 1, 0), "");
  show("refused", send(t, "x", 1, 0), "");
  show("nobody", send(t, "x", 1, 0), "");
  int error = 0;
  len = sizeof error;
  getsockopt(t, SOL_SOCKET, SO_ERROR, &error, &len);
  printf("error %d\n", error);
  struct sockaddr none = {AF_UNSPEC};
  REPORT(connect(t, &none, sizeof none));
  REPORT(getpeername(t, (void *)&mine, &len));
  a.sin_port = 0;
  REPORT(sendto(t, "x", 1, 0, (void *)&a, sizeof a));
  REPORT(sendto(t, "x", 1, 0, (void *)&a, 3));
  REPORT(listen(t, 1));
  REPORT(accept(t, 0, 0));
  int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
  setsockopt(u, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in shared = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
  len = sizeof shared;
  bind(u, (void *)&shared, sizeof shared);
  getsockname(u, (void *)&shared, &len);
  REPORT(bind(v, (void *)&shared, sizeof shared));
  setsockopt(v, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  REPORT(bind(v, (void *)&shared, sizeof shared));
}
