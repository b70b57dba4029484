/* Do parent and child of a fork see each other's writes in shared anonymous memory, and not in private? */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  int *shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *private = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  shared[0] = private[0] = 1;
  if (fork() == 0) {
    shared[1024] = shared[0] + 1;  // a page that nobody has touched yet
    private[1024] = private[0] + 1;
    shared[0] = private[0] = 7;
    _exit(0);
  }
  wait(0);
  printf("shared %d %d, private %d %d\n", shared[0], shared[1024], private[0], private[1024]);
  if (fork() == 0) {
    munmap(shared, 4096);
    shared[1025] = 9;
    _exit(0);
  }
  wait(0);
  printf("after the child unmapped a page: %d %d\n", shared[0], shared[1025]);
}
