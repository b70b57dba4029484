/* Of which files can data be asked to be read ahead, advised about, or written out? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

static void all(const char *what, int fd) {
  printf("-- %s\n", what);
  REPORT(readahead(fd, 0, 4096));
  REPORT(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED));
  REPORT(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
  REPORT(fsync(fd));
  REPORT(fdatasync(fd));
  REPORT(syncfs(fd));
}

int main(void) {
  char place[] = "/dev/shm/syncXXXXXX";
  chdir(mkdtemp(place));
  int pipes[2], sockets[2];
  pipe(pipes);
  socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
  all("file", open("file", O_CREAT | O_RDWR, 0600));
  all("file to write", open("file", O_WRONLY));
  all("named only", open("file", O_PATH));
  all("directory", open(".", O_RDONLY));
  all("pipe", pipes[0]);
  all("socket", sockets[0]);
  all("null", open("/dev/null", O_RDWR));
  all("none", -1);
  int fd = open("file", O_RDWR);
  REPORT(sync_file_range(fd, -1, 0, 0));
  REPORT(sync_file_range(fd, 0, -1, 0));
  REPORT(sync_file_range(fd, 0, 0, 8));
  REPORT(sync_file_range(fd, 0x7fffffffffffffff, 1, 0));
  REPORT(posix_fadvise(fd, 0, 0, 9));
  REPORT(posix_fadvise(fd, 0, -1, 0));
  REPORT(readahead(fd, -1, 10));
  unlink("file");
  rmdir(place);
}
