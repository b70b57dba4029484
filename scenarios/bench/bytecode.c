/* Are indirect jumps fast? An interpreter of byte code that runs a small nested loop. */
#include "bench.h"

enum { PUSH, ADD, SUB, MUL, XOR, LOAD, STORE, LESS, JUMP_IF, DUP, SHIFT, HALT };

static const int32_t program[] = {
  PUSH, 0, STORE, 0, PUSH, 1, STORE, 1,
  LOAD, 1, PUSH, 31, MUL, LOAD, 0, XOR, PUSH, 7, ADD, STORE, 1,
  LOAD, 1, DUP, SHIFT, 13, XOR, STORE, 1,
  LOAD, 0, PUSH, 1, ADD, DUP, STORE, 0,
  LOAD, 2, LESS, JUMP_IF, 8,
  LOAD, 1, PUSH, 3, SUB, HALT,
};

static uint64_t interpret(uint64_t limit) {
  uint64_t stack[16], variables[4] = { 0, 0, limit, 0 };
  int top = 0;
  for (const int32_t *at = program;;) {
    switch (*at++) {
      case PUSH: stack[top++] = (uint64_t) *at++; break;
      case ADD: top--; stack[top - 1] += stack[top]; break;
      case SUB: top--; stack[top - 1] -= stack[top]; break;
      case MUL: top--; stack[top - 1] *= stack[top]; break;
      case XOR: top--; stack[top - 1] ^= stack[top]; break;
      case LOAD: stack[top++] = variables[*at++]; break;
      case STORE: variables[*at++] = stack[--top]; break;
      case LESS: top--; stack[top - 1] = stack[top - 1] < stack[top]; break;
      case JUMP_IF: { int32_t target = *at++; if (stack[--top]) at = program + target; break; }
      case DUP: stack[top] = stack[top - 1]; top++; break;
      case SHIFT: stack[top - 1] >>= *at++; break;
      case HALT: return stack[--top];
    }
  }
}

int main(int argc, char **argv) {
  return finish(interpret((uint64_t) repetitions(argc, argv, 3000000)));
}
