/* Which forms of execveat find the program: a directory's descriptor, a file's, a link, a script? */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void run(const char *what, int fd, const char *path, int flags) {
  pid_t child = fork();
  if (child == 0) {
    char *arguments[] = {"zero", "said", 0};
    char *environment[] = {0};
    syscall(SYS_execveat, fd, path, arguments, environment, flags);
    printf("%s: %s\n", what, strerrorname_np(errno));
    _exit(1);
  }
  int status;
  waitpid(child, &status, 0);
  printf("%s: status %d\n", what, WEXITSTATUS(status));
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  if (argc > 1) return strcmp(argv[1], "said") == 0 ? 7 : 8;
  char self[4096] = {0};
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) strcpy(self, "/bin/program");
  char directory[4096];
  strcpy(directory, self);
  char *name = strrchr(directory, '/');
  *name++ = 0;
  int dir = open(directory, O_RDONLY | O_DIRECTORY);
  int file = open(self, O_RDONLY);
  int named = open(self, O_PATH);
  run("directory", dir, name, 0);
  run("file", file, "", AT_EMPTY_PATH);
  run("named only", named, "", AT_EMPTY_PATH);
  run("empty without flag", file, "", 0);
  run("no descriptor", -5, name, 0);
  run("absolute", -5, self, 0);
  run("bad flags", dir, name, 0x8000);
  run("not a directory", file, name, 0);
  run("the directory", dir, "", AT_EMPTY_PATH);
  symlink(self, "link");
  run("link", AT_FDCWD, "link", 0);
  run("link not followed", AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW);
  int script = open("script", O_RDWR | O_CREAT | O_TRUNC, 0755);
  write(script, "#!./link\n", 9);
  close(script);
  script = open("script", O_RDONLY | O_CLOEXEC);
  run("script that closes", script, "", AT_EMPTY_PATH);
  unlink("link");
  unlink("script");
}
