/* What does a TCP socket that must not wait say while it connects, accepts, is refused, and is full? */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

static int ready(int fd, int timeout) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
  poll(&poll_fd, 1, timeout);
  return poll_fd.revents;
}

static int error_of(int fd) {
  int error = -1;
  socklen_t len = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
  return error;
}

int main(void) {
  struct sockaddr_in a = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof a;
  int l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  bind(l, (void *)&a, sizeof a);
  getsockname(l, (void *)&a, &len);
  int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  REPORT(connect(c, (void *)&a, sizeof a));
  printf("ready %x\n", ready(c, 1000));
  printf("error %d\n", error_of(c));
  printf("error %d\n", error_of(c));
  close(c);
  listen(l, 8);
  REPORT(accept(l, 0, 0));
  c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  REPORT(connect(c, (void *)&a, sizeof a));
  printf("ready %x\n", ready(c, 1000));
  printf("error %d\n", error_of(c));
  REPORT(connect(c, (void *)&a, sizeof a));
  REPORT(connect(c, (void *)&a, sizeof a));
  printf("ready %x\n", ready(l, 1000));
  int s = accept4(l, 0, 0, SOCK_NONBLOCK);
  char b[4];
  REPORT(read(s, b, 1));
  static char big[1 << 16];
  long total = 0, received = 0;
  ssize_t moved;
  while (total < (64 << 20) && (moved = write(c, big, sizeof big)) > 0) total += moved;
  printf("full %s much %d\n", strerror(errno), total > 100000);
  usleep(10000);
  printf("ready %x\n", ready(c, 0));
  while (received < total && (moved = read(s, big, sizeof big)) > 0) received += moved;
  printf("same %d\n", received == total);
  usleep(10000);
  printf("ready %x\n", ready(c, 0));
  REPORT(listen(c, 1));
  REPORT(bind(c, (void *)&a, sizeof a));
  struct sockaddr none = {AF_UNSPEC};
  REPORT(connect(c, &none, sizeof none));
  REPORT(getpeername(c, (void *)&a, &len));
  REPORT(write(c, b, 1));
}
