/* What does personality(2) keep, and what comes of it? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void shown(const char *what) {
  char text[20] = "";
  int fd = open("/proc/self/personality", O_RDONLY);
  read(fd, text, 19);
  close(fd);
  printf("%s: %x, %s", what, personality(-1), text);
}

static void rights(const char *what, void *at) {
  char line[300];
  FILE *f = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, f)) {
    char *end;
    if (strtoul(line, &end, 16) == (unsigned long)at) printf("%s: %.4s\n", what, strchr(line, ' ') + 1);
  }
  fclose(f);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    shown("program");
    return 0;
  }
  struct utsname u;
  setvbuf(stdout, NULL, _IONBF, 0);
  shown("at first");
  printf("was %x\n", personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC | 6));
  shown("now");
  char *at = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  rights("read and written", at);
  char *other = mmap(0, 4096, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  rights("written", other);
  mprotect(at, 4096, PROT_READ);
  rights("read", at);
  personality(ADDR_NO_RANDOMIZE);
  if (fork() == 0) {
    shown("child");
    execl("/proc/self/exe", "self", "again", NULL);
  }
  wait(NULL);
  personality(UNAME26);
  uname(&u);
  printf("release 2.6: %d\n", strncmp(u.release, "2.6.", 4) == 0 && atoi(u.release + 4) > 60);
  personality(0);
  uname(&u);
  printf("release 2.6: %d\n", strncmp(u.release, "2.6.", 4) == 0);
  shown("at last");
}
