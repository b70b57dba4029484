/* Does the stack grow with use, stop at its limit, and keep its distance from what lies below? */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "report.h"

static sigjmp_buf back;
static char alternate[65536];

static void caught(int signo, siginfo_t *info, void *context) {
  printf("signal %d code %d\n", signo, info->si_code);
  siglongjmp(back, 1);
}

static int deep(int levels) {
  volatile char room[1024];
  memset((char *)room, levels, sizeof room);
  return levels == 0 ? 0 : deep(levels - 1) + (room[5] == (char)levels);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &action, 0);
  printf("%d\n", deep(4000));
  if (sigsetjmp(back, 1) == 0) printf("endless %d\n", deep(1 << 30));
  printf("%d\n", deep(100));
}
