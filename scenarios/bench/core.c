/* Is everyday integer code fast? Linked list, matrix, state machine and checksum, in the manner of CoreMark. */
#include "bench.h"

struct item { struct item *next; int16_t key; uint16_t data; };
static struct item items[256];
static int16_t matrix_a[24][24], matrix_b[24][24];
static int32_t matrix_c[24][24];

static uint16_t crc16(uint16_t crc, uint16_t data) {
  for (int i = 0; i < 16; i++) {
    uint16_t carry = (crc ^ data) & 1;
    crc >>= 1;
    data >>= 1;
    if (carry) crc ^= 0xa001;
  }
  return crc;
}

static struct item *build_list(int seed) {
  struct item *head = NULL;
  for (int i = 0; i < 256; i++) {
    items[i].key = (int16_t) ((i * 7919 + seed) & 0x7fff);
    items[i].data = (uint16_t) (i ^ seed);
    items[i].next = head;
    head = &items[i];
  }
  return head;
}

static struct item *reverse(struct item *list) {
  struct item *done = NULL;
  while (list) {
    struct item *next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}

static struct item *merge_sort(struct item *list) {
  for (int run = 1;; run *= 2) {
    struct item *rest = list, *tail = NULL;
    int merges = 0;
    list = NULL;
    while (rest) {
      struct item *a = rest, *b = rest;
      int a_left = 0, b_left = run;
      merges++;
      for (int i = 0; i < run && b; i++) { a_left++; b = b->next; }
      while (a_left > 0 || (b_left > 0 && b)) {
        struct item *smallest;
        if (a_left == 0 || (b_left > 0 && b && b->key < a->key)) {
          smallest = b; b = b->next; b_left--;
        } else {
          smallest = a; a = a->next; a_left--;
        }
        if (tail) tail->next = smallest; else list = smallest;
        tail = smallest;
      }
      rest = b;
    }
    tail->next = NULL;
    if (merges <= 1) return list;
  }
}

static int32_t matrix(int seed) {
  int32_t sum = 0;
  for (int i = 0; i < 24; i++)
    for (int j = 0; j < 24; j++) {
      matrix_a[i][j] = (int16_t) (i * seed + j);
      matrix_b[i][j] = (int16_t) (j * seed - i);
    }
  for (int i = 0; i < 24; i++)
    for (int j = 0; j < 24; j++) {
      int32_t total = 0;
      for (int k = 0; k < 24; k++) total += matrix_a[i][k] * matrix_b[k][j];
      matrix_c[i][j] = total;
      sum += total >> 4;
    }
  return sum;
}

enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_DIGITS, INVALID, STATES };

static enum state scan(const char **text, uint32_t *transitions) {
  enum state state = START;
  for (; **text && state != INVALID; (*text)++) {
    char c = **text;
    if (c == ',') { (*text)++; break; }
    enum state before = state;
    int digit = c >= '0' && c <= '9';
    switch (state) {
      case START: state = digit ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : INVALID; break;
      case SIGN: state = digit ? INTEGER : c == '.' ? POINT : INVALID; break;
      case INTEGER: state = digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : INVALID; break;
      case POINT: state = digit ? FRACTION : INVALID; break;
      case FRACTION: state = digit ? FRACTION : c == 'e' ? EXPONENT : INVALID; break;
      case EXPONENT: state = digit || c == '-' || c == '+' ? EXPONENT_DIGITS : INVALID; break;
      case EXPONENT_DIGITS: state = digit ? EXPONENT_DIGITS : INVALID; break;
      default: break;
    }
    if (state != before) transitions[state]++;
  }
  return state;
}

int main(int argc, char **argv) {
  static const char *numbers = "5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,T0.3e-1F,";
  int n = repetitions(argc, argv, 12000);
  uint16_t crc = 0;
  for (int i = 0; i < n; i++) {
    struct item *list = merge_sort(reverse(build_list(i)));
    for (; list; list = list->next) crc = crc16(crc, list->data);
    crc = crc16(crc, (uint16_t) matrix(i & 15));
    uint32_t transitions[STATES] = { 0 };
    for (int k = 0; k < 6; k++)
      for (const char *text = numbers; *text;) transitions[scan(&text, transitions)] += 3;
    for (int k = 0; k < STATES; k++) crc = crc16(crc, (uint16_t) transitions[k]);
  }
  return finish(crc);
}
