/* What does mprotect change over several mappings and holes, as system calls see it? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096

/* For each page: whether it can be read, and whether it can be written to. */
static void show(char *base, int pages) {
  int zero = open("/dev/zero", O_RDONLY);
  int null = open("work", O_RDWR | O_CREAT, 0600);
  for (int i = 0; i < pages; i++) {
    printf("%c", write(null, base + i * PAGE, 1) == 1 ? 'r' : '-');
    printf("%c ", read(zero, base + i * PAGE, 1) == 1 ? 'w' : '-');
  }
  printf("\n");
  close(zero);
  close(null);
}

int main(void) {
  char *base = mmap(0, 8 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  show(base, 8);
  REPORT(mprotect(base + PAGE, 2 * PAGE, PROT_READ));
  REPORT(mprotect(base + 3 * PAGE, PAGE, PROT_NONE));
  show(base, 8);
  munmap(base + 5 * PAGE, PAGE);
  REPORT(mprotect(base + 2 * PAGE, 6 * PAGE, PROT_READ));
  show(base, 8);
  REPORT(mprotect(base, 5 * PAGE, PROT_READ | PROT_WRITE));
  show(base, 8);
  REPORT(mprotect(base, PAGE, PROT_WRITE));
  show(base, 1);
  REPORT(mprotect(base + 5 * PAGE, PAGE, 3));
  REPORT(mprotect(base + 1, PAGE, 3));
  REPORT(mprotect(base, 0, 3));
  REPORT(mprotect(base, -PAGE, 3));
  REPORT(mprotect(base, PAGE, 0x40));
  REPORT(mprotect(base, PAGE, PROT_GROWSDOWN | 3));
}
