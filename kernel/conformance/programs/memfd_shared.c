/* Is a file of memfd_create one memory for all who map it, inherit it, reopen it or execute it? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096

static void maps_of(const char *address) {
  char line[512];
  FILE *maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps)) {
    unsigned long start, end;
    char rights[5], name[256] = "";
    sscanf(line, "%lx-%lx %4s %*s %*s %*s %255[^\n]", &start, &end, rights, name);
    if (start <= (unsigned long)address && (unsigned long)address < end) printf("map %s %s\n", rights, name);
  }
  fclose(maps);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    printf("executed as %s\n", argv[1]);
    return 7;
  }
  setvbuf(stdout, 0, _IONBF, 0);
  int fd = syscall(SYS_memfd_create, "shared one", 0);
  REPORT(ftruncate(fd, 3 * PAGE));
  char *a = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *b = mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
  char *c = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
  a[PAGE] = 'a';
  printf("%c %c\n", b[0], c[0]);
  c[0] = 'c';
  if (fork() == 0) {
    a[PAGE + 1] = 'k';
    pwrite(fd, "w", 1, PAGE + 2);
    c[1] = 'p';
    _exit(0);
  }
  wait(0);
  printf("%c %c %c, private %c %d\n", b[0], b[1], b[2], c[0], c[1]);
  maps_of(a);
  maps_of(b);
  maps_of(c);
  struct stat s;
  fstat(fd, &s);
  printf("blocks %ld, size %ld\n", (long)s.st_blocks, (long)s.st_size);
  printf("data at %ld, hole at %ld\n", (long)lseek(fd, 0, SEEK_DATA), (long)lseek(fd, PAGE, SEEK_HOLE));
  lseek(fd, 5, SEEK_SET);
  char link[64], other[64];
  sprintf(link, "/proc/self/fd/%d", fd);
  int again = open(link, O_RDONLY);
  struct stat t;
  fstat(again, &t);
  printf("same inode %d, own offset %ld\n", s.st_ino == t.st_ino && s.st_dev == t.st_dev, (long)lseek(again, 0, SEEK_CUR));
  REPORT(stat(link, &t));
  printf("by its link %d\n", s.st_ino == t.st_ino);
  REPORT(write(again, "x", 1));
  REPORT(truncate(link, 2 * PAGE));
  REPORT(chmod(link, 0644));
  fstat(fd, &s);
  printf("size %ld, mode %o\n", (long)s.st_size, s.st_mode);
  REPORT(open(link, O_RDWR | O_EXCL | O_CREAT, 0600));
  REPORT(linkat(AT_FDCWD, link, AT_FDCWD, "linked", AT_SYMLINK_FOLLOW));
  close(fd);
  munmap(b, PAGE);
  printf("still %c\n", a[PAGE]);
  int sealed = syscall(SYS_memfd_create, "sealed", 2);
  ftruncate(sealed, PAGE);
  char *old = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, sealed, 0);
  fcntl(sealed, F_ADD_SEALS, 16);
  old[0] = 'o';
  REPORT(madvise(old, PAGE, MADV_REMOVE));
  printf("old mapping %c\n", old[0]);
  sprintf(other, "/proc/self/fd/%d", again);
  ssize_t length = readlink(other, link, sizeof link - 1);
  link[length] = 0;
  printf("%s\n", link);

  int program = syscall(SYS_memfd_create, "program", 1), self = open("/proc/self/exe", O_RDONLY);
  char piece[PAGE];
  for (ssize_t n; (n = read(self, piece, sizeof piece)) > 0;) write(program, piece, n);
  fchmod(program, 0600);
  char *arguments[] = {"program", "memory", 0}, *environment[] = {0};
  REPORT(fexecve(program, arguments, environment));
  fchmod(program, 0700);
  sprintf(link, "/proc/self/fd/%d", program);
  int writer = open(link, O_RDONLY);
  close(program);
  fcntl(writer, F_SETFD, FD_CLOEXEC);
  if (fork() == 0) {
    REPORT(fexecve(writer, arguments, environment));
    _exit(1);
  }
  int status;
  wait(&status);
  printf("status %d\n", WEXITSTATUS(status));
}
