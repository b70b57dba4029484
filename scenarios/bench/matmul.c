/* Is double-precision arithmetic fast? Matrix multiplication. */
#include "bench.h"
#define N 120
static double a[N][N], b[N][N], c[N][N];

int main(int argc, char **argv) {
  int n = repetitions(argc, argv, 35);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      a[i][j] = (double) (next_random() % 1000) / 7;
      b[i][j] = (double) (next_random() % 1000) / 3;
    }
  double sum = 0;
  for (int r = 0; r < n; r++) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        double total = 0;
        for (int k = 0; k < N; k++) total += a[i][k] * b[k][j];
        c[i][j] = total;
      }
    sum += c[r % N][(r * 7) % N];
    a[r % N][0] += 1;
  }
  uint64_t bits;
  memcpy(&bits, &sum, 8);
  return finish(bits);
}
