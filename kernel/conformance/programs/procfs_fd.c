/* Are the links of /proc/self/fd the open things themselves, whatever became of their names? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];
static const char *fd_path(int fd) {
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return path;
}

int main(void) {
  char name[] = "/tmp/procfs-fd-XXXXXX", text[256], expected[256];
  int fd = mkstemp(name);
  struct stat a, b;
  ssize_t n;
  if (fd < 0 || write(fd, "contents", 8) != 8) return 1;
  n = readlink(fd_path(fd), text, sizeof text - 1);
  text[n > 0 ? n : 0] = 0;
  printf("link names the file: %d\n", strcmp(text, name) == 0);
  printf("stat follows: %d\n", stat(fd_path(fd), &a) == 0 && fstat(fd, &b) == 0 && a.st_ino == b.st_ino);
  lstat(fd_path(fd), &a);
  printf("read and write: mode %o\n", a.st_mode & 07777);
  int only = open(name, O_RDONLY);
  lstat(fd_path(only), &a);
  printf("read only: mode %o\n", a.st_mode & 07777);
  unlink(name);
  snprintf(expected, sizeof expected, "%s (deleted)", name);
  n = readlink(fd_path(fd), text, sizeof text - 1);
  text[n > 0 ? n : 0] = 0;
  printf("deleted: %d\n", strcmp(text, expected) == 0);
  int again = open(fd_path(fd), O_RDONLY);
  n = read(again, text, sizeof text);
  printf("opened again reads %zd from its own position: %.*s\n", n, (int)(n > 0 ? n : 0), text);
  int cut = open(fd_path(fd), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  fstat(fd, &a);
  printf("O_CREAT|O_TRUNC through the link: %s, %ld bytes left\n", cut >= 0 ? "opened" : strerror(errno),
         (long)a.st_size);
  int pipes[2];
  if (pipe(pipes) != 0) return 1;
  n = readlink(fd_path(pipes[0]), text, sizeof text - 1);
  text[n > 0 ? n : 0] = 0;
  printf("a pipe is shown as pipe:[number]: %d\n", strncmp(text, "pipe:[", 6) == 0);
  printf("stat of it is a FIFO: %d\n", stat(fd_path(pipes[0]), &a) == 0 && S_ISFIFO(a.st_mode));
  int writer = open(fd_path(pipes[1]), O_WRONLY);
  printf("another writer: %zd\n", write(writer, "through", 7));
  close(pipes[1]);
  int reader = open(fd_path(pipes[0]), O_RDONLY | O_NONBLOCK);
  n = read(reader, text, sizeof text);
  printf("another reader: %.*s\n", (int)(n > 0 ? n : 0), text);
  n = read(reader, text, sizeof text);
  printf("then: %s\n", n < 0 ? strerror(errno) : "end");
  close(writer);
  n = read(reader, text, sizeof text);
  printf("without writers: %s\n", n < 0 ? strerror(errno) : n == 0 ? "end" : "more");
  close(fd);
  printf("closed: %s\n", lstat(fd_path(fd), &a) < 0 ? strerror(errno) : "there");
  printf("not a descriptor: %s\n", lstat("/proc/self/fd/x", &a) < 0 ? strerror(errno) : "there");
  return 0;
}
