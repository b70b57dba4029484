/* Which si_code and si_addr does each kind of bad access give? */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "report.h"

static sigjmp_buf back;
static char *base;

static void caught(int signo, siginfo_t *info, void *context) {
  long offset = (char *)info->si_addr - base;
  int isNear = offset >= 0 && offset < 65536;
  printf("signal %d code %d at %ld\n", signo, info->si_code, isNear ? offset : (long)info->si_addr);
  siglongjmp(back, 1);
}

#define TRY(what) do { if (sigsetjmp(back, 1) == 0) { what; printf("%s: fine\n", #what); } } while (0)

int main(void) {
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);
  base = mmap(0, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(base + 4096, 4096, PROT_READ);
  mprotect(base + 8192, 4096, PROT_READ | PROT_WRITE);
  munmap(base + 16384, 4096);
  TRY(*(volatile char *)(base + 5));
  TRY(*(volatile char *)(base + 4096 + 5));
  TRY(*(volatile char *)(base + 4096 + 6) = 1);
  TRY(*(volatile char *)(base + 8192 + 7) = 1);
  TRY(*(volatile char *)(base + 16384 + 8));
  TRY(*(volatile char *)(base + 16384 + 9) = 1);
  TRY(*(volatile char *)0);
  TRY(*(volatile char *)16 = 1);
  TRY(((void (*)(void))(base + 8192))());
  TRY(((void (*)(void))(base + 16384))());
}
