/* How many messages do sendmmsg and recvmmsg move, and what do they write? */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  int s[2];
  char b[4][8];
  struct iovec out[4] = {{"one", 3}, {"three", 5}, {"", 0}, {"four", 4}}, in[4];
  struct mmsghdr m[4];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  memset(m, 0, sizeof m);
  for (int i = 0; i < 4; i++) m[i].msg_hdr.msg_iov = &out[i], m[i].msg_hdr.msg_iovlen = 1;
  int sent = sendmmsg(s[0], m, 4, 0);
  printf("sent %d: %u %u %u %u\n", sent, m[0].msg_len, m[1].msg_len, m[2].msg_len, m[3].msg_len);
  memset(m, 0, sizeof m);
  for (int i = 0; i < 4; i++) {
    in[i] = (struct iovec){b[i], 4};
    m[i].msg_hdr.msg_iov = &in[i], m[i].msg_hdr.msg_iovlen = 1;
  }
  int got = recvmmsg(s[1], m, 3, 0, NULL);
  printf("got %d\n", got);
  for (int i = 0; i < got; i++) printf("%u %.*s %x\n", m[i].msg_len, m[i].msg_len, b[i], m[i].msg_hdr.msg_flags);
  got = recvmmsg(s[1], m, 4, MSG_WAITFORONE, NULL);
  printf("got %d %u\n", got, m[0].msg_len);
  REPORT(recvmmsg(s[1], m, 4, MSG_DONTWAIT, NULL));
  REPORT(recvmmsg(s[1], m, 0, 0, NULL));
  static char big[1 << 20];
  out[1] = (struct iovec){big, sizeof big};
  for (int i = 0; i < 4; i++) m[i].msg_hdr.msg_iov = &out[i];
  printf("until the error %d\n", sendmmsg(s[0], m, 4, 0));
  REPORT(sendmmsg(s[0], m + 1, 3, 0));
  struct msghdr h = {.msg_iov = out, .msg_iovlen = 2000};
  REPORT(sendmsg(s[0], &h, 0));
  h.msg_iovlen = 1;
  h.msg_namelen = -1;
  REPORT(sendmsg(s[0], &h, 0));
  h.msg_namelen = 0;
}
