/* Who hears of a parent's death, and what does clone's exit signal change for those who wait? */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int pipes[2];
static volatile int usr1;

static void note(int signo, siginfo_t *info, void *context) {
  write(pipes[1], info->si_code == SI_USER && info->si_pid > 0 ? "u" : "o", 1);
}

static void count(int signo) { usr1++; }

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  pipe(pipes);
  int status;
  pid_t parent = fork();
  if (parent == 0) {
    int ready[2];
    pipe(ready);
    if (fork() == 0) {
      struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
      sigaction(SIGUSR2, &action, 0);
      prctl(PR_SET_PDEATHSIG, SIGUSR2);
      write(ready[1], "r", 1);
      pause();
      int signo = 9;
      prctl(PR_GET_PDEATHSIG, &signo);
      write(pipes[1], signo == SIGUSR2 ? "k" : "l", 1);
      _exit(0);
    }
    char c;
    read(ready[0], &c, 1);
    _exit(0);
  }
  waitpid(parent, &status, 0);
  close(pipes[1]);
  char c;
  while (read(pipes[0], &c, 1) == 1) printf("%c\n", c);

  signal(SIGUSR1, count);
  pid_t child = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
  if (child == 0) _exit(3);
  while (usr1 == 0) usleep(1000);
  printf("plain wait: %d", waitpid(-1, &status, WNOHANG));
  printf(" %s\n", strerrorname_np(errno));
  printf("clone wait: %d\n", waitpid(-1, &status, __WCLONE) == child);
  child = syscall(SYS_clone, 0, 0, 0, 0, 0);
  if (child == 0) _exit(4);
  printf("all wait: %d", waitpid(-1, &status, __WALL) == child);
  printf(" status %d\n", WEXITSTATUS(status));
}
