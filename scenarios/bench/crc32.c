/* Are dependent table look-ups fast? CRC-32, byte by byte. */
#include "bench.h"

int main(int argc, char **argv) {
  int n = repetitions(argc, argv, 2800);
  static uint32_t table[256];
  static uint8_t data[100000];
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
    table[i] = c;
  }
  for (unsigned i = 0; i < sizeof data; i++) data[i] = (uint8_t) next_random();
  uint32_t crc = ~0u;
  for (int r = 0; r < n; r++)
    for (unsigned i = 0; i < sizeof data; i++) crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
  return finish(crc);
}
