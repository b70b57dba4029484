/* Which addresses and ports can be bound, shared and reached, and what do their names tell? */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

static struct sockaddr_in v4(const char *text, int port) {
  struct sockaddr_in a = {AF_INET, htons(port)};
  inet_pton(AF_INET, text, &a.sin_addr);
  return a;
}

static void bound(int fd) {
  struct sockaddr_in a;
  socklen_t len = sizeof a;
  getsockname(fd, (void *)&a, &len);
  printf("bound %s port %s\n", inet_ntoa(a.sin_addr), ntohs(a.sin_port) ? "some" : "none");
}

static int port_of(int fd) {
  struct sockaddr_in a;
  socklen_t len = sizeof a;
  getsockname(fd, (void *)&a, &len);
  return ntohs(a.sin_port);
}

static int tcp(void) { return socket(AF_INET, SOCK_STREAM, 0); }

static int bind_to(int fd, const char *text, int port) {
  struct sockaddr_in a = v4(text, port);
  return bind(fd, (void *)&a, sizeof a);
}

static int connect_to(int fd, const char *text, int port) {
  struct sockaddr_in a = v4(text, port);
  return connect(fd, (void *)&a, sizeof a);
}

int main(void) {
  int on = 1;
  int a = tcp(), b = tcp(), c = tcp(), d = tcp();
  bound(a);
  struct sockaddr_in any = v4("0.0.0.0", 0);
  REPORT(bind(a, (void *)&any, 4));
  any.sin_family = AF_INET6;
  REPORT(bind(a, (void *)&any, sizeof any));
  any.sin_family = AF_UNSPEC;
  REPORT(bind(a, (void *)&any, sizeof any));
  bound(a);
  REPORT(bind_to(a, "0.0.0.0", 0));
  int port = port_of(a);
  REPORT(bind_to(b, "127.0.0.1", port));
  REPORT(bind_to(b, "8.8.8.8", 0));
  REPORT(bind_to(b, "127.3.2.1", 0));
  bound(b);
  setsockopt(c, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  REPORT(bind_to(c, "127.0.0.1", port));
  setsockopt(a, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  REPORT(bind_to(c, "127.0.0.1", port));
  REPORT(listen(a, 1));
  REPORT(listen(c, 1));
  REPORT(bind_to(d, "127.0.0.1", port));
  close(a);
  close(c);
  REPORT(bind_to(d, "127.0.0.1", port));
  REPORT(listen(d, 1));
  int e = tcp();
  REPORT(connect_to(e, "127.0.0.2", port));
  REPORT(connect_to(e, "0.0.0.0", port));
  bound(e);
  int f = tcp(), g = tcp();
  REPORT(listen(f, 1));
  bound(f);
  port = port_of(f);
  REPORT(connect_to(g, "127.9.9.9", port));
  bound(g);
  int h = accept(f, 0, 0);
  bound(h);

  /* The side that ends first keeps the port. */
  close(h);
  char byte;
  printf("end %zd\n", read(g, &byte, 1));
  close(g);
  close(f);
  usleep(1000);
  int i = tcp();
  REPORT(bind_to(i, "127.0.0.1", port));
  REPORT(bind_to(i, "127.9.9.9", port));
  setsockopt(i, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  int j = tcp();
  setsockopt(j, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  REPORT(bind_to(i, "127.0.0.1", 0));
  REPORT(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  REPORT(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
  REPORT(socket(AF_INET, SOCK_SEQPACKET, 0));
  REPORT(socket(AF_INET, 0, 0));
  setresuid(9, 9, 9);
  REPORT(bind_to(tcp(), "127.0.0.1", 80));
  REPORT(socketpair(AF_INET, SOCK_STREAM, 0, &on));
}
