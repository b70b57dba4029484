/* In which order are pending signals delivered, and how often each? */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "report.h"

static void note(int signo, siginfo_t *info, void *context) {
  char line[32];
  int length = snprintf(line, sizeof line, "%d value %d\n", signo, info->si_value.sival_int);
  write(1, line, length);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigfillset(&action.sa_mask);
  int signals[] = {SIGUSR2, SIGUSR1, SIGRTMIN + 2, SIGRTMIN + 1};
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, 0);
  for (int i = 0; i < 4; i++) {
    sigaction(signals[i], &action, 0);
    for (int value = 1; value <= 2; value++) {
      sigqueue(getpid(), signals[i], (union sigval){.sival_int = 10 * i + value});
    }
  }
  sigprocmask(SIG_UNBLOCK, &all, 0);
}
