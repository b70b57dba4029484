/* What does the file system of message queues show where it is mounted? */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "report.h"

int main(void) {
  struct stat s;
  struct statfs f;
  char line[100] = "", text[9000], link_[64] = "", path[64];
  unshare(CLONE_NEWNS | CLONE_NEWIPC);
  mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
  mkdir("mq", 0755);
  REPORT(mount("none", "mq", "mqueue", 0, NULL));
  mqd_t q = mq_open("/one", O_CREAT | O_RDWR, 0640, NULL);
  mq_send(q, "hello", 5, 1);
  stat("mq/one", &s);
  printf("%o %d\n", s.st_mode, (int)s.st_size);
  statfs("mq", &f);
  printf("%lx\n", (long)f.f_type);
  stat("mq", &s);
  printf("%o %d\n", s.st_mode, (int)s.st_size);
  int fd = open("mq/one", O_RDWR);
  read(fd, line, 99);
  printf("%s", line);
  printf("%zd\n", mq_receive(fd, text, 8192, NULL));
  int fd2 = open("mq/two", O_CREAT | O_RDWR, 0600);
  printf("%d\n", fd2 > 0);
  mqd_t r = mq_open("/two", O_RDONLY);
  printf("%d\n", r > 0);
  REPORT(mkdir("mq/dir", 0700));
  REPORT(rename("mq/two", "mq/three"));
  REPORT(link("mq/two", "mq/three"));
  REPORT(symlink("x", "mq/three"));
  REPORT(chmod("mq/two", 0644));
  DIR *d = opendir("mq");
  int n = 0;
  while (readdir(d)) n++;
  printf("%d names\n", n);
  REPORT(unlink("mq/one"));
  REPORT(mq_unlink("/two"));
  REPORT(mq_open("/one", O_RDONLY));
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  readlink(path, link_, 63);
  printf("%s\n", strrchr(link_, '/'));
  close(fd), close(fd2), closedir(d);
  REPORT(umount("mq"));
}
