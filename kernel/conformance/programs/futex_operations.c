/* Do the operations of futex count, compare, requeue and refuse as they must? */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static uint32_t a, b;
static int order[8], woken;

static long futex(void *word, int op, uint32_t value, void *timeout, void *other, uint32_t more) {
  return syscall(SYS_futex, word, op, value, timeout, other, more);
}

static void tell(const char *what, long result) {
  printf("%s: %s %ld\n", what, result < 0 ? strerrorname_np(errno) : "ok", result < 0 ? 0 : result);
}

static void *waiter(void *argument) {
  long number = (long)argument;
  // Bits of its own, to be woken by.
  futex(&a, FUTEX_WAIT_BITSET_PRIVATE, 0, 0, 0, 1u << number);
  order[woken++] = number;
  return 0;
}

static pthread_t threads[8];

static void start(int count) {
  woken = 0;
  for (long i = 0; i < count; i++) {
    pthread_create(&threads[i], 0, waiter, (void *)i);
    usleep(20000);
  }
}

static void finish(const char *what, int count) {
  for (int i = 0; i < count; i++) pthread_join(threads[i], 0);
  printf("%s:", what);
  for (int i = 0; i < count; i++) printf(" %d", order[i]);
  printf("\n");
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  struct timespec soon = {0, 1000000}, wrong = {0, 2000000000}, past = {0, 0};
  tell("wait other value", futex(&a, FUTEX_WAIT_PRIVATE, 1, 0, 0, 0));
  tell("wait timeout", futex(&a, FUTEX_WAIT_PRIVATE, 0, &soon, 0, 0));
  tell("wait bad timeout", futex(&a, FUTEX_WAIT_PRIVATE, 0, &wrong, 0, 0));
  tell("wait absolute past", futex(&a, FUTEX_WAIT_BITSET_PRIVATE, 0, &past, 0, ~0));
  tell("wait absolute past, realtime",
       futex(&a, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &past, 0, ~0));
  tell("wait on the wrong clock", futex(&a, FUTEX_WAKE_PRIVATE | FUTEX_CLOCK_REALTIME, 0, 0, 0, 0));
  tell("wait for no bit", futex(&a, FUTEX_WAIT_BITSET_PRIVATE, 0, 0, 0, 0));
  tell("wake no bit", futex(&a, FUTEX_WAKE_BITSET_PRIVATE, 1, 0, 0, 0));
  tell("misaligned", futex((char *)&a + 1, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0));
  tell("no memory", futex((void *)64, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0));
  tell("wake no memory, private", futex((void *)64, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  tell("wake no memory, shared", futex((void *)64, FUTEX_WAKE, 1, 0, 0, 0));
  tell("unknown", futex(&a, 100, 0, 0, 0, 0));
  tell("wake nobody", futex(&a, FUTEX_WAKE_PRIVATE, 5, 0, 0, 0));
  tell("requeue negative", futex(&a, FUTEX_REQUEUE_PRIVATE, -1, 0, &b, 0));
  tell("requeue changed", futex(&a, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, &b, 7));

  start(4);
  tell("wake one", futex(&a, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  usleep(20000);
  tell("wake a bit", futex(&a, FUTEX_WAKE_BITSET_PRIVATE, 9, 0, 0, 8));
  usleep(20000);
  tell("wake the rest", futex(&a, FUTEX_WAKE_PRIVATE, 9, 0, 0, 0));
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("first three: %d %d, %d\n", order[0], order[1], order[2] + order[3]);

  start(4);
  tell("requeue", futex(&a, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2, &b, 0));
  usleep(20000);
  tell("left at first", futex(&a, FUTEX_WAKE_PRIVATE, 9, 0, 0, 0));
  usleep(20000);
  tell("one at second", futex(&b, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  usleep(20000);
  tell("other at second", futex(&b, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  finish("order", 4);

  b = 5;
  start(2);
  tell("add and compare", futex(&b, FUTEX_WAKE_OP_PRIVATE, 1, (void *)9, &a,
                                FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)));
  finish("order", 2);
  printf("a %u b %u\n", a, b);
  int ops[] = {FUTEX_OP_SET, FUTEX_OP_ADD, FUTEX_OP_OR, FUTEX_OP_ANDN, FUTEX_OP_XOR};
  for (int i = 0; i < 5; i++) {
    futex(&b, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &a, FUTEX_OP(ops[i], 6, FUTEX_OP_CMP_LT, 0));
    printf("%d: %x", i, a);
    futex(&b, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &a,
          FUTEX_OP(ops[i] | FUTEX_OP_OPARG_SHIFT, 31, FUTEX_OP_CMP_GE, 0xfff));
    printf(" %x", a);
    futex(&b, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &a,
          FUTEX_OP(ops[i], 0xffe, FUTEX_OP_CMP_GE, 0xfff));
    printf(" %x\n", a);
  }
  tell("bad operation", futex(&b, FUTEX_WAKE_OP_PRIVATE, 1, 0, &a, 7u << 28));
  tell("bad comparison", futex(&b, FUTEX_WAKE_OP_PRIVATE, 1, 0, &a, 9u << 24));
}
