/* What does /proc answer to those who want to make, remove or change something in it? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void show(const char *what, int result) {
  printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

int main(void) {
  char byte;
  show("open for making", open("/proc/new", O_WRONLY | O_CREAT, 0644));
  show("mkdir", mkdir("/proc/new", 0755));
  show("symlink", symlink("a", "/proc/self/new"));
  show("open of nothing", open("/proc/nothing", O_RDONLY));
  show("unlink", unlink("/proc/version"));
  show("rmdir", rmdir("/proc/sys"));
  show("rename", rename("/proc/version", "/proc/uptime"));
  show("link", link("/proc/version", "/proc/self/new"));
  show("chmod", chmod("/proc/thread-self/status", 0600));
  show("as a directory", open("/proc/version/", O_RDONLY));
  show("write to a directory", open("/proc/self", O_WRONLY));
  int fd = open("/proc/version", O_RDONLY);
  show("write to what is open for reading", write(fd, "x", 1));
  show("read of a directory", read(open("/proc/self", O_RDONLY), &byte, 1));
  show("lseek before the beginning", lseek(fd, -1, SEEK_SET));
  return 0;
}
