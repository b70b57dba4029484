/* Are the C library's string and memory functions fast? */
#include "bench.h"

static int compare(const void *a, const void *b) {
  return strcmp(*(char *const *) a, *(char *const *) b);
}

int main(int argc, char **argv) {
  int n = repetitions(argc, argv, 260);
  static char text[65536], copy[65536], *words[4096];
  uint64_t sum = 0;
  for (int r = 0; r < n; r++) {
    for (unsigned i = 0; i < sizeof text - 1; i++) text[i] = (char) ('a' + next_random() % 26);
    for (unsigned i = 0; i < sizeof text - 1; i += 5 + next_random() % 12) text[i] = ' ';
    memcpy(copy, text, sizeof text);
    sum += strlen(copy) + (uint64_t) memcmp(text, copy, sizeof text);
    for (int i = 0; i < 26; i++) {
      char *found = strchr(copy + 30000, 'a' + i);
      if (found) sum += (uint64_t) (found - copy);
    }
    for (char *at = copy; (at = strstr(at, "ab")); at++) sum++;
    int count = 0;
    for (char *word = strtok(copy, " "); word && count < 4096; word = strtok(NULL, " ")) words[count++] = word;
    qsort(words, (size_t) count, sizeof *words, compare);
    for (int i = 0; i < count; i += 100) sum = sum * 131 + strlen(words[i]) + (uint8_t) words[i][0];
    memmove(text + 7, text, sizeof text - 8);
    memset(copy, 'x', sizeof copy);
    char number[32];
    snprintf(number, sizeof number, "%d %x %s", r, r * 77, "text");
    sum += strlen(number) + (uint64_t) strtol(number, NULL, 10);
  }
  return finish(sum);
}
