/* Which pages does mincore call resident, and which errors does it give? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096

static void show(char *base, int pages) {
  unsigned char vector[8];
  REPORT(mincore(base, pages * PAGE, vector));
  for (int i = 0; i < pages; i++) printf("%d", vector[i] & 1);
  putchar('\n');
}

int main(void) {
  char *base = mmap(0, 4 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  show(base, 4);
  base[PAGE] = 1;
  base[3 * PAGE] = 1;
  show(base, 4);
  madvise(base + 3 * PAGE, PAGE, MADV_DONTNEED);
  show(base, 4);
  char *shared = mmap(0, 3 * PAGE, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  shared[PAGE] = 1;
  show(shared, 3);
  char *populated = mmap(0, 2 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  show(populated, 2);
  unsigned char vector[8];
  REPORT(mincore(base + 1, PAGE, vector));
  REPORT(mincore(base, PAGE, (void *)8));
  munmap(base + 2 * PAGE, PAGE);
  REPORT(mincore(base, 4 * PAGE, vector));
  REPORT(mincore(base, 0, vector));
}
