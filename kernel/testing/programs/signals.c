/* What does a program see of signals: handlers, masks, queues, faults, alternate stacks? */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "report.h"

static volatile int handled;
static sigjmp_buf escape;
static void *fault_address;

static void count(int signo) {
  handled++;
  printf("handler %d\n", signo);
}

static void inform(int signo, siginfo_t *info, void *context) {
  (void)context;
  handled++;
  printf("siginfo %d code %d own %d uid %d value %d\n", signo, info->si_code,
         info->si_pid == getpid(), info->si_uid,
         info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
}

static void escape_fault(int signo, siginfo_t *info, void *context) {
  (void)context;
  printf("fault %d code %d address %d\n", signo, info->si_code, info->si_addr == fault_address);
  siglongjmp(escape, 1);
}

static void step_over(int signo, siginfo_t *info, void *context) {
  unsigned long *registers = ((ucontext_t *)context)->uc_mcontext.__gregs;
  printf("trap %d code %d at pc %d\n", signo, info->si_code,
         (unsigned long)info->si_addr == registers[0]);
  registers[0] += 4;
  registers[10] = 77;
}

static void look_at_stack(int signo) {
  (void)signo;
  char here;
  stack_t now, none = {.ss_flags = SS_DISABLE};
  sigaltstack(0, &now);
  printf("on the alternate stack %d, flags %d\n",
         &here >= (char *)now.ss_sp && &here < (char *)now.ss_sp + now.ss_size, now.ss_flags);
  REPORT(sigaltstack(&none, 0));
}

static void outer(int signo) {
  (void)signo;
  printf("outer begins\n");
  raise(SIGUSR2);
  printf("outer ends\n");
}

static void queues(struct sigaction *action) {
  sigset_t set, old, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGRTMIN);
  sigaddset(&set, SIGRTMIN + 1);
  sigprocmask(SIG_BLOCK, &set, &old);
  sigaction(SIGRTMIN, action, 0);
  sigaction(SIGRTMIN + 1, action, 0);
  for (int i = 0; i < 3; i++) {
    union sigval value = {.sival_int = i};
    sigqueue(getpid(), SIGRTMIN + 1, value);
    sigqueue(getpid(), SIGRTMIN, value);
    sigqueue(getpid(), SIGUSR2, value);
  }
  sigpending(&pending);
  printf("pending %lx\n", *(long *)&pending);
  sigprocmask(SIG_SETMASK, &old, 0);
  printf("handled %d\n", handled);
}

static void faults(struct sigaction *action) {
  action->sa_flags = SA_SIGINFO | SA_NODEFER;
  action->sa_sigaction = escape_fault;
  sigaction(SIGSEGV, action, 0);
  fault_address = (void *)16;
  if (!sigsetjmp(escape, 1)) *(volatile int *)fault_address = 1;
  fault_address = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!sigsetjmp(escape, 1)) *(volatile int *)fault_address = 1;
  if (!sigsetjmp(escape, 1)) ((void (*)(void))fault_address)();
  mprotect(fault_address, 4096, PROT_NONE);
  if (!sigsetjmp(escape, 1)) printf("%d", *(volatile int *)fault_address);

  long result;
  action->sa_sigaction = step_over;
  sigaction(SIGILL, action, 0);
  sigaction(SIGTRAP, action, 0);
  asm volatile("li a0, 0\n.word 0xffffffff\nmv %0, a0" : "=r"(result)::"a0");
  printf("after an illegal instruction %ld\n", result);
  asm volatile("li a0, 0\n.word 0x00100073\nmv %0, a0" : "=r"(result)::"a0");
  printf("after a breakpoint %ld\n", result);
}

static void alternate_stacks(struct sigaction *action) {
  static char room[16384];
  stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
  REPORT(sigaltstack(&stack, 0));
  action->sa_handler = look_at_stack;
  action->sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, action, 0);
  raise(SIGUSR1);
  stack.ss_size = 100;
  REPORT(sigaltstack(&stack, 0));
  stack.ss_flags = 99;
  REPORT(sigaltstack(&stack, 0));
}

static void waits(struct sigaction *action) {
  sigset_t term, none, mask;
  siginfo_t info;
  struct timespec millisecond = {0, 1000000};
  sigemptyset(&none);
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  action->sa_handler = count;
  sigaction(SIGTERM, action, 0);
  sigprocmask(SIG_BLOCK, &term, 0);
  raise(SIGTERM);
  REPORT(sigsuspend(&none));
  sigprocmask(0, 0, &mask);
  printf("mask %lx\n", *(long *)&mask);
  raise(SIGTERM);
  printf("sigwaitinfo %d code %d\n", sigwaitinfo(&term, &info), info.si_code);
  REPORT(sigtimedwait(&term, &info, &millisecond));
}

static void errors(struct sigaction *action) {
  sigset_t none;
  sigemptyset(&none);
  REPORT(kill(getpid(), 65));
  REPORT(kill(99999, 0));
  REPORT(kill(getpid(), 0));
  REPORT(syscall(SYS_rt_sigaction, SIGKILL, action, 0, 8));
  REPORT(syscall(SYS_rt_sigaction, SIGUSR1, action, 0, 16));
  REPORT(syscall(SYS_rt_sigaction, 0, action, 0, 8));
  REPORT(syscall(SYS_rt_sigprocmask, 9, &none, 0, 8));
  REPORT(syscall(SYS_tgkill, getpid(), 99999, 0));
  REPORT(syscall(SYS_tgkill, -1, getpid(), 0));
}

int main(void) {
  struct sigaction action = {0}, old;
  union sigval value = {.sival_int = 42};
  setvbuf(stdout, 0, _IONBF, 0);
  action.sa_handler = count;
  sigaction(SIGUSR1, &action, 0);
  raise(SIGUSR1);
  action.sa_sigaction = inform;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGUSR2, &action, 0);
  raise(SIGUSR2);
  kill(getpid(), SIGUSR2);
  sigqueue(getpid(), SIGUSR2, value);
  queues(&action);

  action.sa_flags = SA_RESETHAND;
  action.sa_handler = count;
  sigaction(SIGUSR1, &action, 0);
  raise(SIGUSR1);
  sigaction(SIGUSR1, 0, &old);
  printf("default again %d, flags %x\n", old.sa_handler == SIG_DFL, old.sa_flags);

  faults(&action);
  alternate_stacks(&action);
  waits(&action);
  errors(&action);

  action.sa_flags = 0;
  action.sa_handler = outer;
  sigaction(SIGUSR1, &action, 0);
  action.sa_handler = count;
  sigaction(SIGUSR2, &action, 0);
  raise(SIGUSR1);
  signal(SIGUSR2, SIG_IGN);
  raise(SIGUSR2);
  abort();
}
