/* Is code fast that runs once? A large static program: 512 functions, each called twice. */
#include "bench.h"

/* No two functions are alike, so that the compiler keeps them all. */
#define FUNCTION(n)                                                                      \
  static __attribute__((noinline)) uint64_t function_##n(uint64_t x, uint8_t *table) {   \
    uint64_t y = x * (0x9e3779b97f4a7c15u + 2 * n##u) ^ n##u;                            \
    switch (x % 5) {                                                                     \
      case 0: y += table[y & 255] * (n##u + 3); break;                                   \
      case 1: y ^= y >> (n % 13 + 1); table[x & 255] ^= (uint8_t) y; break;              \
      case 2: for (int i = 0; i < n % 4 + 1; i++) y = y * 31 + table[(x + i * n) & 255]; break; \
      case 3: y = (y << (n % 31 + 1)) | (x >> (n % 17 + 1)); break;                      \
      default: y -= x / (n##u + 1); table[y & 255]++; break;                             \
    }                                                                                    \
    return y % 3 == 0 ? y + n##u : y ^ (x << 1);                                         \
  }

#define EACH_2(use, n) use(n##0) use(n##1)
#define EACH_4(use, n) EACH_2(use, n##0) EACH_2(use, n##1)
#define EACH_8(use, n) EACH_4(use, n##0) EACH_4(use, n##1)
#define EACH_16(use, n) EACH_8(use, n##0) EACH_8(use, n##1)
#define EACH_32(use, n) EACH_16(use, n##0) EACH_16(use, n##1)
#define EACH_64(use, n) EACH_32(use, n##0) EACH_32(use, n##1)
#define EACH_128(use, n) EACH_64(use, n##0) EACH_64(use, n##1)
#define EACH_256(use, n) EACH_128(use, n##0) EACH_128(use, n##1)
#define EACH_512(use, n) EACH_256(use, n##0) EACH_256(use, n##1)
#define EACH(use) EACH_512(use, 0b1)
#define NAME(n) function_##n,

EACH(FUNCTION)

static uint64_t (*const functions[])(uint64_t, uint8_t *) = { EACH(NAME) };

int main(int argc, char **argv) {
  int n = repetitions(argc, argv, 2);
  static uint8_t table[256];
  uint64_t x = 1;
  for (int r = 0; r < n; r++)
    for (int i = 0; i < 512; i++) x = functions[i](x, table);
  return finish(x);
}
