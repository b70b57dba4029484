/* Does readdir of /proc and of its directories show each thing once, and what is there by its kind? */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int count(const char *path, const char *name, int type) {
  DIR *directory = opendir(path);
  struct dirent *entry;
  int found = 0;
  while (directory && (entry = readdir(directory)))
    if (!strcmp(entry->d_name, name) && entry->d_type == type) found++;
  if (directory) closedir(directory);
  return found;
}

int main(void) {
  char pid[32], thread[32];
  snprintf(pid, sizeof pid, "%d", getpid());
  snprintf(thread, sizeof thread, "%d", gettid());
  printf("own pid %d\n", count("/proc", pid, DT_DIR));
  printf("self %d, version %d, sys %d\n", count("/proc", "self", DT_LNK), count("/proc", "version", DT_REG),
         count("/proc", "sys", DT_DIR));
  printf(". %d, .. %d\n", count("/proc", ".", DT_DIR), count("/proc", "..", DT_DIR));
  printf("own thread %d\n", count("/proc/self/task", thread, DT_DIR));
  printf("maps %d, exe %d, fd %d\n", count("/proc/self", "maps", DT_REG), count("/proc/self", "exe", DT_LNK),
         count("/proc/self", "fd", DT_DIR));
  int fd = open("/", O_RDONLY);
  dup2(fd, 77);
  close(fd);
  printf("descriptor 77 %d, 78 %d\n", count("/proc/self/fd", "77", DT_LNK), count("/proc/self/fd", "78", DT_LNK));
  close(77);
  printf("closed %d\n", count("/proc/self/fd", "77", DT_LNK));
  // Whoever stops and goes on at a position sees the rest.
  DIR *directory = opendir("/proc/self/fdinfo");
  struct dirent *entry;
  int before = 0, after = 0;
  long position = 0;
  for (int i = 0; i < 3 && (entry = readdir(directory)); i++) position = telldir(directory);
  while (readdir(directory)) before++;
  seekdir(directory, position);
  while (readdir(directory)) after++;
  printf("rest is the rest %d\n", before == after && before > 0);
  return 0;
}
