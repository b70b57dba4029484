/* Are recursion and data-dependent branches fast? Quicksort. */
#include "bench.h"
#define COUNT 200000
static int32_t values[COUNT];

static void sort(int32_t *a, long low, long high) {
  while (low < high) {
    int32_t pivot = a[(low + high) / 2];
    long i = low, j = high;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) { int32_t t = a[i]; a[i++] = a[j]; a[j--] = t; }
    }
    if (j - low < high - i) { sort(a, low, j); low = i; }
    else { sort(a, i, high); high = j; }
  }
}

int main(int argc, char **argv) {
  int n = repetitions(argc, argv, 32);
  uint64_t sum = 0;
  for (int r = 0; r < n; r++) {
    for (int i = 0; i < COUNT; i++) values[i] = (int32_t) next_random();
    sort(values, 0, COUNT - 1);
    for (int i = 0; i < COUNT; i += 1000) sum = sum * 31 + (uint32_t) values[i];
  }
  return finish(sum);
}
