/* How many instances of inotify may a user have, and when do they count no more? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int open_all(void) {
  int count = 0;
  while (inotify_init1(0) >= 0) count++;
  printf("%d: %s\n", count, strerror(errno));
  return count;
}

int main(void) {
  char text[16] = {0};
  int fd = open("/proc/sys/fs/inotify/max_queued_events", O_RDONLY);
  read(fd, text, sizeof text);
  printf("queued %s", text);
  close(fd);
  setresuid(4321, 4321, 4321);
  open_all();
  fflush(stdout);
  if (fork() == 0) {
    REPORT(inotify_init1(0));
    for (int i = 3; i < 200; i++) close(i);
    REPORT(inotify_init1(0));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  int copy = dup(5);
  close(5);
  REPORT(inotify_init1(0));
  close(copy);
  REPORT(inotify_init1(0));
  REPORT(inotify_init1(0));
}
