/* How do the bytes, the halves and the end of a local stream pair behave? */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "report.h"

static int ready(int fd) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP | POLLPRI};
  poll(&poll_fd, 1, 0);
  return poll_fd.revents;
}

static void show(const char *what, ssize_t got, const char *bytes) {
  printf("%s: %zd %.*s %s\n", what, got, got > 0 ? (int)got : 0, bytes, got < 0 ? strerror(errno) : "");
}

static void count_pipe(int signo) { printf("signal %d\n", signo); }

int main(void) {
  int s[2], waiting = -1;
  char b[64];
  struct stat st;
  signal(SIGPIPE, count_pipe);
  REPORT(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  fstat(s[0], &st);
  printf("socket %d mode %o size %d\n", S_ISSOCK(st.st_mode), st.st_mode & 0777, (int)st.st_size);
  printf("ready %x %x\n", ready(s[0]), ready(s[1]));
  show("empty", recv(s[0], b, sizeof b, MSG_DONTWAIT), b);
  struct iovec parts[2] = {{"ab", 2}, {"cdef", 4}};
  show("writev", writev(s[0], parts, 2), "");
  show("write", write(s[0], "ghi", 3), "");
  ioctl(s[1], FIONREAD, &waiting);
  printf("waiting %d ready %x\n", waiting, ready(s[1]));
  show("peek", recv(s[1], b, 4, MSG_PEEK), b);
  show("read", read(s[1], b, 2), b);
  show("trunc", recv(s[1], b, 2, MSG_TRUNC), b);
  show("waitall", recv(s[1], b, 5, MSG_WAITALL), b);
  show("zero write", write(s[0], "", 0), "");
  show("zero read", read(s[1], b, 0), b);
  show("oob", send(s[0], "x", 1, MSG_ERRQUEUE), "");
  show("seek", lseek(s[0], 0, SEEK_SET), "");
  show("pread", pread(s[0], b, 1, 0), "");
  show("to", sendto(s[0], "x", 1, 0, (struct sockaddr *)&(struct sockaddr){AF_UNIX, "x"}, 8), "");
  show("rest", recv(s[1], b, sizeof b, MSG_DONTWAIT), b);

  write(s[0], "last", 4);
  REPORT(shutdown(s[0], SHUT_WR));
  REPORT(shutdown(s[0], 3));
  printf("ready %x %x\n", ready(s[0]), ready(s[1]));
  show("after", send(s[0], "x", 1, 0), "");
  show("quiet", send(s[0], "x", 1, MSG_NOSIGNAL), "");
  show("last", read(s[1], b, sizeof b), b);
  show("end", read(s[1], b, sizeof b), b);
  show("back", write(s[1], "back", 4), "");
  show("got", read(s[0], b, sizeof b), b);
  REPORT(shutdown(s[1], SHUT_RDWR));
  printf("ready %x %x\n", ready(s[0]), ready(s[1]));

  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  write(s[0], "unread", 6);
  write(s[1], "data", 4);
  close(s[1]);
  printf("ready %x\n", ready(s[0]));
  show("data", read(s[0], b, sizeof b), b);
  show("reset", read(s[0], b, sizeof b), b);
  show("then", read(s[0], b, sizeof b), b);
  show("write", write(s[0], "x", 1), "");

  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
  static char big[4096];
  long total = 0;
  ssize_t sent;
  while ((sent = write(s[0], big, sizeof big)) > 0) total += sent;
  printf("full %s, much %d, ready %x\n", strerror(errno), total > 65536, ready(s[0]));
  long received = 0;
  while ((sent = read(s[1], big, sizeof big)) > 0) received += sent;
  printf("same %d ready %x\n", received == total, ready(s[0]));
}
