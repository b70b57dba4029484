/* Do descriptors travel with messages, and what of those that find no place? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

static ssize_t send_fds(int s, const char *text, const int *fds, int count) {
  char control[CMSG_SPACE(64 * sizeof(int))] = {0};
  struct iovec part = {(char *)text, strlen(text)};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    m.msg_control = control;
    m.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
  }
  return sendmsg(s, &m, 0);
}

static int receive(int s, size_t room, int flags, int *fds) {
  char b[64], control[256] = {0};
  struct iovec part = {b, sizeof b};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room ? control : 0, .msg_controllen = room};
  ssize_t got = recvmsg(s, &m, flags);
  printf("got %zd %.*s flags %x control %zu", got, got > 0 ? (int)got : 0, b, m.msg_flags, (size_t)m.msg_controllen);
  int count = 0;
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  if (c != NULL && c->cmsg_type == SCM_RIGHTS) {
    count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(c), count * sizeof(int));
  }
  printf(" descriptors %d\n", count);
  return count;
}

int main(void) {
  int s[2], fds[64], sent[3];
  char b[16];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  int p[2];
  pipe(p);
  write(p[1], "through", 7);
  send_fds(s[0], "plain", 0, 0);
  printf("sent %zd\n", send_fds(s[0], "pipe", &p[0], 1));
  send_fds(s[0], "after", 0, 0);
  close(p[0]);
  receive(s[1], 64, 0, fds);
  receive(s[1], 64, MSG_DONTWAIT, fds);
  printf("read %zd %.7s cloexec %d\n", read(fds[0], b, 7), b, fcntl(fds[0], F_GETFD));
  send_fds(s[0], "cloexec", &fds[0], 1);
  receive(s[1], 64, MSG_CMSG_CLOEXEC, fds);
  printf("cloexec %d\n", fcntl(fds[0], F_GETFD));

  sent[0] = sent[1] = sent[2] = 0;
  send_fds(s[0], "none", sent, 1);
  receive(s[1], 0, 0, fds);
  send_fds(s[0], "small", sent, 1);
  receive(s[1], 8, 0, fds);
  send_fds(s[0], "peek", sent, 1);
  receive(s[1], 64, MSG_PEEK, fds);
  receive(s[1], 64, 0, fds);
  send_fds(s[0], "readable", sent, 1);
  printf("read %zd\n", read(s[1], b, 4));
  receive(s[1], 64, 0, fds);
  sent[0] = 99;
  REPORT(send_fds(s[0], "bad", sent, 1));
  sent[0] = -1;
  REPORT(send_fds(s[0], "bad", sent, 1));

  struct rlimit limit = {0};
  int top = dup(0);
  close(top);
  limit.rlim_cur = limit.rlim_max = top + 1;
  setrlimit(RLIMIT_NOFILE, &limit);
  sent[0] = 0;
  send_fds(s[0], "limit", sent, 3);
  receive(s[1], 64, 0, fds);

  /* A pair that holds itself and is then forgotten. */
  close(fds[0]);
  close(s[0]);
  close(s[1]);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  sent[0] = s[0];
  sent[1] = s[1];
  printf("cycle %zd %zd\n", send_fds(s[0], "x", sent, 2), send_fds(s[1], "y", sent, 2));
  REPORT(close(s[0]));
  REPORT(close(s[1]));
  REPORT(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
  REPORT(close(s[0]));
}
