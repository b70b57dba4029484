/* What signal does a mapped page give that lies behind the end of its file, before and after it is cut? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"

static sigjmp_buf back;
static char *base;

static void caught(int signo, siginfo_t *info, void *context) {
  printf("signal %d code %d offset %ld\n", signo, info->si_code, (long)((char *)info->si_addr - base));
  siglongjmp(back, 1);
}

static void look(long offset) {
  if (sigsetjmp(back, 1) == 0) printf("byte %d\n", *(volatile char *)(base + offset));
}

static void put(long offset) {
  if (sigsetjmp(back, 1) == 0) {
    *(volatile char *)(base + offset) = 5;
    printf("stored\n");
  }
}

int main(void) {
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
  sigaction(SIGBUS, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  ftruncate(file, 5000);
  for (int shared = 0; shared < 2; shared++) {
    base = mmap(0, 4 * 4096, 3, shared ? MAP_SHARED : MAP_PRIVATE, file, 0);
    look(0);
    look(8191);
    look(8192);
    put(4096);
    ftruncate(file, 4096);
    look(4096);
    ftruncate(file, 8192);
    look(4096);
    put(4097);
    look(3 * 4096 + 77);
    mprotect(base, 4096, PROT_READ);
    put(8);
    munmap(base, 4096);
    look(16);
    munmap(base, 4 * 4096);
  }
}
