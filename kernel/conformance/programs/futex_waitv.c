/* Which of several futexes wakes futex_waitv(2), and what do the calls with one operation each answer? */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAITV 449
#define WAKE 454
#define WAIT 455
#define REQUEUE 456
#define U32 2
#define PRIVATE 128

struct word { uint64_t val, uaddr; uint32_t flags, reserved; };

static uint32_t words[4] = {10, 11, 12, 13}, *shared;

static void say(const char *what, long result) {
  printf("%s: %s %ld\n", what, result < 0 ? strerrorname_np(errno) : "ok", result < 0 ? 0 : result);
}

static void set(struct word *w, int n, int flags) {
  for (int i = 0; i < n; i++) w[i] = (struct word){words[i % 4], (uintptr_t)&words[i % 4], flags, 0};
}

static struct timespec in(int clock, long ms) {
  struct timespec t;
  clock_gettime(clock, &t);
  t.tv_nsec += ms * 1000000;
  t.tv_sec += t.tv_nsec / 1000000000;
  t.tv_nsec %= 1000000000;
  return t;
}

static void *waits(void *unused) {
  struct word w[4];
  set(w, 4, U32 | PRIVATE);
  return (void *)syscall(WAITV, w, 4, 0, NULL, 0);
}

static void *waits_one(void *mask) {
  return (void *)syscall(WAIT, &words[0], 10ul, (unsigned long)mask, U32 | PRIVATE, NULL, 0);
}

static void handler(int signo) { (void)signo; }

static void join(pthread_t thread) {
  void *result;
  pthread_join(thread, &result);
  say("a thread", (long)result);
}

static void nap(void) { usleep(60000); }

