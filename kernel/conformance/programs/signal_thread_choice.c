/* Which thread takes a signal to the process, and does one that kills it let any thread go on? */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static volatile pid_t taker;
static pid_t worker_id;

static void note(int signo) { taker = syscall(SYS_gettid); }

static void *worker(void *argument) {
  worker_id = syscall(SYS_gettid);
  kill(getpid(), SIGUSR1);
  while (taker == 0) usleep(1000);
  return 0;
}

static void *blocks_and_kills(void *argument) {
  sigset_t set;
  sigfillset(&set);
  pthread_sigmask(SIG_BLOCK, &set, 0);
  kill(getpid(), SIGTERM);
  write(1, "still there\n", 12);
  return 0;
}

static void *waits(void *argument) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  int signo = 0;
  sigwait(&set, &signo);
  printf("sigwait got %d\n", signo);
  return 0;
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  signal(SIGUSR1, note);
  pthread_t thread;
  pthread_create(&thread, 0, worker, 0);
  pthread_join(thread, 0);
  printf("main takes it: %d\n", taker == getpid());

  taker = 0;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &set, 0);
  pthread_create(&thread, 0, waits, 0);
  usleep(1000);
  kill(getpid(), SIGUSR2);
  pthread_join(thread, 0);

  if (fork() == 0) {
    pthread_create(&thread, 0, blocks_and_kills, 0);
    for (;;) pause();
  }
  int status;
  wait(&status);
  printf("killed by %d\n", WTERMSIG(status));
}
