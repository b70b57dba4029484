/* Are rotations and long straight code fast? SHA-256. */
#include "bench.h"

static uint32_t constants[64], initial[8];

static int is_prime(int n) {
  for (int d = 2; d * d <= n; d++) if (n % d == 0) return 0;
  return 1;
}

/* The first 32 bits of the fraction of n's square or cube root, by bisection on integers. */
static uint32_t root_fraction(uint64_t n, int power) {
  unsigned __int128 low = 0, high = (unsigned __int128) 1 << 37;
  while (high - low > 1) {
    unsigned __int128 middle = (low + high) / 2;
    unsigned __int128 limit = (unsigned __int128) n << (power == 2 ? 64 : 96);
    unsigned __int128 value = power == 2 ? middle * middle : middle * middle * middle;
    if (value <= limit) low = middle; else high = middle;
  }
  return (uint32_t) low;
}

static inline uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void block(uint32_t *state, const uint8_t *bytes) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t) bytes[4 * i] << 24 | bytes[4 * i + 1] << 16 | bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

int main(int argc, char **argv) {
  int n = repetitions(argc, argv, 1000);
  static uint8_t data[65536];
  for (int p = 2, i = 0; i < 64; p++)
    if (is_prime(p)) {
      constants[i] = root_fraction((uint64_t) p, 3);
      if (i < 8) initial[i] = root_fraction((uint64_t) p, 2);
      i++;
    }
  for (unsigned i = 0; i < sizeof data; i++) data[i] = (uint8_t) next_random();
  uint32_t state[8];
  memcpy(state, initial, sizeof state);
  for (int r = 0; r < n; r++)
    for (unsigned i = 0; i < sizeof data; i += 64) block(state, data + i);
  return finish((uint64_t) state[0] << 32 | state[1]);
}
