/* Do robust, priority-inheriting, recursive, error-checking and timed mutexes behave, across the death of their owner too? */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static pthread_mutex_t mutex;
static int steps[16], count;

static const char *name(int error) { return error == 0 ? "ok" : strerrorname_np(error); }

static void make(pthread_mutex_t *into, int type, int robust, int protocol, int shared) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, type);
  pthread_mutexattr_setrobust(&attributes, robust);
  pthread_mutexattr_setprotocol(&attributes, protocol);
  pthread_mutexattr_setpshared(&attributes, shared);
  pthread_mutex_init(into, &attributes);
}

static void *dies(void *argument) {
  pthread_mutex_lock(&mutex);
  return 0;
}

static void *locks(void *argument) {
  pthread_mutex_lock(&mutex);
  steps[count++] = (long)argument;
  usleep(2000);
  pthread_mutex_unlock(&mutex);
  return 0;
}

static void *tries(void *argument) {
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 5000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  printf("try %s", name(pthread_mutex_trylock(&mutex)));
  printf(", timed %s\n", name(pthread_mutex_timedlock(&mutex, &soon)));
  return 0;
}

static void run(const char *what, int type, int robust, int protocol) {
  pthread_t thread, threads[4];
  printf("%s\n", what);
  make(&mutex, type, robust, protocol, PTHREAD_PROCESS_PRIVATE);
  printf("lock %s", name(pthread_mutex_lock(&mutex)));
  if (type != PTHREAD_MUTEX_NORMAL) printf(", again %s", name(pthread_mutex_lock(&mutex)));
  if (type == PTHREAD_MUTEX_RECURSIVE) pthread_mutex_unlock(&mutex);
  printf("\n");
  pthread_create(&thread, 0, tries, 0);
  pthread_join(thread, 0);
  count = 0;
  for (long i = 0; i < 4; i++) {
    pthread_create(&threads[i], 0, locks, (void *)i);
    usleep(10000);
  }
  printf("unlock %s\n", name(pthread_mutex_unlock(&mutex)));
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("all had it %d\n", count);
  if (robust == PTHREAD_MUTEX_ROBUST) {
    pthread_create(&thread, 0, dies, 0);
    pthread_join(thread, 0);
    printf("owner died: %s", name(pthread_mutex_lock(&mutex)));
    printf(", consistent %s", name(pthread_mutex_consistent(&mutex)));
    printf(", unlock %s\n", name(pthread_mutex_unlock(&mutex)));
    pthread_create(&thread, 0, dies, 0);
    pthread_join(thread, 0);
    printf("owner died: %s", name(pthread_mutex_lock(&mutex)));
    printf(", unlock %s", name(pthread_mutex_unlock(&mutex)));
    printf(", then %s\n", name(pthread_mutex_lock(&mutex)));
  }
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  run("normal", PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
  run("recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
  run("checking", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
  run("robust", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
  run("inheriting", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT);
  run("robust inheriting", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_INHERIT);
}
