/* Who is at the other end of a local socket, and who sent a message? */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"

static void peer(int fd) {
  struct ucred c = {0};
  socklen_t len = sizeof c;
  int result = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len);
  printf("peer %d len %d pid %s uid %d gid %d\n", result, len, c.pid == getpid() ? "mine" : c.pid == 0 ? "none" : "other", c.uid, c.gid);
}

static ssize_t send_as(int s, struct ucred as) {
  char control[CMSG_SPACE(sizeof as)] = {0};
  struct iovec part = {"hi", 2};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_CREDENTIALS;
  c->cmsg_len = CMSG_LEN(sizeof as);
  memcpy(CMSG_DATA(c), &as, sizeof as);
  return sendmsg(s, &m, 0);
}

static void receive(int s, size_t room) {
  char b[64], control[256] = {0};
  struct iovec part = {b, sizeof b};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room ? control : 0, .msg_controllen = room};
  ssize_t got = recvmsg(s, &m, MSG_DONTWAIT);
  printf("got %zd %.*s flags %x control %zu", got, got > 0 ? (int)got : 0, b, m.msg_flags, (size_t)m.msg_controllen);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    struct ucred who;
    memcpy(&who, CMSG_DATA(c), sizeof who);
    if (c->cmsg_type == SCM_CREDENTIALS)
      printf(" pid %s uid %d gid %d", who.pid == getpid() ? "mine" : who.pid == 0 ? "none" : "other", who.uid, who.gid);
  }
  printf("\n");
}

int main(void) {
  int s[2], on = 1;
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  peer(s[0]);
  int lone = socket(AF_UNIX, SOCK_STREAM, 0);
  peer(lone);
  struct sockaddr_un name = {AF_UNIX, "\0crucible-credentials"};
  socklen_t len = offsetof(struct sockaddr_un, sun_path) + 21;
  int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(l, (void *)&name, len);
  listen(l, 1);
  peer(l);
  setsockopt(c, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  connect(c, (void *)&name, len);
  struct sockaddr_un from;
  len = sizeof from;
  int a = accept(l, (void *)&from, &len);
  printf("autobound %d\n", len);
  peer(a);
  peer(c);

  write(s[0], "before", 6);
  setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  write(s[0], "after", 5);
  receive(s[1], 64);
  receive(s[1], 64);
  struct ucred me = {getpid(), getuid(), getgid()};
  printf("me %zd\n", send_as(s[0], me));
  write(s[0], "same", 4);
  receive(s[1], 64);
  write(s[0], "none", 4);
  receive(s[1], 0);
  struct ucred root = {getpid(), 5, 6};
  printf("as another %zd\n", send_as(s[0], root));
  receive(s[1], 64);
  setresgid(7, 7, 7);
  setresuid(7, 7, 7);
  REPORT(send_as(s[0], root));
  struct ucred seven = {getpid(), 7, 7};
  printf("as oneself %zd\n", send_as(s[0], seven));
  receive(s[1], 64);
  int r[2];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, r);
  peer(r[0]);
  printf("not wanted %zd\n", send_as(r[0], seven));
  receive(r[1], 64);
}
