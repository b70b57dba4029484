/* Are calls and returns fast? Recursive Fibonacci numbers. */
#include "bench.h"

__attribute__((noinline, optimize("no-optimize-sibling-calls", "no-inline", "no-ipa-cp"))) static uint64_t fibonacci(uint32_t n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

int main(int argc, char **argv) {
  return finish(fibonacci((uint32_t) repetitions(argc, argv, 36)));
}
