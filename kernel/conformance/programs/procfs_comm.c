/* Are prctl(PR_SET_NAME), /proc/self/comm and writing to it one name? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void show(void) {
  char text[64], name[17] = "";
  int fd = open("/proc/thread-self/comm", O_RDONLY);
  ssize_t n = read(fd, text, sizeof text);
  close(fd);
  prctl(PR_GET_NAME, name);
  printf("comm %.*s, name %s\n", (int)(n > 0 ? n - 1 : 0), text, name);
}

int main(void) {
  prctl(PR_SET_NAME, "a name that is too long");
  show();
  int fd = open("/proc/thread-self/comm", O_WRONLY);
  printf("written %zd\n", write(fd, "other\n", 6));
  show();
  printf("written %zd\n", write(fd, "longer than fifteen bytes", 25));
  show();
  printf("nothing %zd\n", write(fd, "", 0));
  show();
  return 0;
}
