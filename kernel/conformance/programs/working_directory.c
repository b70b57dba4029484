/* What do getcwd and relative paths say after chdir, rename and rmdir of the current directory? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

static void where(void) {
  char path[4096];
  if (getcwd(path, sizeof path) == 0) printf("nowhere: %s\n", strerror(errno));
  else printf("%s\n", strrchr(path, '/') + 1);
}

int main(void) {
  char path[8];
  mkdir("a", 0700);
  mkdir("a/b", 0700);
  REPORT(chdir("a/b"));
  where();
  REPORT(chdir("../../a/./b/.."));
  where();
  int fd = open("b", O_RDONLY | O_DIRECTORY);
  REPORT(fchdir(fd));
  where();
  rename("../b", "../c");
  where();
  REPORT(rmdir("../c"));
  where();
  REPORT(open("new", O_CREAT | O_WRONLY, 0600));
  REPORT(access(".", F_OK));
  REPORT(chdir(".."));
  REPORT(chdir("none"));
  REPORT((long)getcwd(path, 2) == 0 ? -1 : 0);
  REPORT(chdir("/"));
  printf("%s\n", getcwd(path, 8));
}
