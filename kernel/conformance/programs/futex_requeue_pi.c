/* How do waiters get from a plain futex to a mutex that inherits priority? */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint32_t cond, lock, other;
static pid_t tids[4];
static int order[4], count;

static void say(const char *what, long result) {
  printf("%s: %s %ld\n", what, result < 0 ? strerrorname_np(errno) : "ok", result < 0 ? 0 : result);
}

static long futex(void *a, int op, uint32_t val, void *timeout, void *b, uint32_t val3) {
  return syscall(SYS_futex, a, op | FUTEX_PRIVATE_FLAG, val, timeout, b, val3);
}

static struct timespec in(int clock, long ms) {
  struct timespec t;
  clock_gettime(clock, &t);
  t.tv_nsec += ms * 1000000;
  t.tv_sec += t.tv_nsec / 1000000000;
  t.tv_nsec %= 1000000000;
  return t;
}

static void nap(void) { usleep(60000); }
static void handler(int signo) { (void)signo; }

static void *waits(void *argument) {
  long me = (long)argument;
  tids[me] = gettid();
  long result = futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &lock, 0);
  if (result == 0) {
    order[count++] = me;
    printf("%ld has it %d, waiters %d\n", me, (lock & FUTEX_TID_MASK) == gettid(), (lock & FUTEX_WAITERS) != 0);
    usleep(20000);
    futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
  } else {
    printf("%ld: %s\n", me, strerrorname_np(errno));
  }
  return NULL;
}

static void *waits_plainly(void *unused) {
  say("plain", futex(&cond, FUTEX_WAIT, 0, NULL, NULL, 0));
  return NULL;
}

static void *waits_for_other(void *unused) {
  struct timespec t = in(CLOCK_MONOTONIC, 150);
  say("for another lock", futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, &t, &other, 0));
  return NULL;
}

static void *waits_briefly(void *unused) {
  struct timespec t = in(CLOCK_MONOTONIC, 150);
  say("requeued, then time-out", futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, &t, &lock, 0));
  return NULL;
}

static void *waits_and_is_signalled(void *unused) {
  tids[0] = gettid();
  say("requeued, then a signal", futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &lock, 0));
  return NULL;
}

int main(void) {
  struct timespec t;
  pthread_t threads[4];
  setvbuf(stdout, NULL, _IOLBF, 0);
  say("other value", futex(&cond, FUTEX_WAIT_REQUEUE_PI, 1, NULL, &lock, 0));
  say("same word", futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &cond, 0));
  say("misaligned", futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, (char *)&lock + 1, 0));
  t = in(CLOCK_MONOTONIC, 20);
  say("time-out", futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, &t, &lock, 0));
  t = in(CLOCK_REALTIME, 20);
  say("time-out, realtime", futex(&cond, FUTEX_WAIT_REQUEUE_PI | FUTEX_CLOCK_REALTIME, 0, &t, &lock, 0));
  say("wake two", futex(&cond, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, &lock, 0));
  say("wake none", futex(&cond, FUTEX_CMP_REQUEUE_PI, 0, (void *)1, &lock, 0));
  say("requeue less than none", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)-1, &lock, 0));
  say("to the same", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &cond, 0));
  say("changed", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 5));
  say("nobody", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 0));
  printf("lock %x\n", lock);

  puts("-- the lock is free");
  for (long i = 0; i < 3; i++) pthread_create(&threads[i], NULL, waits, (void *)i), nap();
  say("wake plainly", futex(&cond, FUTEX_WAKE, 1, NULL, NULL, 0));
  say("requeue plainly", futex(&cond, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 0));
  say("requeue to another lock", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &other, 0));
  long moved = futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)9, &lock, 0);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  say("requeue", moved);
  printf("order %d %d %d, lock %x\n", order[0], order[1], order[2], lock);

  puts("-- the lock is mine");
  count = 0;
  futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
  for (long i = 0; i < 3; i++) pthread_create(&threads[i], NULL, waits, (void *)i), nap();
  say("requeue one more", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 0));
  nap();
  printf("waiters %d\n", (lock & FUTEX_WAITERS) != 0);
  say("the rest", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)0, &lock, 0));
  say("nobody", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)0, &lock, 0));
  long unlocked = futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  say("unlock", unlocked);
  printf("order %d %d %d, lock %x\n", order[0], order[1], order[2], lock);

  puts("-- who waits otherwise");
  pthread_create(&threads[0], NULL, waits_plainly, NULL), nap();
  say("requeue a plain one", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 0));
  long woken = futex(&cond, FUTEX_WAKE, 1, NULL, NULL, 0);
  pthread_join(threads[0], NULL);
  say("wake it", woken);
  pthread_create(&threads[0], NULL, waits_for_other, NULL), nap();
  say("requeue to a lock", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 0));
  pthread_join(threads[0], NULL);
  futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
  pthread_create(&threads[0], NULL, waits_briefly, NULL), nap();
  say("requeue", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 0));
  pthread_join(threads[0], NULL);
  struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &act, NULL);
  pthread_create(&threads[0], NULL, waits_and_is_signalled, NULL), nap();
  syscall(SYS_tgkill, getpid(), tids[0], SIGUSR1), nap();
  say("requeue", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 0)), nap();
  syscall(SYS_tgkill, getpid(), tids[0], SIGUSR1);
  pthread_join(threads[0], NULL);
  futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
  printf("lock %x\n", lock);
  lock = 0x3ffffff0;
  pthread_create(&threads[0], NULL, waits, (void *)0), nap();
  say("owned by nobody", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 0));
  lock = tids[0];
  say("owned by the waiter", futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 0));
  lock = 0;
  moved = futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)0, &lock, 0);
  pthread_join(threads[0], NULL);
  say("free", moved);
}
