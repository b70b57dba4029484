/* Which record locks does a process see of another, how do they split and join, and when do they end? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int file;

static void set(int type, long start, long length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  REPORT(fcntl(file, F_SETLK, &lock));
}

static void look(int type, long start, long length) {
  fflush(stdout);
  if (fork() == 0) {
    struct flock lock = {.l_type = type, .l_start = start, .l_len = length};
    fcntl(file, F_GETLK, &lock);
    printf("at %ld+%ld: type %d", start, length, lock.l_type);
    if (lock.l_type != F_UNLCK) {
      printf(" %ld+%ld parent %d", (long)lock.l_start, (long)lock.l_len, lock.l_pid == getppid());
    }
    printf("\n");
    fflush(stdout);
    _exit(0);
  }
  wait(0);
}

int main(void) {
  char name[] = "/tmp/record_locks_XXXXXX";
  file = mkstemp(name);
  unlink(name);
  ftruncate(file, 1000);
  set(F_WRLCK, 10, 10);
  set(F_WRLCK, 20, 10);
  look(F_RDLCK, 0, 0);
  look(F_RDLCK, 0, 10);
  set(F_UNLCK, 15, 5);
  look(F_WRLCK, 0, 0);
  look(F_WRLCK, 16, 0);
  set(F_RDLCK, 12, 2);
  look(F_RDLCK, 12, 2);
  look(F_WRLCK, 12, 2);
  look(F_RDLCK, 0, 0);
  set(F_RDLCK, 100, 0);
  look(F_WRLCK, 5000, 1);
  fflush(stdout);
  if (fork() == 0) {
    set(F_RDLCK, 100, 5);
    set(F_WRLCK, 100, 5);
    set(F_WRLCK, 50, 5);
    fflush(stdout);
    _exit(0);
  }
  wait(0);
  look(F_WRLCK, 50, 5);
  set(F_WRLCK, -1, 5);
  set(F_WRLCK, 10, -11);
  set(F_WRLCK, 10, -10);
  look(F_WRLCK, 0, 1);
  struct flock bad = {.l_type = 9};
  REPORT(fcntl(file, F_SETLK, &bad));
  bad = (struct flock){.l_type = F_WRLCK, .l_whence = 7};
  REPORT(fcntl(file, F_SETLK, &bad));
  REPORT(fcntl(file, F_SETLK, (void *)8));
  int reading = open("/proc/self/exe", O_RDONLY);
  bad = (struct flock){.l_type = F_WRLCK};
  REPORT(fcntl(reading, F_SETLK, &bad));
  close(dup(file));
  look(F_WRLCK, 0, 0);
}
