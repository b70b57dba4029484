/* Does stopping a process stop all of its threads, and does what was blocked go on afterwards? */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static int pipes[2];

static void *count(void *argument) {
  for (;;) {
    write(pipes[1], "x", 1);
    usleep(1000);
  }
}

static int drain(void) {
  char buffer[4096];
  int total = 0;
  ssize_t got;
  struct timespec nap = {0, 30000000};
  nanosleep(&nap, 0);
  while ((got = read(pipes[0], buffer, sizeof buffer)) > 0) total += got;
  return total;
}

/* Whether something comes, however slow the machine is. */
static int runs(void) {
  for (int i = 0; i < 200; i++) {
    if (drain() > 0) return 1;
  }
  return 0;
}

static void note(int signo) { write(pipes[1], "h", 1); }

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  pipe2(pipes, 04000);
  pid_t child = fork();
  int status;
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, count, 0);
    for (;;) pause();
  }
  printf("running %d\n", runs());
  kill(child, SIGSTOP);
  waitpid(child, &status, WUNTRACED);
  drain();
  printf("stopped %d\n", drain());
  kill(child, SIGCONT);
  printf("running %d\n", runs());
  kill(child, SIGSTOP);
  waitpid(child, &status, WUNTRACED);
  kill(child, SIGTERM);
  printf("pending %d\n", waitpid(child, &status, WNOHANG));
  kill(child, SIGCONT);
  waitpid(child, &status, 0);
  printf("killed by %d\n", WTERMSIG(status));

  child = fork();
  if (child == 0) {
    struct timespec nap = {0, 50000000}, begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    int result = nanosleep(&nap, 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    long ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
    _exit(result == 0 && ms >= 50 ? 1 : 2);
  }
  usleep(5000);
  kill(child, SIGSTOP);
  waitpid(child, &status, WUNTRACED);
  kill(child, SIGCONT);
  waitpid(child, &status, 0);
  printf("sleep went on %d\n", WEXITSTATUS(status));

  child = fork();
  if (child == 0) {
    signal(SIGCONT, note);
    int result = pause();
    _exit(result == -1 && errno == EINTR);
  }
  usleep(20000);
  kill(child, SIGSTOP);
  waitpid(child, &status, WUNTRACED);
  kill(child, SIGCONT);
  waitpid(child, &status, 0);
  printf("handler of SIGCONT ended pause %d, wrote %d\n", WEXITSTATUS(status), drain());
  printf("kill of stopped: ");
  child = fork();
  if (child == 0) raise(SIGSTOP);
  waitpid(child, &status, WUNTRACED);
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  printf("%d\n", WTERMSIG(status));
}
