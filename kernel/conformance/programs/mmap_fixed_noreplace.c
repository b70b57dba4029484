/* Does MAP_FIXED replace, MAP_FIXED_NOREPLACE refuse to, and a taken hint go elsewhere? */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "report.h"

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void) {
  char *base = mmap(0, 8 * 4096, 3, ANONYMOUS, -1, 0);
  munmap(base + 4 * 4096, 2 * 4096);
  base[0] = base[4096] = 1;
  REPORT((long)mmap(base + 3 * 4096, 8192, 3, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
  char *hole = base + 4 * 4096;
  printf("%d\n", mmap(hole, 8192, 3, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == hole);
  munmap(hole, 4096);
  printf("%d\n", mmap(hole, 100, 3, ANONYMOUS, -1, 0) == hole);
  printf("%d\n", mmap(hole, 100, 3, ANONYMOUS, -1, 0) == hole);
  printf("%d\n", mmap(base, 4096, 1, ANONYMOUS | MAP_FIXED, -1, 0) == base);
  printf("%d %d\n", base[0], base[4096]);
  REPORT(mprotect(base, 8192, 3));
  base[0] = 5;
  printf("%d %d\n", base[0], base[4096]);
}
