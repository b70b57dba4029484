/* What is left in memory after each kind of madvise, and for whom? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  char line[2 * PAGE];
  memset(line, 'f', sizeof line);
  write(file, line, sizeof line);
  char *private = mmap(0, 4 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *shared = mmap(0, 4 * PAGE, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char *copy = mmap(0, 2 * PAGE, 3, MAP_PRIVATE, file, 0);
  memset(private, 'p', 4 * PAGE);
  memset(shared, 's', 4 * PAGE);
  memset(copy, 'c', 2 * PAGE);
  REPORT(madvise(private, PAGE, MADV_DONTNEED));
  REPORT(madvise(shared, PAGE, MADV_DONTNEED));
  REPORT(madvise(copy, PAGE, MADV_DONTNEED));
  printf("%d %c %c %c %c\n", private[0], private[PAGE], shared[0], copy[0], copy[PAGE]);
  REPORT(madvise(private, PAGE, MADV_REMOVE));
  REPORT(madvise(shared + PAGE, PAGE, MADV_REMOVE));
  printf("%c %d %c\n", shared[0], shared[PAGE], shared[2 * PAGE]);
  REPORT(madvise(shared, PAGE, MADV_FREE));
  REPORT(madvise(copy, PAGE, MADV_FREE));
  REPORT(madvise(private + PAGE, PAGE, MADV_WIPEONFORK));
  REPORT(madvise(shared, PAGE, MADV_WIPEONFORK));
  REPORT(madvise(copy, PAGE, MADV_WIPEONFORK));
  REPORT(madvise(private + 3 * PAGE, PAGE, MADV_DONTFORK));
  if (fork() == 0) {
    printf("child: %d %c\n", private[PAGE], private[2 * PAGE]);
    REPORT(madvise(private + 3 * PAGE, PAGE, MADV_NORMAL));
    REPORT(msync(private + 2 * PAGE, 2 * PAGE, MS_SYNC));
    _exit(0);
  }
  wait(0);
  printf("parent: %c %c %c\n", private[PAGE], private[2 * PAGE], private[3 * PAGE]);
  REPORT(madvise(private + PAGE, PAGE, MADV_KEEPONFORK));
  REPORT(madvise(private, 4 * PAGE, MADV_POPULATE_WRITE));
  mprotect(private, PAGE, PROT_READ);
  REPORT(madvise(private, 2 * PAGE, MADV_POPULATE_WRITE));
  REPORT(madvise(private, 2 * PAGE, MADV_POPULATE_READ));
  REPORT(madvise(private, PAGE, 99));
  REPORT(madvise(private + 1, PAGE, MADV_NORMAL));
  REPORT(madvise(private, -PAGE / 2, MADV_NORMAL));
  REPORT(madvise(private, 0, MADV_DONTNEED));
  munmap(private + PAGE, PAGE);
  REPORT(madvise(private, 4 * PAGE, MADV_DONTNEED));
  printf("%d %d\n", private[0], private[3 * PAGE]);
}
