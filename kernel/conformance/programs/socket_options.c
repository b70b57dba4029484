/* What do the options of a local socket begin with, and what becomes of what is set? */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "report.h"

static int s;

static void get(const char *name, int option) {
  int value[4] = {-7, -7, -7, -7};
  socklen_t len = sizeof value;
  int result = getsockopt(s, SOL_SOCKET, option, value, &len);
  printf("%s: %d %s len %d value %d %d\n", name, result, result < 0 ? strerror(errno) : "", result < 0 ? 0 : len, value[0], value[1]);
}

static void set(const char *name, int option, int value) {
  int result = setsockopt(s, SOL_SOCKET, option, &value, sizeof value);
  printf("%s = %d: %d %s\n", name, value, result, result < 0 ? strerror(errno) : "");
  get(name, option);
}

#define GET(option) get(#option, option)
#define SET(option, value) set(#option, option, value)

int main(void) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  for (int i = 0; i < 3; i++) {
    s = socket(AF_UNIX, types[i], 0);
    GET(SO_TYPE);
    GET(SO_DOMAIN);
    GET(SO_PROTOCOL);
    GET(SO_ERROR);
    GET(SO_ACCEPTCONN);
  }
  GET(SO_REUSEADDR);
  SET(SO_REUSEADDR, 5);
  SET(SO_KEEPALIVE, 1);
  SET(SO_BROADCAST, 1);
  SET(SO_OOBINLINE, 1);
  SET(SO_DONTROUTE, 1);
  SET(SO_PASSCRED, 1);
  SET(SO_PASSCRED, 0);
  SET(SO_SNDBUF, 1000);
  SET(SO_SNDBUF, 10000);
  SET(SO_RCVBUF, 1);
  SET(SO_RCVBUF, 5000);
  SET(SO_PRIORITY, 3);
  SET(SO_RCVLOWAT, 0);
  SET(SO_RCVLOWAT, 9);
  SET(SO_SNDLOWAT, 9);
  SET(SO_TYPE, 1);
  SET(SO_ERROR, 1);
  GET(SO_LINGER);
  struct linger linger = {1, 7};
  REPORT(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  GET(SO_LINGER);
  REPORT(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, 4));
  struct timeval time = {2, 500000};
  socklen_t len = sizeof time;
  REPORT(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  REPORT(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &time, 8));
  memset(&time, 0, sizeof time);
  REPORT(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &time, &len));
  printf("time %ld %ld len %d\n", (long)time.tv_sec, (long)time.tv_usec, len);
  int one = 1;
  REPORT(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, 2));
  REPORT(setsockopt(s, SOL_SOCKET, 999, &one, 4));
  REPORT(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (void *)8, 4));
  REPORT(setsockopt(0, SOL_SOCKET, SO_REUSEADDR, &one, 4));
  REPORT(setsockopt(99, SOL_SOCKET, SO_REUSEADDR, &one, 4));
  REPORT(getsockopt(s, SOL_SOCKET, 999, &one, &len));

  int p[2];
  char b;
  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  struct timeval brief = {0, 20000};
  setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof brief);
  REPORT(recv(p[0], &b, 1, 0));
  setsockopt(p[0], SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
  static char big[1 << 20];
  ssize_t sent = send(p[0], big, sizeof big, 0);
  printf("part %d\n", sent > 0 && sent < (ssize_t)sizeof big);
  REPORT(send(p[0], big, sizeof big, 0));
}
