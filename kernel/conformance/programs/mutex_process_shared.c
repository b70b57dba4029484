/* Does a robust mutex that processes share survive the process that holds it? */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  struct {
    pthread_mutex_t mutex;
    sem_t ready;
  } *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(&shared->mutex, &attributes);
  sem_init(&shared->ready, 1, 0);
  pid_t child = fork();
  if (child == 0) {
    pthread_mutex_lock(&shared->mutex);
    sem_post(&shared->ready);
    usleep(20000);
    _exit(0);
  }
  sem_wait(&shared->ready);
  int error = pthread_mutex_lock(&shared->mutex);
  printf("another process died: %s\n", error == 0 ? "ok" : strerrorname_np(error));
  waitpid(child, 0, 0);
}
