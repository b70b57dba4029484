/* Does a receiver hear that control messages were cut, and an option that its room was too short? */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

static void receive(int s, size_t room) {
  char b[64], control[256] = {0};
  struct iovec part = {b, sizeof b};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
  ssize_t got = recvmsg(s, &m, 0);
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  printf("got %zd flags %x control %zu length %zu\n", got, m.msg_flags, (size_t)m.msg_controllen, c ? (size_t)c->cmsg_len : 0);
}

int main(void) {
  int s[2], on = 1, fds[3] = {0, 0, 0};
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  char control[CMSG_SPACE(sizeof fds)] = {0};
  struct iovec part = {"three", 5};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof fds);
  memcpy(CMSG_DATA(c), fds, sizeof fds);
  sendmsg(s[0], &m, 0);
  receive(s[1], CMSG_LEN(2 * sizeof(int)));
  setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  write(s[0], "small", 5);
  receive(s[1], 20);
  sendmsg(s[0], &m, 0);
  receive(s[1], 200);
  short half = -1;
  socklen_t len = sizeof half;
  REPORT(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &half, &len));
  printf("half %d len %d\n", half, len);
  REPORT(socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
}
