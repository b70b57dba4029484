/* What do the options of TCP, UDP and IP begin with, and what becomes of what is set? */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

static int s;

static void get(const char *name, int level, int option) {
  int value = -7;
  socklen_t len = sizeof value;
  int result = getsockopt(s, level, option, &value, &len);
  printf("%s: %d %s value %d\n", name, result, result < 0 ? strerror(errno) : "", value);
}

static void set(const char *name, int level, int option, int value) {
  int result = setsockopt(s, level, option, &value, sizeof value);
  printf("%s = %d: %d %s\n", name, value, result, result < 0 ? strerror(errno) : "");
  get(name, level, option);
}

#define GET(level, option) get(#option, level, option)
#define SET(level, option, value) set(#option, level, option, value)

int main(void) {
  s = socket(AF_INET, SOCK_STREAM, 0);
  GET(SOL_SOCKET, SO_TYPE);
  GET(SOL_SOCKET, SO_DOMAIN);
  GET(SOL_SOCKET, SO_PROTOCOL);
  GET(SOL_SOCKET, SO_ACCEPTCONN);
  listen(s, 1);
  GET(SOL_SOCKET, SO_ACCEPTCONN);
  close(s);
  s = socket(AF_INET, SOCK_STREAM, 0);
  GET(IPPROTO_TCP, TCP_NODELAY);
  SET(IPPROTO_TCP, TCP_NODELAY, 9);
  SET(IPPROTO_TCP, TCP_CORK, 1);
  GET(IPPROTO_TCP, TCP_KEEPIDLE);
  SET(IPPROTO_TCP, TCP_KEEPIDLE, 60);
  SET(IPPROTO_TCP, TCP_KEEPIDLE, 0);
  SET(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  SET(IPPROTO_TCP, TCP_KEEPCNT, 3);
  SET(IPPROTO_TCP, TCP_KEEPCNT, 200);
  SET(IPPROTO_TCP, TCP_USER_TIMEOUT, 1000);
  SET(IPPROTO_TCP, 9999, 1);
  GET(IPPROTO_IP, IP_TOS);
  GET(IPPROTO_IP, IP_TTL);
  SET(IPPROTO_IP, IP_TTL, 10);
  SET(IPPROTO_IP, IP_TTL, 0);
  SET(SOL_SOCKET, SO_REUSEADDR, 1);
  SET(SOL_SOCKET, SO_REUSEPORT, 1);
  SET(SOL_SOCKET, SO_KEEPALIVE, 1);
  SET(SOL_SOCKET, SO_RCVBUF, 10000);
  SET(SOL_SOCKET, SO_SNDBUF, 10000);
  close(s);
  s = socket(AF_INET, SOCK_DGRAM, 0);
  GET(SOL_SOCKET, SO_PROTOCOL);
  GET(IPPROTO_TCP, TCP_NODELAY);
  SET(IPPROTO_TCP, TCP_NODELAY, 1);
  SET(SOL_SOCKET, SO_BROADCAST, 1);
  SET(IPPROTO_IP, IP_MULTICAST_TTL, 3);
  close(s);
  s = socket(AF_INET6, SOCK_STREAM, 0);
  GET(SOL_SOCKET, SO_DOMAIN);
  GET(IPPROTO_IPV6, IPV6_V6ONLY);
  SET(IPPROTO_IPV6, IPV6_V6ONLY, 1);
  GET(IPPROTO_IPV6, IPV6_UNICAST_HOPS);
}
