/* Where are the bytes after mremap has grown, shrunk, moved or doubled a mapping? */
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "report.h"

#define PAGE 4096
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

static char *fresh(int pages, int flags) {
  char *at = mmap(0, pages * PAGE, 3, flags, -1, 0);
  for (int i = 0; i < pages; i++) at[i * PAGE] = 'a' + i;
  return at;
}

static void failed(const char *what, void *result) {
  printf("%s: %s errno %d\n", what, result == MAP_FAILED ? "failed" : "done", result == MAP_FAILED ? errno : 0);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  char *place = mmap(0, 64 * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
  char *at = fresh(4, ANONYMOUS);
  char *moved = mremap(at, 4 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
  printf("fixed %d: %c %c %d\n", moved == place, moved[0], moved[3 * PAGE], moved[5 * PAGE]);
  failed("old place", mremap(at, PAGE, PAGE, 0));
  failed("grow into a neighbour", mremap(place, 6 * PAGE, 7 * PAGE, 0));
  failed("shrink", mremap(place, 6 * PAGE, 2 * PAGE, 0));
  failed("grow back", mremap(place, 2 * PAGE, 4 * PAGE, 0));
  printf("%c %d\n", place[PAGE], place[2 * PAGE]);
  failed("zero", mremap(place, 4 * PAGE, 0, 0));
  failed("unaligned", mremap(place + 1, PAGE, PAGE, 0));
  failed("flags", mremap(place, PAGE, PAGE, 64));
  failed("fixed without maymove", mremap(place, PAGE, PAGE, MREMAP_FIXED, place + 32 * PAGE));
  failed("overlap", mremap(place, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place + PAGE));
  failed("across", mremap(place, 40 * PAGE, 41 * PAGE, MREMAP_MAYMOVE));
  failed("old size 0 of private", mremap(place, 0, PAGE, MREMAP_MAYMOVE));
  char *shared = fresh(3, MAP_SHARED | MAP_ANONYMOUS);
  char *twin = mremap(shared, 0, 3 * PAGE, MREMAP_MAYMOVE);
  twin[PAGE] = 'Z';
  printf("twin %d: %c %c %c\n", twin != shared, twin[0], shared[PAGE], twin[2 * PAGE]);
  char *tail = mremap(shared + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place + 8 * PAGE);
  printf("part of shared: %c %c %c\n", *tail, shared[0], shared[2 * PAGE]);
  failed("its hole", mremap(shared + PAGE, PAGE, PAGE, 0));
  char *kept = fresh(2, ANONYMOUS);
  char *copy = mremap(kept, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  printf("dontunmap: %d %c %c, left %d %d\n", copy != kept, copy[0], copy[PAGE], kept[0], kept[PAGE]);
  failed("dontunmap of another size", mremap(kept, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
}
