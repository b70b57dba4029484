/* What do kcmp(2), process_madvise(2), process_mrelease(2) and cachestat(2) answer? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int me, child;

static void same(const char *what, int a, int b, int type, unsigned long i, unsigned long j) {
  long there = syscall(SYS_kcmp, a, b, type, i, j), back = syscall(SYS_kcmp, b, a, type, j, i);
  printf("%s: %s\n", what, there < 0 ? strerror(errno) : there == 0 ? "same" : there + back == 3 ? "other" : "torn");
}

static void kinds(const char *who, int b) {
  puts(who);
  char *names[] = {"", "memory", "descriptors", "directories", "handlers", "io", "semaphores"};
  for (int type = 1; type < 7; type++) same(names[type], me, b, type, 0, 0);
}

static volatile int tid, ends;
static void *thread(void *unused) {
  tid = gettid();
  while (!ends) usleep(1000);
  return NULL;
}

static long cached(int fd, uint64_t from, uint64_t length) {
  uint64_t range[2] = {from, length}, told[5] = {};
  long result = syscall(451, fd, range, told, 0);
  return result ? result : told[0] * 10000 + told[1] + told[2] + told[3] + told[4];
}

int main(void) {
  pthread_t t;
  struct epoll_event e = {.events = EPOLLIN};
  me = getpid();
  int a = open("/dev/null", O_RDONLY), b = dup(a), c = open("/dev/null", O_RDONLY), set = epoll_create1(0), p[2];
  pipe(p);
  epoll_ctl(set, EPOLL_CTL_ADD, p[0], &e);
  fflush(stdout);
  child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  same("copy", me, me, 0, a, b);
  same("opened again", me, me, 0, a, c);
  same("of the child", me, child, 0, a, b);
  same("no descriptor", me, me, 0, a, 99);
  same("no kind", me, me, 8, 0, 0);
  same("nobody", me, 999999, 1, 0, 0);
  struct { unsigned efd, tfd, toff; } slot = {set, p[0], 0};
  REPORT(syscall(SYS_kcmp, me, me, 7, p[0], &slot));
  REPORT(syscall(SYS_kcmp, me, child, 7, p[0], &slot));
  slot.toff = 1;
  REPORT(syscall(SYS_kcmp, me, me, 7, p[0], &slot));
  slot = (typeof(slot)){a, p[0], 0};
  REPORT(syscall(SYS_kcmp, me, me, 7, p[0], &slot));
  REPORT(syscall(SYS_kcmp, me, me, 7, p[0], NULL));
  kinds("a child", child);
  pthread_create(&t, NULL, thread, NULL);
  while (!tid);
  kinds("a thread", tid);
  ends = 1;
  pthread_join(t, NULL);
  fflush(stdout);
  if (fork() == 0) {
    setuid(1234);
    same("not mine", getpid(), me, 1, 0, 0);
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);

  puts("-- advice");
  char *at = mmap(0, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct iovec v[2] = {{at, 4096}, {at + 8192, 8192}};
  int own = syscall(SYS_pidfd_open, me, 0), other = syscall(SYS_pidfd_open, child, 0);
  printf("%ld\n", syscall(440, own, v, 2, MADV_COLD, 0));
  printf("%ld\n", syscall(440, other, v, 2, MADV_PAGEOUT, 0));
  REPORT(syscall(440, other, v, 2, MADV_DONTNEED, 0));
  REPORT(syscall(440, own, v, 2, MADV_COLD, 1));
  REPORT(syscall(440, a, v, 2, MADV_COLD, 0));
  REPORT(syscall(440, own, v, 0, MADV_COLD, 0));
  munmap(at + 8192, 8192);
  printf("%ld\n", syscall(440, own, v, 2, MADV_COLD, 0));
  REPORT(syscall(440, own, v + 1, 1, MADV_COLD, 0));
  REPORT(syscall(448, other, 1));
  REPORT(syscall(448, other, 0));
  REPORT(syscall(448, a, 0));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  REPORT(syscall(448, other, 0));
  REPORT(syscall(440, other, v, 1, MADV_COLD, 0));

  puts("-- cache");
  int fd = open("/dev/shm/crucible_cache", O_CREAT | O_TRUNC | O_RDWR, 0600);
  ftruncate(fd, 40960);
  printf("%ld\n", cached(fd, 0, 0));
  pwrite(fd, at, 4096, 0);
  pwrite(fd, at, 4096, 12288);
  pwrite(fd, at, 4096, 16384);
  printf("%ld %ld %ld\n", cached(fd, 0, 0), cached(fd, 4095, 12290), cached(fd, 16384, 1));
  printf("%ld %ld %ld\n", cached(fd, 1 << 20, 5), cached(fd, 12288, -1), cached(fd, 4096, 4096));
  REPORT(cached(p[0], 0, 0));
  REPORT(cached(99, 0, 0));
  REPORT(syscall(451, fd, NULL, NULL, 0));
  uint64_t range[2] = {};
  REPORT(syscall(451, fd, range, NULL, 0));
  REPORT(syscall(451, fd, range, range, 1));
  unlink("/dev/shm/crucible_cache");
}
