/* What does a system call cost? The first argument says which, the second how often it is made. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char byte = 'x';

static int getpid_calls(long count) {
  for (long i = 0; i < count; i++) syscall(SYS_getpid);
  return 0;
}

static int read_calls(long count) {
  int fd = open("/dev/zero", O_RDONLY);
  for (long i = 0; i < count; i++)
    if (read(fd, &byte, 1) != 1) return 1;
  return 0;
}

static int write_calls(long count) {
  int fd = open("/dev/null", O_WRONLY);
  for (long i = 0; i < count; i++)
    if (write(fd, &byte, 1) != 1) return 1;
  return 0;
}

/* A byte into a pipe and out of it: two calls. */
static int pipe_calls(long count) {
  int ends[2];
  if (pipe(ends)) return 1;
  for (long i = 0; i < count; i++)
    if (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1) return 1;
  return 0;
}

/* A byte to another process and back: four calls, two of which wait. */
static int ping_pong(long count) {
  int there[2], back[2];
  if (pipe(there) || pipe(back)) return 1;
  if (fork() == 0) {
    for (long i = 0; i < count; i++)
      if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  for (long i = 0; i < count; i++)
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) return 1;
  int status;
  return wait(&status) < 0 || status != 0;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long count = atol(argv[2]);
  if (!strcmp(argv[1], "getpid")) return getpid_calls(count);
  if (!strcmp(argv[1], "read")) return read_calls(count);
  if (!strcmp(argv[1], "write")) return write_calls(count);
  if (!strcmp(argv[1], "pipe")) return pipe_calls(count);
  if (!strcmp(argv[1], "ping_pong")) return ping_pong(count);
  return 2;
}
