/* Do processes meet at a futex in memory that they share, and not at one in memory that they do not? */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static uint32_t own;

static long futex(void *word, int op, uint32_t value) {
  return syscall(SYS_futex, word, op, value, 0, 0, 0);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  uint32_t *shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  pid_t child = fork();
  if (child == 0) {
    _exit(5 + futex(&shared[1030], FUTEX_WAIT, 0));
  }
  usleep(20000);
  printf("private wake: %ld\n", futex(&shared[1030], FUTEX_WAKE_PRIVATE, 1));
  printf("shared wake: %ld\n", futex(&shared[1030], FUTEX_WAKE, 1));
  int status;
  waitpid(child, &status, 0);
  printf("status %d\n", WEXITSTATUS(status));

  child = fork();
  if (child == 0) {
    futex(&own, FUTEX_WAIT, 0);
    _exit(1);
  }
  usleep(20000);
  printf("wake of a copy: %ld\n", futex(&own, FUTEX_WAKE, 1));
  kill(child, 9);
  waitpid(child, &status, 0);
  printf("killed %d\n", WTERMSIG(status));
}
