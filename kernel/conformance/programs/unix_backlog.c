/* How many connections wait at a listener, and what becomes of those that it never accepts? */
#define _GNU_SOURCE
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"

static int ready(int fd) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
  poll(&poll_fd, 1, 0);
  return poll_fd.revents;
}

int main(void) {
  struct sockaddr_un name = {AF_UNIX, "\0crucible-backlog"};
  socklen_t len = offsetof(struct sockaddr_un, sun_path) + 17;
  int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), c[8];
  bind(s, (void *)&name, len);
  printf("ready %x\n", ready(s));
  REPORT(accept(s, 0, 0));
  REPORT(listen(s, 2));
  printf("ready %x\n", ready(s));
  REPORT(accept(s, 0, 0));
  for (int i = 0; i < 5; i++) {
    c[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    printf("before %x\n", ready(c[i]));
    int result = connect(c[i], (void *)&name, len);
    printf("connect %d %s\n", result, result < 0 ? strerror(errno) : "");
  }
  printf("ready %x %x %x\n", ready(s), ready(c[0]), ready(c[4]));
  char b[16];
  printf("early %zd\n", write(c[0], "early", 5));
  int a = accept(s, 0, 0);
  printf("read %zd %.5s\n", read(a, b, sizeof b), b);
  REPORT(connect(c[3], (void *)&name, len));
  REPORT(connect(c[4], (void *)&name, len));
  REPORT(connect(s, (void *)&name, len));
  REPORT(recv(s, b, 1, 0));
  REPORT(send(s, b, 1, MSG_NOSIGNAL));
  REPORT(send(c[4], b, 1, MSG_NOSIGNAL));
  REPORT(recv(c[4], b, 1, 0));
  write(c[1], "lost", 4);
  close(s);
  printf("ready %x %x\n", ready(c[0]), ready(c[1]));
  REPORT(read(c[1], b, 1));
  REPORT(read(c[1], b, 1));
  REPORT(send(c[2], b, 1, MSG_NOSIGNAL));
  REPORT(connect(c[4], (void *)&name, len));
  int t = socket(AF_UNIX, SOCK_STREAM, 0), p = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  bind(t, (void *)&name, len);
  listen(t, 0);
  REPORT(connect(p, (void *)&name, len));
  REPORT(shutdown(t, SHUT_RD));
  REPORT(accept(t, 0, 0));
  REPORT(connect(c[4], (void *)&name, len));
}
