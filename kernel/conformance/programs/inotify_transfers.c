/* Does a reader that waits for inotify wake, and what is told of bytes that move inside the kernel? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "inotify_events.h"
#include "report.h"

int main(void) {
  char base[] = "/tmp/inotifyXXXXXX", buffer[64];
  setvbuf(stdout, NULL, _IONBF, 0);
  chdir(mkdtemp(base));
  mkdir("d", 0755);
  int source = open("d/a", O_RDWR | O_CREAT, 0644), target = open("d/b", O_RDWR | O_CREAT, 0644);
  write(source, "abcdefgh", 8);
  int in = inotify_init1(0), ends[2];
  pipe(ends);
  int wd = inotify_add_watch(in, "d", IN_ALL_EVENTS);

  pid_t child = fork();
  if (child == 0) {
    usleep(20000);
    link("d/a", "d/c");
    _exit(0);
  }
  printf("read %ld\n", (long)read(in, buffer, sizeof buffer));
  waitpid(child, NULL, 0);
  child = fork();
  if (child == 0) {
    usleep(20000);
    unlink("d/c");
    _exit(0);
  }
  struct pollfd wait = {in, POLLIN};
  printf("poll %d, then %x\n", poll(&wait, 1, -1), wait.revents);
  waitpid(child, NULL, 0);
  child = fork();
  if (child == 0) {
    printf("child reads %ld\n", (long)read(in, buffer, sizeof buffer));
    _exit(0);
  }
  waitpid(child, NULL, 0);
  fcntl(in, F_SETFL, O_NONBLOCK);
  show("nothing left", in);

  off_t zero = 0;
  sendfile(target, source, &zero, 4);
  show("sendfile", in);
  lseek(source, 0, SEEK_SET);
  copy_file_range(source, NULL, target, NULL, 4, 0);
  show("copy_file_range", in);
  pread(source, buffer, 2, 1);
  pwrite(target, "x", 1, 20);
  show("pread, pwrite", in);
  struct iovec parts[] = {{buffer, 2}, {buffer + 2, 2}};
  preadv(source, parts, 2, 0);
  writev(target, parts, 2);
  show("preadv, writev", in);
  read(source, buffer, 64);
  read(source, buffer, 64);
  show("read at the end", in);
  ftruncate(target, 21);
  fallocate(target, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 10);
  show("ftruncate, punch", in);
  fsync(target);
  lseek(target, 0, SEEK_SET);
  fchmod(target, 0600);
  fchown(target, -1, -1);
  show("fsync, lseek, chmod, chown of nobody", in);
  close(dup(target));
  show("dup", in);
  rename("d/a", "d/a");
  renameat2(AT_FDCWD, "d/a", AT_FDCWD, "d/b", RENAME_EXCHANGE);
  show("exchange", in);
  rename("d/a", "d/b");
  show("over an open one", in);
  close(target);
  show("closed", in);
  REPORT(open("d/b", O_WRONLY | O_CREAT | O_EXCL, 0644));
  REPORT(mkdir("d/b", 0755));
  REPORT(unlink("d/none"));
  show("errors", in);
  int nameless = open("d", O_TMPFILE | O_RDWR, 0600);
  write(nameless, "x", 1);
  show("nameless", in);
  snprintf(buffer, sizeof buffer, "/proc/self/fd/%d", nameless);
  linkat(AT_FDCWD, buffer, AT_FDCWD, "d/named", AT_SYMLINK_FOLLOW);
  close(nameless);
  show("named", in);

  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", in);
  struct stat about;
  stat("d", &about);
  FILE *info = fopen(path, "r");
  while (fgets(line, sizeof line, info) != NULL) {
    unsigned number, device, mask, ignored;
    unsigned long ino;
    if (sscanf(line, "inotify wd:%u ino:%lx sdev:%x mask:%x ignored_mask:%x", &number, &ino, &device,
               &mask, &ignored) == 5) {
      printf("wd %d ino %d mask %x ignored %x\n", number == wd, ino == about.st_ino, mask, ignored);
    }
  }
  snprintf(path, sizeof path, "/proc/self/fd/%d", in);
  line[readlink(path, line, sizeof line - 1)] = 0;
  printf("%s\n", line);
}
