/* Do threads share what they must, and keep what is theirs: ids, locals, joins, mutexes, barriers? */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

enum { THREADS = 8, ROUNDS = 2000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static __thread long own;
static long sum;
static int turn;
static int serial;

static void *work(void *argument) {
  long number = (long)argument;
  own = number;
  for (int i = 0; i < ROUNDS; i++) {
    pthread_mutex_lock(&mutex);
    sum += number;
    pthread_mutex_unlock(&mutex);
    if (i % 500 == 0) sched_yield();
  }
  if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
    __atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
  }
  pthread_mutex_lock(&mutex);
  while (turn != number) pthread_cond_wait(&changed, &mutex);
  printf("turn of %ld, own is own %d, an id of its own %d\n", number, own == number,
         getpid() != (pid_t)syscall(SYS_gettid));
  turn++;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
  return (void *)(number * number);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  pthread_barrier_init(&barrier, 0, THREADS);
  pthread_t threads[THREADS];
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, work, (void *)i);
  void *results[THREADS];
  int errors = 0;
  for (int i = 0; i < THREADS; i++) errors |= pthread_join(threads[i], &results[i]);
  printf("joins failed %d\n", errors);
  for (int i = 0; i < THREADS; i++) printf("joined %d: %ld\n", i, (long)results[i]);
  printf("sum %ld serial %d\n", sum, serial);
  pthread_t loose;
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  turn = 0;
  pthread_barrier_init(&barrier, 0, 1);
  printf("detached: %d\n", pthread_create(&loose, &detached, work, (void *)0));
  pthread_mutex_lock(&mutex);
  while (turn == 0) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec = 0;
  pthread_mutex_lock(&mutex);
  printf("timed: %d\n", pthread_cond_timedwait(&changed, &mutex, &soon));
}
