/* What does statfs(2) tell of the file systems that every machine has? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "report.h"

static void show(const char *what, int answer, struct statfs *info) {
  if (answer != 0) {
    printf("%s: %s\n", what, strerror(errno));
    return;
  }
  printf("%s: type %lx block %ld name %ld fragment %ld free %d files %d valid %d read-only %d\n", what,
         (long)info->f_type, (long)info->f_bsize, (long)info->f_namelen, (long)info->f_frsize,
         info->f_blocks > 0 && info->f_bfree <= info->f_blocks, info->f_ffree <= info->f_files,
         (info->f_flags & 0x20) != 0, (info->f_flags & 1) != 0);
}

int main(void) {
  struct statfs info;
  int pipes[2];
  show("/dev/shm", statfs("/dev/shm", &info), &info);
  show("/proc", statfs("/proc", &info), &info);
  show("/sys", statfs("/sys", &info), &info);
  show("/dev/pts", statfs("/dev/pts", &info), &info);
  pipe(pipes);
  show("pipe", fstatfs(pipes[0], &info), &info);
  show("named only", fstatfs(open("/dev/shm", O_PATH), &info), &info);
  show("absent", statfs("/absent", &info), &info);
  show("nothing", fstatfs(-1, &info), &info);
  REPORT(statfs("/dev/shm", (void *)8));
}
