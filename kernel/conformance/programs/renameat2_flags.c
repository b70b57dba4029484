/* What do RENAME_NOREPLACE, RENAME_EXCHANGE and RENAME_WHITEOUT do, alone and together? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

static void make(const char *name) {
  int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  write(fd, name, strlen(name));
  close(fd);
}

static void show(const char *name) {
  char text[32] = {0};
  struct stat info;
  if (lstat(name, &info) != 0) printf("%s: %s\n", name, strerror(errno));
  else if (S_ISDIR(info.st_mode)) printf("%s: directory with %ld links\n", name, (long)info.st_nlink);
  else {
    int fd = open(name, O_RDONLY);
    read(fd, text, sizeof text - 1);
    close(fd);
    printf("%s: %s\n", name, text);
  }
}

#define MOVE(from, to, flags) REPORT(renameat2(AT_FDCWD, from, AT_FDCWD, to, flags))

int main(void) {
  char place[] = "/dev/shm/renameXXXXXX";
  chdir(mkdtemp(place));
  make("a");
  make("b");
  MOVE("a", "b", RENAME_NOREPLACE);
  MOVE("a", "c", RENAME_NOREPLACE);
  MOVE("absent", "b", RENAME_NOREPLACE);
  MOVE("c", ".", RENAME_NOREPLACE);
  show("a"), show("b"), show("c");
  MOVE("b", "c", RENAME_EXCHANGE);
  show("b"), show("c");
  MOVE("b", "absent", RENAME_EXCHANGE);
  mkdir("d", 0700);
  mkdir("d/inner", 0700);
  mkdir("e", 0700);
  make("e/file");
  MOVE("d/inner", "e/file", RENAME_EXCHANGE);
  show("d"), show("e"), show("d/inner"), show("e/file");
  MOVE("d", "d/inner", RENAME_EXCHANGE);
  MOVE("e", "e/file", RENAME_EXCHANGE);
  MOVE("e/file", "e", RENAME_EXCHANGE);
  MOVE("d", "e", RENAME_EXCHANGE);
  show("d"), show("e"), show("d/file");
  MOVE("b", "c/", RENAME_EXCHANGE);
  MOVE("b/", "c", RENAME_EXCHANGE);
  MOVE("b", "b", RENAME_EXCHANGE);
  MOVE("b", "b", RENAME_NOREPLACE);
  link("b", "hard");
  MOVE("b", "hard", RENAME_EXCHANGE);
  MOVE("b", "hard", RENAME_NOREPLACE);
  MOVE("b", "hard", 0);
  show("b"), show("hard");
  MOVE("b", "c", RENAME_NOREPLACE | RENAME_EXCHANGE);
  MOVE("b", "c", RENAME_WHITEOUT | RENAME_EXCHANGE);
  MOVE("b", "c", 8);
  MOVE("b", "c", 0x80000000);
  MOVE("b", "d", 0);
  MOVE("d", "b", 0);
  MOVE("d", "e", 0);
  MOVE("..", "b", RENAME_EXCHANGE);
}
