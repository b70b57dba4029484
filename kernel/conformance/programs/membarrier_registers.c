/* Which barriers does membarrier(2) know, who has to register first, and who inherits that? */
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

enum { GET_REGISTRATIONS = 1 << 9 };

static long barrier(int command, unsigned flags) { return syscall(SYS_membarrier, command, flags, 0); }

int main(int argc, char **argv) {
  setbuf(stdout, NULL);
  if (argc > 1) {
    REPORT(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
    printf("registered after exec: %ld\n", barrier(GET_REGISTRATIONS, 0));
    return 0;
  }
  long known = barrier(MEMBARRIER_CMD_QUERY, 0);
  int wanted = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
               MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |
               MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
  printf("known %d\n", (known & wanted) == wanted);
  REPORT(barrier(MEMBARRIER_CMD_QUERY, 1));
  REPORT(barrier(3, 0));
  REPORT(barrier(1 << 20, 0));
  REPORT(barrier(MEMBARRIER_CMD_GLOBAL, 0));
  REPORT(barrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0));
  REPORT(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
  REPORT(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0));
  REPORT(barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
  REPORT(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
  REPORT(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0));
  REPORT(barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0));
  REPORT(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0));
  printf("registered %ld\n", barrier(GET_REGISTRATIONS, 0));
  REPORT(barrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0));
  printf("registered %ld\n", barrier(GET_REGISTRATIONS, 0));
  if (fork() == 0) {
    printf("registered in a child: %ld\n", barrier(GET_REGISTRATIONS, 0));
    char *arguments[] = {argv[0], "again", NULL};
    execv("/proc/self/exe", arguments);
    _exit(1);
  }
  wait(NULL);
  return 0;
}
