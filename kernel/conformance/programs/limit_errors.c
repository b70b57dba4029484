/* Which errors end what has no end: loops of symbolic links and of epoll sets, and descriptors without number? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

static void show_links(void) {
  symlink("loop_b", "loop_a");
  symlink("loop_a", "loop_b");
  REPORT(open("loop_a", O_RDONLY));
  REPORT(open("loop_a/below", O_RDONLY));
  REPORT(chdir("loop_b"));
  unlink("loop_a");
  unlink("loop_b");
}

static void show_sets(void) {
  struct epoll_event event = {.events = EPOLLIN};
  int outer = epoll_create1(0), inner = epoll_create1(0);
  REPORT(epoll_ctl(outer, EPOLL_CTL_ADD, outer, &event));
  REPORT(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event));
  REPORT(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &event));
  close(outer);
  close(inner);
}

static void show_descriptors(void) {
  struct rlimit limit = {16, 16};
  REPORT(setrlimit(RLIMIT_NOFILE, &limit));
  int last = -1, pair[2];
  for (int fd; (fd = dup(1)) >= 0;) last = fd;
  printf("last %d\n", last);
  REPORT(dup(1));
  REPORT(pipe(pair));
  REPORT(dup2(1, 16));
  REPORT(fcntl(1, F_DUPFD, 16));
  close(last);
  REPORT(pipe(pair));
  REPORT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  REPORT(epoll_create1(0) == last);
}

int main(void) {
  show_links();
  show_sets();
  show_descriptors();
}
