/* Are division and square roots fast? Five bodies that attract each other. */
#include <math.h>
#include "bench.h"

static double place[5][3], speed[5][3], mass[5];

int main(int argc, char **argv) {
  int n = repetitions(argc, argv, 330000);
  for (int i = 0; i < 5; i++) {
    mass[i] = 1 + i * 0.5;
    for (int k = 0; k < 3; k++) {
      place[i][k] = (i + 1) * (k + 2) * 0.7 - k * k;
      speed[i][k] = 0.01 * (i - k);
    }
  }
  for (int r = 0; r < n; r++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        double d[3], square = 0.01;
        for (int k = 0; k < 3; k++) { d[k] = place[i][k] - place[j][k]; square += d[k] * d[k]; }
        double magnitude = 0.001 / (square * sqrt(square));
        for (int k = 0; k < 3; k++) {
          speed[i][k] -= d[k] * mass[j] * magnitude;
          speed[j][k] += d[k] * mass[i] * magnitude;
        }
      }
    for (int i = 0; i < 5; i++) for (int k = 0; k < 3; k++) place[i][k] += 0.001 * speed[i][k];
  }
  uint64_t bits;
  memcpy(&bits, &place[0][0], 8);
  return finish(bits);
}
