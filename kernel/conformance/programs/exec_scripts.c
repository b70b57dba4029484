/* How is a script with a #! line executed: arguments, one optional word, nesting, bad lines? */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static char self[4096];

static void script(const char *name, const char *text) {
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  write(fd, text, strlen(text));
  close(fd);
}

static void run(const char *name) {
  pid_t child = fork();
  if (child == 0) {
    execl(name, "zero", "one", "two words", (char *)0);
    printf("%s: %s\n", name, strerrorname_np(errno));
    _exit(1);
  }
  waitpid(child, 0, 0);
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  if (argc > 1) {
    for (int i = 1; i < argc; i++) printf("[%s]", argv[i]);
    printf("\n");
    return 0;
  }
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) strcpy(self, "/bin/program");
  mkdir("scripts", 0755);
  chdir("scripts");
  // So that the line is short enough wherever the program lies.
  symlink(self, "reader");
  char line[1000];
  script("plain", "#!./reader\nrest\n");
  run("./plain");
  script("argument", "#! \t ./reader  \t an argument with \t words \t \nrest\n");
  run("./argument");
  script("nested", "#!./argument nested\n");
  run("./nested");
  script("a", "#!./plain a\n");
  script("b", "#!./a b\n");
  script("c", "#!./b c\n");
  script("d", "#!./c d\n");
  script("e", "#!./d e\n");
  run("./d");
  run("./e");
  script("nobody", "#!   \n");
  run("./nobody");
  script("empty", "#!");
  run("./empty");
  script("nowhere", "#!/nowhere/program\n");
  run("./nowhere");
  script("unended", "#!./reader word");
  run("./unended");
  memset(line, 'x', sizeof line);
  memcpy(line, "#!./", 4);
  line[400] = 0;
  script("long", line);
  run("./long");
  memcpy(line, "#!./reader ", 11);
  line[300] = 0;
  script("long_argument", line);
  run("./long_argument");
  script("text", "just text\n");
  run("./text");
  chmod("plain", 0644);
  run("./plain");
  run(".");
  const char *names[] = {"plain", "argument", "nested", "a", "b", "c", "d", "e", "nobody", "empty",
                         "nowhere", "unended", "long", "long_argument", "text", "reader"};
  for (int i = 0; i < 16; i++) unlink(names[i]);
  chdir("..");
  rmdir("scripts");
}
