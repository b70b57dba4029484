/* Whom does a /proc show that is mounted in a new pid namespace, and whom one that is mounted beside it? */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "own_mounts.h"
#include "report.h"

static void list(const char *where) {
  DIR *directory = opendir(where);
  printf("%s:", where);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') printf(" %s", entry->d_name);
  }
  printf("\n");
  closedir(directory);
}

static void self(const char *name) {
  char text[100] = "";
  ssize_t length = readlink(name, text, sizeof text - 1);
  printf("%s: %s\n", name, length < 0 ? strerror(errno) : text);
}

static void line(const char *name, const char *key) {
  char text[200];
  FILE *file = fopen(name, "r");
  while (file != NULL && fgets(text, sizeof text, file) != NULL) {
    if (strncmp(text, key, strlen(key)) == 0) printf("%s", text);
  }
  if (file == NULL) printf("%s: %s\n", name, strerror(errno));
  else fclose(file);
}

int main(void) {
  int status;
  struct stat one, other;
  own_mounts();
  mkdir("proc", 0755);
  mkdir("again", 0755);
  if (unshare(CLONE_NEWPID) != 0) return 1;
  fflush(stdout);
  pid_t first = fork();
  if (first == 0) {
    REPORT(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
    list("proc");
    self("proc/self");
    line("proc/1/status", "Pid:");
    line("proc/1/status", "NSpid:");
    fflush(stdout);
    if (fork() == 0) {
      list("proc");
      self("proc/self");
      self("proc/1/cwd");
      line("proc/self/status", "PPid:");
      fflush(stdout);
      _exit(0);
    }
    wait(&status);
    stat("/proc", &one);
    stat("proc", &other);
    printf("another %d\n", one.st_dev != other.st_dev);
    REPORT(mount("proc", "again", "proc", 0, NULL));
    stat("again", &one);
    printf("the same %d\n", one.st_dev == other.st_dev);
    REPORT(mount("proc", "proc", "proc", 0, NULL));
    REPORT(umount("again"));
    REPORT(mount("proc", "/proc", "proc", 0, NULL));
    self("/proc/self");
    REPORT(mkdir("/proc/x", 0755));
    REPORT(open("/proc/x", O_WRONLY | O_CREAT, 0644));
    fflush(stdout);
    _exit(0);
  }
  wait(&status);
  self("proc/self");
  list("proc");
  REPORT(access("/proc/self", F_OK));
  REPORT(umount("/proc"));
  REPORT(access("/proc/self/status", F_OK));
  return 0;
}
