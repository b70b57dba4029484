/* Does the program break move by exactly what is asked, and does new memory read as zero? */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  char *start = (char *)syscall(SYS_brk, 0);
  char *grown = (char *)syscall(SYS_brk, start + 3 * 4096 + 5);
  printf("grown by %ld\n", (long)(grown - start));
  long sum = 0;
  for (char *byte = start; byte < grown; byte++) sum += *byte;
  printf("sum %ld\n", sum);
  *start = 7;
  syscall(SYS_brk, start);
  syscall(SYS_brk, start + 4096);
  printf("after shrinking and growing again: %d\n", *start);
  printf("refused as it was: %d\n", (char *)syscall(SYS_brk, (void *)UINTPTR_MAX) == start + 4096);
}
