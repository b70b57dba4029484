/* How does a TCP connection on the loopback begin, carry bytes in both directions, and end by halves? */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
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

static void told(int signo) { printf("signal %d\n", signo); }

int main(void) {
  char b[64];
  signal(SIGPIPE, told);
  struct sockaddr_in a = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}}, from;
  socklen_t len = sizeof a;
  int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
  printf("ready %x %x\n", ready(l), ready(c));
  REPORT(bind(l, (void *)&a, sizeof a));
  REPORT(listen(l, 5));
  REPORT(getsockname(l, (void *)&a, &len));
  printf("len %d family %d port %d address %s\n", len, a.sin_family, ntohs(a.sin_port) > 1023, inet_ntoa(a.sin_addr));
  REPORT(getpeername(c, (void *)&from, &len));
  printf("ready %x\n", ready(l));
  REPORT(connect(c, (void *)&a, sizeof a));
  REPORT(connect(c, (void *)&a, sizeof a));
  printf("ready %x %x\n", ready(l), ready(c));
  len = sizeof from;
  int s = accept(l, (void *)&from, &len);
  printf("accepted %d len %d address %s\n", s > 0, len, inet_ntoa(from.sin_addr));
  struct sockaddr_in mine;
  getsockname(c, (void *)&mine, &len);
  printf("same port %d\n", mine.sin_port == from.sin_port);
  getpeername(c, (void *)&mine, &len);
  printf("peer port %d address %s\n", mine.sin_port == a.sin_port, inet_ntoa(mine.sin_addr));
  printf("ready %x %x %x\n", ready(l), ready(c), ready(s));
  show("write", write(c, "hello", 5), "");
  show("send", send(c, " world", 6, 0), "");
  usleep(1000);
  int waiting = 0;
  ioctl(s, FIONREAD, &waiting);
  printf("waiting %d ready %x\n", waiting, ready(s));
  show("peek", recv(s, b, 7, MSG_PEEK), b);
  show("all", recv(s, b, 11, MSG_WAITALL), b);
  show("none", recv(s, b, 1, MSG_DONTWAIT), b);
  show("oob", recv(s, b, 1, MSG_OOB), b);
  show("to", sendto(c, "x", 1, 0, (void *)&a, sizeof a), "");
  show("from", recvfrom(s, b, 4, 0, (void *)&from, &len), b);
  printf("len %d\n", len);
  write(s, "answer", 6);
  REPORT(shutdown(s, SHUT_WR));
  usleep(1000);
  printf("ready %x %x\n", ready(c), ready(s));
  show("after", send(s, "x", 1, 0), "");
  show("quiet", send(s, "x", 1, MSG_NOSIGNAL), "");
  show("answer", read(c, b, sizeof b), b);
  show("end", read(c, b, sizeof b), b);
  show("more", write(c, "more", 4), "");
  show("more", read(s, b, sizeof b), b);
  close(c);
  usleep(1000);
  printf("ready %x\n", ready(s));
  show("end", read(s, b, sizeof b), b);
  REPORT(getpeername(s, (void *)&from, &len));
  close(s);

  c = socket(AF_INET, SOCK_STREAM, 0);
  connect(c, (void *)&a, sizeof a);
  s = accept(l, 0, 0);
  write(c, "unread", 6);
  usleep(1000);
  close(s);
  usleep(1000);
  printf("ready %x\n", ready(c));
  show("reset", read(c, b, sizeof b), b);
  show("then", read(c, b, sizeof b), b);
  show("write", write(c, "x", 1), "");

  c = socket(AF_INET, SOCK_STREAM, 0);
  connect(c, (void *)&a, sizeof a);
  s = accept(l, 0, 0);
  close(s);
  usleep(1000);
  show("first", write(c, "x", 1), "");
  usleep(1000);
  printf("ready %x\n", ready(c));
  show("second", write(c, "x", 1), "");
  show("read", read(c, b, 1), b);

  c = socket(AF_INET, SOCK_STREAM, 0);
  connect(c, (void *)&a, sizeof a);
  close(l);
  usleep(1000);
  printf("ready %x\n", ready(c));
  show("gone", read(c, b, 1), b);
  c = socket(AF_INET, SOCK_STREAM, 0);
  REPORT(connect(c, (void *)&a, sizeof a));
  printf("ready %x\n", ready(c));
  show("read", read(c, b, 1), b);
  show("write", write(c, b, 1), b);
  REPORT(shutdown(c, SHUT_RD));
  REPORT(accept(c, 0, 0));
}
