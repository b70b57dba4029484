/* Is each limit a line of /proc/self/limits, in the form that programs parse? */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

int main(void) {
  struct rlimit files = {123, 456}, core = {0, RLIM_INFINITY}, cpu = {1000, 2000};
  setrlimit(RLIMIT_NOFILE, &files);
  setrlimit(RLIMIT_CPU, &cpu);
  getrlimit(RLIMIT_CORE, &core);
  char line[256];
  int lines = 0;
  FILE *file = fopen("/proc/self/limits", "r");
  while (file && fgets(line, sizeof line, file)) {
    lines++;
    if (lines == 1 || !strncmp(line, "Max cpu", 7) || !strncmp(line, "Max open", 8)) printf("%s", line);
    else printf("%.26s|%s", line, line + strlen(line) - 11);
  }
  printf("%d lines\n", lines);
  return 0;
}
