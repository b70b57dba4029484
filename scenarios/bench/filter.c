/* Is single-precision arithmetic fast? A filter of 32 taps over a signal. */
#include "bench.h"
#define SAMPLES 16384
#define TAPS 32
static float signal_in[SAMPLES + TAPS], signal_out[SAMPLES], taps[TAPS];

int main(int argc, char **argv) {
  int n = repetitions(argc, argv, 70);
  for (int i = 0; i < SAMPLES + TAPS; i++) signal_in[i] = (float) (next_random() % 2000) / 1000.0f - 1.0f;
  for (int i = 0; i < TAPS; i++) taps[i] = 1.0f / (float) (i + 3);
  uint64_t sum = 0;
  for (int r = 0; r < n; r++) {
    for (int i = 0; i < SAMPLES; i++) {
      float total = 0;
      for (int k = 0; k < TAPS; k++) total += signal_in[i + k] * taps[k];
      signal_out[i] = total;
    }
    uint32_t bits;
    memcpy(&bits, &signal_out[(r * 131) % SAMPLES], 4);
    sum = sum * 31 + bits;
    signal_in[r] = signal_out[r] * 0.5f;
  }
  return finish(sum);
}