int main(void) {
  struct word w[130];
  struct timespec t;
  pthread_t a, b, c;
  setvbuf(stdout, NULL, _IOLBF, 0);
  set(w, 130, U32 | PRIVATE);
  say("no words", syscall(WAITV, w, 0, 0, NULL, 0));
  say("too many", syscall(WAITV, w, 129, 0, NULL, 0));
  say("no list", syscall(WAITV, NULL, 1, 0, NULL, 0));
  say("bad list", syscall(WAITV, (void *)8, 1, 0, NULL, 0));
  say("flags", syscall(WAITV, w, 1, 1, NULL, 0));
  say("bad clock", syscall(WAITV, w, 1, 0, &t, 7));
  say("bad clock, no time", (w[0].val++, syscall(WAITV, w, 1, 0, NULL, 7)));
  say("other value", syscall(WAITV, w, 2, 0, NULL, 0));
  set(w, 4, U32 | PRIVATE);
  w[1].val = 99;
  say("other value of the second", syscall(WAITV, w, 2, 0, NULL, 0));
  w[1].val = 1ull << 32 | 11;
  say("large value", syscall(WAITV, w, 2, 0, NULL, 0));
  set(w, 4, U32 | PRIVATE);
  w[1].flags = 1;
  say("of 16 bits", syscall(WAITV, w, 2, 0, NULL, 0));
  w[1].flags = 3;
  say("of 64 bits", syscall(WAITV, w, 2, 0, NULL, 0));
  w[1].flags = U32 | 256;
  say("unknown flag", syscall(WAITV, w, 2, 0, NULL, 0));
  set(w, 4, U32 | PRIVATE);
  w[1].reserved = 1;
  say("reserved", syscall(WAITV, w, 2, 0, NULL, 0));
  set(w, 4, U32 | PRIVATE);
  w[1].uaddr++;
  say("misaligned", syscall(WAITV, w, 2, 0, NULL, 0));
  w[1].uaddr = 4096 - 8;
  say("no memory", syscall(WAITV, w, 2, 0, NULL, 0));
  w[1].flags = U32;
  say("no memory, shared", syscall(WAITV, w, 2, 0, NULL, 0));
  set(w, 128, U32 | PRIVATE);
  t = in(CLOCK_MONOTONIC, 20);
  say("time-out", syscall(WAITV, w, 128, 0, &t, CLOCK_MONOTONIC));
  t = in(CLOCK_REALTIME, 20);
  say("time-out", syscall(WAITV, w, 3, 0, &t, CLOCK_REALTIME));
  t = in(CLOCK_MONOTONIC, -20);
  say("past", syscall(WAITV, w, 3, 0, &t, CLOCK_MONOTONIC));
  t.tv_nsec = -1;
  say("no time", syscall(WAITV, w, 3, 0, &t, CLOCK_MONOTONIC));

  for (int i = 0; i < 4; i += 3) {
    pthread_create(&a, NULL, waits, NULL);
    nap();
    say("wake", syscall(WAKE, &words[i], 0xfffffffful, 1, U32 | PRIVATE));
    join(a);
    say("nobody left", syscall(WAKE, &words[1], 0xfffffffful, 5, U32 | PRIVATE));
  }
  pthread_create(&a, NULL, waits, NULL);
  nap();
  say("futex(2) wakes", syscall(SYS_futex, &words[2], 1 | 128, 5));
  join(a);
  pthread_create(&a, NULL, waits, NULL);
  nap();
  set(w, 2, U32 | PRIVATE);
  say("requeue", syscall(REQUEUE, (struct word[]){w[1], w[0]}, 0, 0, 5));
  say("not there any more", syscall(WAKE, &words[1], 0xfffffffful, 5, U32 | PRIVATE));
  say("but here", syscall(WAKE, &words[0], 0xfffffffful, 5, U32 | PRIVATE));
  join(a);

  puts("-- one word");
  pthread_create(&a, NULL, waits_one, (void *)1), nap();
  pthread_create(&b, NULL, waits_one, (void *)2), nap();
  pthread_create(&c, NULL, waits_one, (void *)3), nap();
  say("none", syscall(WAKE, &words[0], 0xfffffffful, 0, U32 | PRIVATE));
  say("no mask", syscall(WAKE, &words[0], 0, 1, U32 | PRIVATE));
  say("large mask", syscall(WAKE, &words[0], 1ul << 32, 1, U32 | PRIVATE));
  say("no size", syscall(WAKE, &words[0], 0xfffffffful, 1, PRIVATE));
  say("unknown flag", syscall(WAKE, &words[0], 0xfffffffful, 1, U32 | 0x100));
  say("misaligned", syscall(WAKE, (char *)words + 1, 0xfffffffful, 1, U32 | PRIVATE));
  say("shared", syscall(WAKE, &words[0], 0xfffffffful, 9, U32));
  say("second bit", syscall(WAKE, &words[0], 2, 1, U32 | PRIVATE));
  join(b);
  say("others", syscall(WAKE, &words[0], 0xfffffffful, 9, U32 | PRIVATE));
  join(a);
  join(c);
  say("other value", syscall(WAIT, &words[0], 11ul, 0xfffffffful, U32 | PRIVATE, NULL, 0));
  say("large value", syscall(WAIT, &words[0], 10ul | 1ul << 32, 0xfffffffful, U32 | PRIVATE, NULL, 0));
  say("no mask", syscall(WAIT, &words[0], 10ul, 0, U32 | PRIVATE, NULL, 0));
  say("no size", syscall(WAIT, &words[0], 10ul, 0xfffffffful, 0, NULL, 0));
  t = in(CLOCK_MONOTONIC, 20);
  say("time-out", syscall(WAIT, &words[0], 10ul, 0xfffffffful, U32, &t, CLOCK_MONOTONIC));
  say("bad clock", syscall(WAIT, &words[0], 10ul, 0xfffffffful, U32, &t, 2));
  set(w, 2, U32 | PRIVATE);
  say("requeue flags", syscall(REQUEUE, w, 1, 0, 5));
  say("requeue less than none", syscall(REQUEUE, w, 0, -1, 5));
  say("requeue less than none", syscall(REQUEUE, w, 0, 0, -1));
  say("requeue no list", syscall(REQUEUE, NULL, 0, 0, 1));
  w[0].val = 3;
  say("requeue other value", syscall(REQUEUE, w, 0, 0, 1));
  w[1].flags = 1;
  say("requeue to 16 bits", syscall(REQUEUE, w, 0, 0, 1));

  puts("-- signals");
  struct sigaction act = {.sa_handler = handler};
  sigaction(SIGALRM, &act, NULL);
  set(w, 2, U32 | PRIVATE);
  alarm(1);
  say("interrupted", syscall(WAITV, w, 2, 0, NULL, 0));
  act.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &act, NULL);
  t = in(CLOCK_MONOTONIC, 1300);
  alarm(1);
  say("restarted", syscall(WAITV, w, 2, 0, &t, CLOCK_MONOTONIC));

  puts("-- between processes");
  shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (fork() == 0) {
    struct word s[2] = {{10, (uintptr_t)words, U32 | PRIVATE, 0}, {0, (uintptr_t)shared, U32, 0}};
    say("child woken by", syscall(WAITV, s, 2, 0, NULL, 0));
    _exit(0);
  }
  nap();
  long woken = syscall(WAKE, shared, 0xfffffffful, 1, U32);
  wait(NULL);
  say("wake", woken);
}
