/* When does opening a FIFO wait, and for whom; what comes without waiting; what stays in it? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void nothing(int signo) {}

int main(void) {
  char name[] = "/tmp/fifo_opens_XXXXXX";
  mkdtemp(name);
  chdir(name);
  umask(022);
  REPORT(mkfifo("f", 0666));
  REPORT(mkfifo("f", 0666));
  struct stat status;
  stat("f", &status);
  printf("mode %o size %ld\n", status.st_mode, (long)status.st_size);
  REPORT(open("f", O_WRONLY | O_NONBLOCK));
  int reader = REPORT(open("f", O_RDONLY | O_NONBLOCK)), writer;
  char bytes[8];
  REPORT(read(reader, bytes, 8));
  struct pollfd ready = {.fd = reader, .events = POLLIN};
  REPORT(poll(&ready, 1, 0));
  writer = REPORT(open("f", O_WRONLY | O_NONBLOCK));
  REPORT(read(reader, bytes, 8));
  REPORT(write(writer, "abc", 3));
  close(writer);
  REPORT(poll(&ready, 1, 0));
  printf("events %x\n", ready.revents);
  REPORT(read(reader, bytes, 2));
  close(reader);
  int both = REPORT(open("f", O_RDWR));
  ready.fd = both;
  ready.events = POLLIN | POLLOUT;
  REPORT(poll(&ready, 1, 0));
  printf("events %x\n", ready.revents);
  REPORT(write(both, "xy", 2));
  reader = open("f", O_RDONLY);
  printf("read %zd\n", read(reader, bytes, 8));
  close(both);
  printf("end %zd\n", read(reader, bytes, 8));
  REPORT(lseek(reader, 0, SEEK_SET));
  close(reader);
  fflush(stdout);

  if (fork() == 0) {
    usleep(20000);
    int end = open("f", O_WRONLY);
    write(end, "hello", 5);
    _exit(0);
  }
  reader = REPORT(open("f", O_RDONLY));
  wait(0);
  printf("read %zd\n", read(reader, bytes, 8));
  printf("end %zd\n", read(reader, bytes, 8));
  close(reader);
  fflush(stdout);
  if (fork() == 0) {
    usleep(20000);
    close(open("f", O_RDONLY));
    _exit(0);
  }
  writer = REPORT(open("f", O_WRONLY));
  wait(0);
  signal(SIGPIPE, SIG_IGN);
  REPORT(write(writer, "x", 1));
  close(writer);
  sigaction(SIGALRM, &(struct sigaction){.sa_handler = nothing}, 0);
  alarm(1);
  REPORT(open("f", O_RDONLY));
  REPORT(open("f", O_WRONLY | O_NONBLOCK));
  unlink("f");
  rmdir(name);
}
