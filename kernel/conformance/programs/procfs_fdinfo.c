/* What does /proc/self/fdinfo know of a descriptor? */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void show(int fd) {
  char path[64], line[256];
  struct stat status;
  long long value;
  fstat(fd, &status);
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, "pos:\t%lld", &value) == 1) printf("pos %lld", value);
    unsigned flags;
    if (sscanf(line, "flags:\t%o", &flags) == 1)
      printf(", access %d, append %d, nonblock %d, cloexec %d", flags & O_ACCMODE, !!(flags & O_APPEND),
             !!(flags & O_NONBLOCK), !!(flags & O_CLOEXEC));
    if (sscanf(line, "mnt_id:\t%lld", &value) == 1) printf(", a mount");
    if (sscanf(line, "ino:\t%lld", &value) == 1) printf(", ino %d", value == (long long)status.st_ino);
  }
  printf("\n");
  if (file) fclose(file);
}

int main(void) {
  char name[] = "/tmp/procfs-fdinfo-XXXXXX";
  int fd = mkstemp(name);
  if (fd < 0 || write(fd, "12345", 5) != 5) return 1;
  show(fd);
  lseek(fd, 1000000, SEEK_SET);
  show(fd);
  fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  show(fd);
  show(open(name, O_RDONLY | O_CLOEXEC));
  unlink(name);
  return 0;
}
