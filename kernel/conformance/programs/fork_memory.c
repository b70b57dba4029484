/* What of memory, files and directories do a parent and its forked child share? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static int global = 1;

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  int local = 1;
  char *heap = malloc(100000);
  memset(heap, 1, 100000);
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(fd, "abcdef", 6);
  lseek(fd, 0, SEEK_SET);
  int pipes[2];
  pipe(pipes);
  umask(022);
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    printf("child: parent is parent %d\n", getppid() == parent);
    global = local = heap[99999] = 2;
    char c;
    read(fd, &c, 1);
    printf("child reads %c\n", c);
    umask(077);
    chdir("/");
    int second = open("/dev/null", O_RDONLY);
    printf("child opens %d\n", second == pipes[1] + 1);
    printf("child: %d %d %d\n", global, local, heap[99999]);
    close(pipes[0]);
    write(pipes[1], "x", 1);
    _exit(0);
  }
  close(pipes[1]);
  char c;
  read(pipes[0], &c, 1);
  printf("end of pipe: %zd\n", read(pipes[0], &c, 1));
  wait(0);
  printf("parent: %d %d %d\n", global, local, heap[99999]);
  read(fd, &c, 1);
  printf("parent reads %c\n", c);
  printf("umask %o\n", umask(0));
  char cwd[4096];
  getcwd(cwd, sizeof cwd);
  printf("moved: %d\n", strcmp(cwd, "/") == 0);
  unlink("file");
}
