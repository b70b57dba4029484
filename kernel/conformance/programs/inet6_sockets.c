/* Do sockets of version 6 reach each other at ::1, and those of version 4 through their mapped addresses? */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

static void tell(const char *what, int fd, int peer) {
  struct sockaddr_in6 a = {0};
  socklen_t len = sizeof a;
  char text[64] = "-";
  int result = peer ? getpeername(fd, (void *)&a, &len) : getsockname(fd, (void *)&a, &len);
  if (result == 0 && a.sin6_family == AF_INET6) inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof text);
  printf("%s: %d len %d family %d %s\n", what, result, result ? 0 : len, a.sin6_family, text);
}

static int port_of(int fd) {
  struct sockaddr_in6 a;
  socklen_t len = sizeof a;
  getsockname(fd, (void *)&a, &len);
  return a.sin6_port;
}

int main(void) {
  int on = 1, l = socket(AF_INET6, SOCK_STREAM, 0), c = socket(AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
  REPORT(bind(l, (void *)&a, sizeof a));
  REPORT(listen(l, 4));
  tell("listener", l, 0);
  a.sin6_port = port_of(l);
  a.sin6_addr = in6addr_loopback;
  REPORT(connect(c, (void *)&a, sizeof a));
  int s = accept(l, 0, 0);
  tell("client", c, 0);
  tell("server", s, 0);
  tell("server's peer", s, 1);
  int old = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in four = {AF_INET, a.sin6_port, {htonl(INADDR_LOOPBACK)}};
  REPORT(connect(old, (void *)&four, sizeof four));
  s = accept(l, 0, 0);
  tell("server", s, 0);
  tell("server's peer", s, 1);
  int mapped = socket(AF_INET6, SOCK_STREAM, 0);
  inet_pton(AF_INET6, "::ffff:127.0.0.1", &a.sin6_addr);
  REPORT(connect(mapped, (void *)&a, sizeof a));
  tell("mapped", mapped, 0);
  int taken = socket(AF_INET, SOCK_STREAM, 0);
  REPORT(bind(taken, (void *)&four, sizeof four));

  int only = socket(AF_INET6, SOCK_STREAM, 0);
  REPORT(setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  a.sin6_port = 0;
  REPORT(bind(only, (void *)&a, sizeof a));
  a.sin6_addr = in6addr_any;
  REPORT(bind(only, (void *)&a, sizeof a));
  REPORT(setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  REPORT(listen(only, 1));
  four.sin_port = port_of(only);
  int refused = socket(AF_INET, SOCK_STREAM, 0);
  REPORT(connect(refused, (void *)&four, sizeof four));
  REPORT(bind(taken, (void *)&four, sizeof four));
  inet_pton(AF_INET6, "2001:db8::1", &a.sin6_addr);
  REPORT(bind(socket(AF_INET6, SOCK_STREAM, 0), (void *)&a, sizeof a));
  REPORT(bind(socket(AF_INET6, SOCK_STREAM, 0), (void *)&four, sizeof four));

  int u = socket(AF_INET6, SOCK_DGRAM, 0), v = socket(AF_INET6, SOCK_DGRAM, 0);
  a.sin6_addr = in6addr_loopback;
  bind(u, (void *)&a, sizeof a);
  a.sin6_port = port_of(u);
  char b[8];
  printf("sent %zd\n", sendto(v, "six", 3, 0, (void *)&a, sizeof a));
  struct sockaddr_in6 from;
  socklen_t len = sizeof from;
  printf("received %zd", recvfrom(u, b, sizeof b, 0, (void *)&from, &len));
  printf(" len %d port %d\n", len, from.sin6_port == port_of(v));
}
