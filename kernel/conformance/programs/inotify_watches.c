/* What do the flags of inotify_add_watch(2) do, what is refused, and how are events read? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "inotify_events.h"
#include "report.h"

static void touch(const char *path) { close(open(path, O_RDWR | O_CREAT, 0644)); }

int main(void) {
  char base[] = "/tmp/inotifyXXXXXX";
  chdir(mkdtemp(base));
  mkdir("d", 0755);
  touch("f");
  symlink("f", "l");
  REPORT(inotify_init1(1));
  int in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), ends[2];
  printf("flags %x %x\n", fcntl(in, F_GETFL) & (O_ACCMODE | O_NONBLOCK), fcntl(in, F_GETFD));
  pipe(ends);
  REPORT(inotify_add_watch(in, "d", 0));
  REPORT(inotify_add_watch(in, "d", 0x00400000 | IN_OPEN));
  REPORT(inotify_add_watch(in, "d", IN_ONLYDIR));
  REPORT(inotify_add_watch(in, "f", IN_ONLYDIR | IN_OPEN));
  REPORT(inotify_add_watch(in, "none", IN_OPEN));
  REPORT(inotify_add_watch(in, "", IN_OPEN));
  REPORT(inotify_add_watch(in, (void *)8, IN_OPEN));
  REPORT(inotify_add_watch(99, "f", IN_OPEN));
  REPORT(inotify_add_watch(99, "f", 0));
  REPORT(inotify_add_watch(ends[0], "f", IN_OPEN));
  REPORT(inotify_add_watch(in, "f", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
  REPORT(inotify_add_watch(in, "f", IN_OPEN | IN_MASK_CREATE));
  REPORT(inotify_add_watch(in, "f", IN_OPEN | IN_MASK_CREATE));
  REPORT(inotify_add_watch(in, "l", IN_CLOSE | IN_MASK_ADD));
  touch("f");
  show("both", in);
  REPORT(inotify_add_watch(in, "l", IN_CLOSE_WRITE));
  touch("f");
  show("replaced", in);
  REPORT(inotify_add_watch(in, "l", IN_ALL_EVENTS | IN_DONT_FOLLOW));
  unlink("l");
  show("link itself", in);
  REPORT(inotify_rm_watch(in, 99));
  REPORT(inotify_rm_watch(ends[0], 1));
  REPORT(inotify_rm_watch(99, 1));
  REPORT(inotify_rm_watch(in, 2));
  REPORT(inotify_rm_watch(in, 2));
  touch("f");
  show("removed", in);
  REPORT(inotify_add_watch(in, "d", IN_OPEN | IN_ONESHOT));
  touch("d/a");
  touch("d/a");
  show("once", in);
  REPORT(inotify_add_watch(in, "d", IN_OPEN | IN_MODIFY | IN_EXCL_UNLINK));
  int file = open("d/a", O_RDWR);
  unlink("d/a");
  write(file, "x", 1);
  show("without a name, excluded", in);
  REPORT(inotify_add_watch(in, "d", IN_OPEN | IN_MODIFY));
  write(file, "x", 1);
  show("without a name", in);

  char buffer[64];
  int ready = -1;
  struct pollfd wait = {in, POLLIN | POLLOUT};
  struct epoll_event event = {EPOLLIN | EPOLLET};
  int set = epoll_create1(0);
  epoll_ctl(set, EPOLL_CTL_ADD, in, &event);
  REPORT(poll(&wait, 1, 0));
  REPORT(read(in, buffer, 64));
  REPORT(read(in, buffer, 0));
  REPORT(write(in, buffer, 1));
  REPORT(lseek(in, 0, SEEK_SET));
  REPORT(epoll_wait(set, &event, 1, 0));
  ioctl(in, FIONREAD, &ready);
  printf("ready %d\n", ready);
  touch("d/b");
  touch("d/much_longer_name");
  ioctl(in, FIONREAD, &ready);
  printf("ready %d\n", ready);
  REPORT(poll(&wait, 1, 0));
  printf("events %x\n", wait.revents);
  REPORT(epoll_wait(set, &event, 1, 0));
  REPORT(epoll_wait(set, &event, 1, 0));
  REPORT(read(in, buffer, 0));
  REPORT(read(in, buffer, 31));
  REPORT(read(in, buffer, 33));
  REPORT(read(in, buffer, 47));
  REPORT(read(in, buffer, 64));
  REPORT(read(in, buffer, 64));
  char *names[] = {"d/x", "d/y"};
  for (int i = 0; i < 3; i++) close(open("d", O_RDONLY)), close(open(".", O_RDONLY));
  show("equal ones", in);
  touch("d/x"), touch("d/y");
  show("made", in);
  for (int i = 0; i < 17000; i++) close(open(names[i % 2], O_RDONLY));
  int total = 0, overflows = 0, left;
  static char all[65536];
  while ((left = read(in, all, sizeof all)) > 0) {
    for (char *at = all; at < all + left; total++) {
      struct inotify_event *one = (void *)at;
      if (one->mask & IN_Q_OVERFLOW) overflows++, printf("overflow %d %u %u\n", one->wd, one->cookie, one->len);
      at += sizeof *one + one->len;
    }
  }
  printf("%d events, %d of them overflows\n", total, overflows);

  setreuid(4711, 4711);
  int made = 0;
  while (inotify_init1(0) >= 0) made++;
  printf("more than %d: %s\n", made, strerror(errno));
}
