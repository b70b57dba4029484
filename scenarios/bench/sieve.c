/* Are byte stores with a stride fast? Eratosthenes' sieve. */
#include "bench.h"
#define LIMIT 2000000
static uint8_t composite[LIMIT + 1];

int main(int argc, char **argv) {
  int n = repetitions(argc, argv, 80);
  uint64_t sum = 0;
  for (int r = 0; r < n; r++) {
    memset(composite, 0, sizeof composite);
    for (int i = 2; i * i <= LIMIT; i++)
      if (!composite[i])
        for (int k = i * i; k <= LIMIT; k += i) composite[k] = 1;
    for (int i = 2; i <= LIMIT; i++) sum += !composite[i];
  }
  return finish(sum);
}
