/* Is a mapping of /dev/zero new memory, private or shared with a child as it says? */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  int zero = open("/dev/zero", O_RDWR);
  int *shared = mmap(0, 4096, 3, MAP_SHARED, zero, 0);
  int *private = mmap(0, 4096, 3, MAP_PRIVATE, zero, 8192);
  int *other = mmap(0, 4096, 3, MAP_SHARED, zero, 0);
  close(zero);
  printf("%d %d\n", *shared, *private);
  *shared = *private = 1;
  if (fork() == 0) {
    *shared += 1;
    *private += 1;
    _exit(0);
  }
  wait(0);
  printf("%d %d %d\n", *shared, *private, *other);
  printf("null %d\n", mmap(0, 4096, 1, MAP_PRIVATE, open("/dev/null", O_RDONLY), 0) == MAP_FAILED);
}
