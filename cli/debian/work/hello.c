#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *square(void *number) {
  return (void *)((long)number * (long)number);
}

int main(int argc, char **argv) {
  pthread_t threads[4];
  long sum = 0;
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], 0, square, (void *)(i + argc));
  for (int i = 0; i < 4; i++) {
    void *result;
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  char *text = malloc(100);
  snprintf(text, 100, "hello from %s: %ld %.17g", strrchr(argv[0], '/') + 1, sum, sqrt(2));
  puts(text);
  free(text);
  return 5;
}
