/* Does a long write to a pipe wait until all is in, and what does it answer when a handler or EPIPE comes? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static char bytes[300000];

static void nothing(int signo) {}

static void drain(int end) {
  static char into[50000];
  long sum = 0, total = 0;
  for (ssize_t got; (got = read(end, into, sizeof into)) > 0; total += got) {
    for (ssize_t i = 0; i < got; i++) sum += (total + i) % 251 == (unsigned char)into[i];
  }
  printf("read %ld right %ld\n", total, sum);
  fflush(stdout);
  _exit(0);
}

int main(void) {
  for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = i % 251;
  int ends[2];
  pipe(ends);
  fflush(stdout);
  if (fork() == 0) {
    close(ends[1]);
    usleep(10000);
    drain(ends[0]);
  }
  close(ends[0]);
  printf("wrote %zd\n", write(ends[1], bytes, sizeof bytes));
  close(ends[1]);
  wait(0);

  pipe(ends);
  sigaction(SIGALRM, &(struct sigaction){.sa_handler = nothing, .sa_flags = SA_RESTART}, 0);
  setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, 20000}}, 0);
  printf("interrupted %zd\n", write(ends[1], bytes, sizeof bytes));
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  REPORT(write(ends[1], bytes, 1));
  fcntl(ends[1], F_SETFL, 0);
  signal(SIGPIPE, SIG_IGN);
  fflush(stdout);
  if (fork() == 0) {
    close(ends[1]);
    usleep(20000);
    read(ends[0], bytes, 8192);
    usleep(20000);
    _exit(0);
  }
  close(ends[0]);
  printf("then broken %d\n", write(ends[1], bytes, sizeof bytes) == 8192);
  REPORT(write(ends[1], bytes, 1));
  wait(0);

  pipe(ends);
  fflush(stdout);
  char name[] = "/tmp/pipe_long_writes";
  int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  unlink(name);
  write(file, bytes, sizeof bytes);
  lseek(file, 0, SEEK_SET);
  if (fork() == 0) {
    close(ends[1]);
    drain(ends[0]);
  }
  close(ends[0]);
  printf("sent %zd\n", sendfile(ends[1], file, 0, sizeof bytes));
  printf("offset %ld\n", (long)lseek(file, 0, SEEK_CUR));
  close(ends[1]);
  wait(0);
}
