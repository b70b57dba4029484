/* What may be locked, and what does a lock forbid? */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096

int main(void) {
  char *base = mmap(0, 16 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned char vector[16];
  REPORT(mlock(base + 100, PAGE));
  mincore(base, 4 * PAGE, vector);
  printf("%d%d%d%d\n", vector[0], vector[1], vector[2], vector[3]);
  REPORT(madvise(base, PAGE, MADV_DONTNEED));
  REPORT(msync(base, PAGE, MS_INVALIDATE));
  REPORT(munlock(base, 2 * PAGE));
  REPORT(madvise(base, PAGE, MADV_DONTNEED));
  REPORT(syscall(SYS_mlock2, base + 4 * PAGE, PAGE, 1));
  REPORT(syscall(SYS_mlock2, base + 4 * PAGE, PAGE, 2));
  mincore(base + 4 * PAGE, PAGE, vector);
  printf("%d\n", vector[0]);
  munmap(base + 8 * PAGE, PAGE);
  REPORT(mlock(base + 7 * PAGE, 3 * PAGE));
  REPORT(munlock(base + 7 * PAGE, 3 * PAGE));
  REPORT(mlock(base, 0));
  REPORT(mlock(base, -1));
  REPORT(mlockall(0));
  REPORT(mlockall(MCL_ONFAULT));
  REPORT(mlockall(64));
  REPORT(munlockall());
}
