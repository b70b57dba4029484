/* What do mmap, munmap, mprotect, mremap, madvise, msync and brk answer, and what is in the pages then? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define MOVE (MREMAP_FIXED | MREMAP_MAYMOVE)

static void maps(char *base) {
  REPORT(mmap(base, 0, 3, ANONYMOUS, -1, 0));
  REPORT(mmap(base, PAGE, 3, MAP_ANONYMOUS, -1, 0));
  REPORT(mmap(base + 1, PAGE, 3, MAP_FIXED | ANONYMOUS, -1, 0));
  REPORT(mmap(0, -1, 3, ANONYMOUS, -1, 0));
  REPORT(mmap(0, PAGE, 3, MAP_PRIVATE, -1, 0));
  REPORT(munmap(base + 1, PAGE));
  REPORT(munmap(base, 0));
  REPORT(munmap(base + 60 * PAGE, 4 * PAGE));
  REPORT(munmap(base + 60 * PAGE, 4 * PAGE));
}

static void protections(char *base) {
  REPORT(mprotect(base + 1, PAGE, 0));
  REPORT(mprotect(base, 61 * PAGE, 1));
  REPORT(mprotect(base, 2 * PAGE, 0x55));
  REPORT(mprotect(base, 60 * PAGE, 3));
  memset(base, 1, 60 * PAGE);
  REPORT(munmap(base + 10 * PAGE, 2 * PAGE));
  REPORT(mprotect(base, 60 * PAGE, 1));
  REPORT(mprotect(base, 10 * PAGE, 3));
  REPORT(mprotect(base + 12 * PAGE, 48 * PAGE, 3));
  REPORT(madvise(base, PAGE, MADV_DONTNEED));
  printf("%d %d\n", base[0], base[PAGE]);
  REPORT(madvise(base + 1, PAGE, MADV_DONTNEED));
}

static void moves(char *base) {
  memset(base, 2, 10 * PAGE);
  printf("%d\n", mremap(base, 10 * PAGE, 5 * PAGE, 0) == base);
  REPORT(mremap(base + 5 * PAGE, PAGE, 2 * PAGE, 0));
  REPORT(mremap(base, 5 * PAGE, 20 * PAGE, 0));
  char *moved = mremap(base, 5 * PAGE, 100 * PAGE, MREMAP_MAYMOVE);
  printf("%d %d %d %d\n", moved != base, moved[0], moved[5 * PAGE - 1], moved[5 * PAGE]);
  REPORT(mremap(base, PAGE, PAGE, 0));
  REPORT(mremap(moved, 100 * PAGE, 200 * PAGE, 8));
  REPORT(mremap(moved + 1, PAGE, PAGE, 0));
  REPORT(mremap(moved, 2 * PAGE, 2 * PAGE, MREMAP_FIXED, moved + 50 * PAGE));
  char *small = mmap(0, 10 * PAGE, 3, ANONYMOUS, -1, 0);
  memset(small, 9, 2 * PAGE);
  moved[60 * PAGE] = 5;
  REPORT(mremap(small, 2 * PAGE, 4 * PAGE, MOVE, moved + 60 * PAGE));
  printf("%d %d %d\n", moved[60 * PAGE], moved[62 * PAGE - 1], moved[62 * PAGE]);
  REPORT(mremap(moved, 2 * PAGE, 2 * PAGE, MOVE, moved + PAGE));
  REPORT(munmap(small, PAGE));
  REPORT(msync(moved, PAGE, MS_SYNC));
  REPORT(msync(moved, PAGE, MS_SYNC | MS_ASYNC));
  REPORT(msync(moved + 1, PAGE, MS_SYNC));
}

static void heap(void) {
  char *begin = sbrk(0);
  REPORT(sbrk(10 * PAGE));
  begin[10 * PAGE - 1] = 7;
  REPORT(sbrk(-5 * PAGE));
  REPORT(sbrk(5 * PAGE));
  printf("%d\n", begin[10 * PAGE - 1]);
  REPORT(brk(begin));
  REPORT(sbrk(1L << 45));
  REPORT(brk((void *)16));
  long sum = 0;
  char *blocks[64];
  for (int i = 0; i < 64; i++) {
    blocks[i] = malloc(10000 * (i + 1));
    memset(blocks[i], i, 10000 * (i + 1));
  }
  for (int i = 0; i < 64; i++) {
    for (int at = 0; at < 10000 * (i + 1); at += 100) sum += blocks[i][at];
    free(blocks[i]);
  }
  printf("%ld\n", sum);
}

static void files(const char *path) {
  char byte;
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  for (int i = 0; i < 5000; i++) write(file, "a", 1);
  char *map = mmap(0, 4 * PAGE, 3, MAP_PRIVATE, file, 0);
  printf("%c %c %d\n", map[0], map[4999], map[5000]);
  map[0] = 'z';
  pread(file, &byte, 1, 0);
  printf("%c %c\n", map[0], byte);
  map = mmap(0, PAGE, 1, MAP_PRIVATE, file, PAGE);
  REPORT(mmap(0, PAGE, 1, MAP_PRIVATE, file, 100));
  close(file);
  printf("%c\n", map[3]);
  REPORT(mmap(0, PAGE, 1, MAP_PRIVATE, open(path, O_WRONLY), 0));
  REPORT(mmap(0, PAGE, 1, MAP_PRIVATE, open("/", O_RDONLY), 0));
  void *readable = mmap(0, PAGE, PROT_READ, ANONYMOUS, -1, 0);
  REPORT(read(open(path, O_RDONLY), readable, 10));
  REPORT(write(1, (void *)8, 1));
  unlink(path);
}

static void deep_stack(void) {
  volatile char room[6 << 20];
  room[0] = 1;
  room[6 << 19] = 2;
  printf("stack %d\n", room[0] + room[6 << 19]);
}

int main(int argc, char **argv) {
  (void)argc;
  setvbuf(stdout, 0, _IONBF, 0);
  char *base = mmap(0, 64 * PAGE, 3, ANONYMOUS, -1, 0);
  maps(base);
  protections(base);
  moves(base);
  heap();
  files(argv[1]);
  deep_stack();
  return 42;
}
