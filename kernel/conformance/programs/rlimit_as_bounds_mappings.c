/* Do RLIMIT_AS and RLIMIT_DATA bound new memory, and only what they are about? */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "report.h"

#define MEGABYTE (1L << 20)
#define MAPS(length, protection, flags) do { errno = 0; \
  void *at = mmap(0, length, protection, flags, -1, 0); \
  printf("%s %s = %d\n", #length, #flags, at == MAP_FAILED ? errno : 0); } while (0)

int main(void) {
  struct rlimit limit = {.rlim_cur = 512 * MEGABYTE, .rlim_max = RLIM_INFINITY};
  setrlimit(RLIMIT_AS, &limit);
  MAPS(600 * MEGABYTE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
  MAPS(600 * MEGABYTE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
  MAPS(32 * MEGABYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  limit.rlim_cur = RLIM_INFINITY;
  setrlimit(RLIMIT_AS, &limit);
  MAPS(600 * MEGABYTE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
  limit.rlim_cur = 64 * MEGABYTE;
  setrlimit(RLIMIT_DATA, &limit);
  MAPS(100 * MEGABYTE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
  MAPS(100 * MEGABYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
  MAPS(32 * MEGABYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
}
