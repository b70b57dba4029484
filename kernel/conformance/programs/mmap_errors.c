/* Which errors do mmap and munmap give for arguments at their edges? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define MAPS(...) do { errno = 0; void *at = mmap(__VA_ARGS__); \
  printf("%s = %s%d\n", #__VA_ARGS__, at == MAP_FAILED ? "errno " : "mapped ", errno); } while (0)

int main(void) {
  int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  int readable = open("file", O_RDONLY);
  int writable = open("file", O_WRONLY);
  int directory = open(".", O_RDONLY);
  int ends[2];
  pipe(ends);
  MAPS(0, 0, 3, ANONYMOUS, -1, 0);
  MAPS(0, 1, 3, ANONYMOUS, -1, 0);
  MAPS(0, 4096, 3, MAP_ANONYMOUS, -1, 0);
  MAPS(0, 4096, 3, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0);
  MAPS(0, 4096, 3, ANONYMOUS, -1, 4096);
  MAPS(0, 4096, 3, ANONYMOUS, -1, 100);
  MAPS(0, 4096, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 4096);
  MAPS(0, 4096, 3, MAP_PRIVATE, -1, 0);
  MAPS(0, 4096, 3, MAP_PRIVATE, 77, 0);
  MAPS(0, 4096, 3, MAP_PRIVATE, readable, 0);
  MAPS(0, 4096, 3, MAP_SHARED, readable, 0);
  MAPS(0, 4096, 1, MAP_SHARED, readable, 0);
  MAPS(0, 4096, 1, MAP_SHARED, writable, 0);
  MAPS(0, 4096, 2, MAP_SHARED, writable, 0);
  MAPS(0, 4096, 1, MAP_PRIVATE, writable, 0);
  MAPS(0, 4096, 1, MAP_PRIVATE, directory, 0);
  MAPS(0, 4096, 1, MAP_SHARED, ends[0], 0);
  MAPS(0, 4096, 3, MAP_SHARED, file, 1);
  MAPS(0, 4096, 3, MAP_SHARED, file, 1 << 20);
  MAPS((void *)4097, 4096, 3, ANONYMOUS | MAP_FIXED, -1, 0);
  MAPS(0, 1L << 60, 3, ANONYMOUS, -1, 0);
  MAPS(0, -1, 3, ANONYMOUS, -1, 0);
  char *view = mmap(0, 4096, PROT_READ, MAP_SHARED, readable, 0);
  REPORT(mprotect(view, 4096, PROT_READ | PROT_WRITE));
  REPORT(munmap(view + 1, 4096));
  REPORT(munmap(view, 0));
  REPORT(munmap(view, -1));
  REPORT(munmap(view, 4096));
  REPORT(munmap(view, 4096));
}
