/* What does each seal of a file in memory forbid, and when can it be put on? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 16
#endif
#define F_SEAL_EXEC_ 32

static char bytes[4 * PAGE];

static int fresh(unsigned seals) {
  int fd = syscall(SYS_memfd_create, "sealed", 2);
  write(fd, bytes, PAGE + 100);
  if (fcntl(fd, F_ADD_SEALS, seals) != 0) printf("seals %u: %s\n", seals, strerror(errno));
  return fd;
}

static long map(int fd, int prot, int flags) {
  void *at = mmap(0, PAGE, prot, flags, fd, 0);
  if (at == MAP_FAILED) return -1;
  munmap(at, PAGE);
  return 1;
}

static void try_all(unsigned seals) {
  int fd = fresh(seals);
  printf("-- seals %u\n", seals);
  REPORT(pwrite(fd, bytes, 10, 0));
  REPORT(pwrite(fd, bytes, 10, PAGE + 95));
  REPORT(pwrite(fd, bytes, 2 * PAGE, 0));
  REPORT(pwrite(fd, bytes, 0, 0));
  REPORT(ftruncate(fd, 3 * PAGE));
  REPORT(ftruncate(fd, PAGE));
  struct stat s;
  fstat(fd, &s);
  REPORT(ftruncate(fd, s.st_size));
  printf("size %ld\n", (long)s.st_size);
  REPORT(fallocate(fd, 0, 0, PAGE));
  REPORT(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE));
  REPORT(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, PAGE));
  REPORT(map(fd, PROT_READ, MAP_SHARED));
  REPORT(map(fd, PROT_READ | PROT_WRITE, MAP_SHARED));
  REPORT(map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE));
  REPORT(fchmod(fd, 0600));
  REPORT(fchmod(fd, 0777));
  REPORT(fchown(fd, getuid(), getgid()));
  printf("left %d\n", fcntl(fd, F_GET_SEALS));
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
  char link[64];
  sprintf(link, "/proc/self/fd/%d", fd);
  int again = open(link, O_RDWR | O_TRUNC);
  printf("truncated %d: %s\n", again >= 0, again < 0 ? strerror(errno) : "");
  close(again);
  close(fd);
}

int main(void) {
  try_all(0);
  try_all(F_SEAL_SHRINK);
  try_all(F_SEAL_GROW);
  try_all(F_SEAL_SHRINK | F_SEAL_GROW);
  try_all(F_SEAL_WRITE);
  try_all(F_SEAL_FUTURE_WRITE);
  try_all(F_SEAL_EXEC_);
  try_all(F_SEAL_SEAL);

  int fd = fresh(0);
  char *shared = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  mprotect(shared, PAGE, PROT_READ);
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW));
  printf("seals %d\n", fcntl(fd, F_GET_SEALS));
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
  mprotect(shared, PAGE, PROT_READ | PROT_WRITE);
  shared[0] = 'w';
  char byte = 0;
  pread(fd, &byte, 1, 0);
  printf("through the old mapping: %c\n", byte);
  munmap(shared, PAGE);
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  char *view = mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  REPORT(mprotect(view, PAGE, PROT_READ | PROT_WRITE));
  char *copy = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  REPORT(mprotect(copy, PAGE, PROT_READ | PROT_WRITE));
  copy[0] = 'c';
  printf("view %c, copy %c\n", view[0], copy[0]);

  fd = fresh(0);
  REPORT(fcntl(fd, F_ADD_SEALS, 64));
  REPORT(fcntl(fd, F_ADD_SEALS, 64 | F_SEAL_SEAL));
  char link[64];
  sprintf(link, "/proc/self/fd/%d", fd);
  int reader = open(link, O_RDONLY);
  REPORT(fcntl(reader, F_ADD_SEALS, F_SEAL_GROW));
  REPORT(fcntl(reader, F_ADD_SEALS, 64));
  printf("reader %d\n", fcntl(reader, F_GET_SEALS));
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
  printf("reader %d\n", fcntl(reader, F_GET_SEALS));
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  REPORT(fcntl(fd, F_ADD_SEALS, 0));
  fd = fresh(0);
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC_));
  printf("with execute bits %d\n", fcntl(fd, F_GET_SEALS));
  fd = fresh(0);
  fchmod(fd, 0600);
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC_));
  printf("without %d\n", fcntl(fd, F_GET_SEALS));
  fd = fresh(0);
  shared = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REPORT(fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC_));
  printf("mapped %d\n", fcntl(fd, F_GET_SEALS));
}
