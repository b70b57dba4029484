/* How are inotify's events queued, joined, counted, read in part and waited for? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "inotify_events.h"
#include "report.h"

static int notify;

static int queued(void) {
  int bytes = -1;
  ioctl(notify, FIONREAD, &bytes);
  return bytes;
}

int main(void) {
  char place[] = "/dev/shm/queueXXXXXX", bytes[64];
  chdir(mkdtemp(place));
  notify = inotify_init1(IN_NONBLOCK);
  struct pollfd line = {.fd = notify, .events = POLLIN | POLLOUT};
  inotify_add_watch(notify, ".", IN_CREATE | IN_MODIFY | IN_ATTRIB);
  printf("%d %d\n", poll(&line, 1, 0), queued());
  REPORT(read(notify, bytes, sizeof bytes));
  int fd = creat("a", 0600);
  poll(&line, 1, 0);
  printf("%d revents %x\n", queued(), line.revents);
  creat("a name of more than sixteen bytes", 0600);
  printf("%d\n", queued());
  REPORT(read(notify, bytes, 16));
  REPORT(read(notify, bytes, 31));
  printf("%zd\n", read(notify, bytes, 40));
  REPORT(read(notify, bytes, 40));
  printf("%zd\n", read(notify, bytes, 64));
  printf("%d\n", queued());
  for (int i = 0; i < 5; i++) write(fd, "x", 1);
  printf("%d\n", queued());
  fchmod(fd, 0644);
  write(fd, "x", 1);
  printf("%d\n", queued());
  show("joined", notify);
  REPORT(write(notify, "x", 1));
  REPORT(lseek(notify, 0, SEEK_SET));
  int set = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  epoll_ctl(set, EPOLL_CTL_ADD, notify, &event);
  write(fd, "x", 1);
  printf("%d ", epoll_wait(set, &event, 1, 0));
  printf("%d ", epoll_wait(set, &event, 1, 0));
  fchmod(fd, 0600);
  printf("%d\n", epoll_wait(set, &event, 1, 0));
  int child = fork();
  if (child == 0) {
    usleep(10000);
    write(fd, "x", 1);
    _exit(0);
  }
  show("before", notify);
  fcntl(notify, F_SETFL, 0);
  printf("waited %zd\n", read(notify, bytes, sizeof bytes));
  fcntl(notify, F_SETFL, O_NONBLOCK);
  for (int i = 0; i < 20000; i++) {
    fchmod(fd, 0600);
    write(fd, "x", 1);
  }
  int total = 0, overflows = 0;
  struct inotify_event many[1024], last;
  ssize_t length;
  while ((length = read(notify, many, sizeof many)) > 0) {
    char *at = (void *)many;
    while (at < (char *)many + length) {
      memcpy(&last, at, sizeof last);
      overflows += last.wd == -1 && last.mask == IN_Q_OVERFLOW;
      at += sizeof last + last.len;
      total++;
    }
  }
  printf("%d events, %d overflows, the last is one %d\n", total, overflows, last.mask == IN_Q_OVERFLOW);
}
