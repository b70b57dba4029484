/* Do the lines of /proc/self/maps have the form, the order and the rights that they should? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void show(const char *what, void *address) {
  char line[4096];
  FILE *file = fopen("/proc/self/maps", "r");
  while (file && fgets(line, sizeof line, file)) {
    unsigned long start, end, offset;
    char rights[5] = "";
    if (sscanf(line, "%lx-%lx %4s %lx", &start, &end, rights, &offset) != 4) continue;
    if (start > (unsigned long)address || (unsigned long)address >= end) continue;
    char *name = strpbrk(line, "/[");
    printf("%s: %s offset %lx, %ld pages, %s\n", what, rights, offset, (long)(end - start) / 4096,
           name == NULL ? "no name" : *name == '/' ? "a file" : strtok(name, "\n"));
  }
  if (file) fclose(file);
}

int main(void) {
  char name[] = "/tmp/procfs-maps-XXXXXX";
  int fd = mkstemp(name), on_stack;
  if (fd < 0 || ftruncate(fd, 5 * 4096) != 0) return 1;
  char *area = mmap(NULL, 16 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap(area + 2 * 4096, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 4096);
  mmap(area + 6 * 4096, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  mprotect(area + 8 * 4096, 2 * 4096, PROT_READ | PROT_EXEC);
  show("first", area);
  show("file", area + 2 * 4096);
  show("after the file", area + 5 * 4096);
  show("writable", area + 6 * 4096);
  show("code", area + 9 * 4096);
  munmap(area + 6 * 4096, 4096);
  show("gone", area + 6 * 4096);
  unsigned long last = 0, start, end;
  char line[4096];
  int ascending = 1, columns = 1, lines = 0;
  FILE *file = fopen("/proc/self/maps", "r");
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, "%lx-%lx", &start, &end) != 2 || start < last || end <= start) ascending = 0;
    last = end;
    lines++;
    char *found = strpbrk(line, "/[");
    if (found && found - line != 73) columns = 0;
  }
  printf("ascending %d, names in column 73 %d, more than 5 lines %d\n", ascending, columns, lines > 5);
  unlink(name);
  (void)on_stack;
  return 0;
}
