/* When does a handler run on the alternate stack, and when may that be changed? */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>

#include "report.h"

static char *room;
static volatile int inside, refused;

static void handler(int signo) {
  char here;
  stack_t now, other = {.ss_sp = room, .ss_size = 65536};
  sigaltstack(0, &now);
  inside = &here >= room && &here < room + 65536;
  refused = sigaltstack(&other, 0) != 0;
  printf("signal %d: on it %d, flags %d, refused %d\n", signo, inside, now.ss_flags, refused);
}

int main(void) {
  room = malloc(65536);
  stack_t stack = {.ss_sp = room, .ss_size = 65536}, old;
  struct sigaction action = {.sa_handler = handler};
  sigaltstack(0, &old);
  printf("at first flags %d\n", old.ss_flags);
  REPORT(sigaltstack(&stack, 0));
  sigaction(SIGUSR1, &action, 0);
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR2, &action, 0);
  raise(SIGUSR1);
  raise(SIGUSR2);
  stack.ss_size = 100;
  REPORT(sigaltstack(&stack, 0));
  stack.ss_size = 65536;
  stack.ss_flags = 77;
  REPORT(sigaltstack(&stack, 0));
  stack.ss_flags = SS_DISABLE;
  REPORT(sigaltstack(&stack, &old));
  printf("was %d of %zu\n", old.ss_flags, old.ss_size);
  raise(SIGUSR2);
}
