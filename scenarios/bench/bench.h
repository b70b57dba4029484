/* What the bench's programs share: they compute, print one number, and repeat as often as told. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t random_state = 12345;

/* A number of 31 bits from a linear congruential generator: the same on every machine. */
static inline uint32_t next_random(void) {
  random_state = random_state * 1103515245u + 12345u;
  return random_state >> 1;
}

/* How often to repeat: the first argument, or a default that takes qemu-user about 1 s. */
static inline int repetitions(int argc, char **argv, int otherwise) {
  return argc > 1 ? atoi(argv[1]) : otherwise;
}

static inline int finish(uint64_t result) {
  printf("%016llx\n", (unsigned long long) result);
  return 0;
}
