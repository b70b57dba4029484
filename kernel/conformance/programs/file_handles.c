/* Can a file be named by a handle, and opened again by it? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static union { struct file_handle h; char room[8 + 200]; } f, g;

static int at;

static long get(int dir, const char *name, unsigned room, int flags) {
  int mount;
  f.h.handle_bytes = room;
  return name_to_handle_at(dir, name, &f.h, &mount, flags);
}

static long opened(int flags) {
  int fd = open_by_handle_at(at, &f.h, flags);
  if (fd >= 0) close(fd);
  return fd;
}

int main(void) {
  struct stat a, b;
  char text[16] = "", path[64];
  system("rm -rf /dev/shm/crucible_handles");
  mkdir("/dev/shm/crucible_handles", 0700);
  chdir("/dev/shm/crucible_handles");
  at = open(".", O_RDONLY);
  int fd = open("file", O_CREAT | O_RDWR, 0640), pipes[2];
  write(fd, "contents", 8);
  mkdir("dir", 0755);
  symlink("file", "link");
  pipe(pipes);
  REPORT(get(at, "file", 0, 0));
  printf("wanted %u\n", f.h.handle_bytes);
  REPORT(get(at, "file", 11, 0));
  REPORT(get(at, "file", 128, 0));
  printf("took %u of type %d\n", f.h.handle_bytes, f.h.handle_type);
  REPORT(get(at, "file", 129, 0));
  REPORT(get(at, "none", 128, 0));
  REPORT(get(at, "", 128, 0));
  REPORT(get(fd, "", 128, AT_EMPTY_PATH));
  REPORT(get(at, "file", 128, AT_SYMLINK_NOFOLLOW));
  REPORT(get(77, "file", 128, 0));
  REPORT(get(pipes[0], "", 128, AT_EMPTY_PATH));
  REPORT(get(AT_FDCWD, "/proc/self/maps", 128, 0));
  REPORT(name_to_handle_at(at, "file", (void *)8, NULL, 0));
  f.h.handle_bytes = 128;
  REPORT(name_to_handle_at(at, "file", &f.h, (void *)8, 0));

  get(at, "file", 128, 0);
  int again = open_by_handle_at(at, &f.h, O_RDONLY);
  fstat(fd, &a), fstat(again, &b);
  read(again, text, 15);
  printf("same %d, %s\n", a.st_ino == b.st_ino, text);
  REPORT(opened(O_WRONLY | O_TRUNC));
  fstat(fd, &a);
  printf("size %d\n", (int)a.st_size);
  REPORT(opened(O_RDONLY | O_DIRECTORY));
  REPORT(opened(O_PATH));
  get(at, "link", 128, 0);
  REPORT(opened(O_RDONLY));
  REPORT(opened(O_PATH));
  get(at, "link", 128, AT_SYMLINK_FOLLOW);
  REPORT(opened(O_RDONLY));
  get(at, "dir", 128, 0);
  REPORT(opened(O_RDONLY));
  REPORT(opened(O_RDWR));
  get(at, "file", 128, 0);
  rename("file", "dir/moved");
  again = open_by_handle_at(at, &f.h, O_RDONLY);
  snprintf(path, sizeof path, "/proc/self/fd/%d", again);
  char name[100] = "";
  readlink(path, name, 99);
  printf("now at %s\n", name);
  close(again);

  int old = at;
  at = pipes[0];
  REPORT(opened(O_RDONLY));
  at = 77;
  REPORT(opened(O_RDONLY));
  at = open("/proc", O_RDONLY);
  REPORT(opened(O_RDONLY));
  at = AT_FDCWD;
  REPORT(opened(O_RDONLY));
  at = old;
  REPORT(open_by_handle_at(at, (void *)8, O_RDONLY));
  f.h.handle_bytes = 0;
  REPORT(opened(O_RDONLY));
  f.h.handle_bytes = 129;
  REPORT(opened(O_RDONLY));
  f.h.handle_bytes = 8;
  REPORT(opened(O_RDONLY));
  get(at, "dir/moved", 128, 0);
  f.h.f_handle[4] ^= 0x55;
  REPORT(opened(O_RDONLY));
  f.h.f_handle[4] ^= 0x55;
  unlink("dir/moved");
  close(fd);
  REPORT(opened(O_RDONLY));
  get(at, "dir", 128, 0);
  fflush(stdout);
  if (fork() == 0) {
    setuid(1234);
    REPORT(opened(O_RDONLY));
    REPORT(get(at, "dir", 128, 0));
    REPORT(get(AT_FDCWD, "/dev/shm", 128, 0));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  system("rm -rf /dev/shm/crucible_handles");
}
