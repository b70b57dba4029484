/* How do /proc/self/mounts and mountinfo show mounts, and what of them behind a changed root? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "own_mounts.h"
#include "report.h"

static void without(char *line, const char *word) {
  char *at = strstr(line, word);
  if (at != NULL) memmove(at, at + strlen(word), strlen(at + strlen(word)) + 1);
}

static void mounts(FILE *file, const char *prefix) {
  char line[1000];
  rewind(file);
  while (fgets(line, sizeof line, file) != NULL) {
    without(line, ",inode64");
    if (strstr(line, prefix) != NULL) printf("%s", line);
  }
}

static void information(FILE *file, const char *prefix) {
  char line[1000];
  int ids[200], count = 0;
  rewind(file);
  while (fgets(line, sizeof line, file) != NULL) {
    int id, parent, major, minor, rest = 0;
    without(line, ",inode64");
    sscanf(line, "%d %d %d:%d %n", &id, &parent, &major, &minor, &rest);
    int known = 0;
    for (int i = 0; i < count; i++) known |= ids[i] == parent;
    ids[count++] = id;
    if (strstr(line, prefix) != NULL) printf("%d %s", known, line + rest);
  }
}

int main(void) {
  own_mounts();
  FILE *mounts_file = fopen("/proc/self/mounts", "r"), *info = fopen("/proc/self/mountinfo", "r");
  setvbuf(mounts_file, NULL, _IONBF, 0);
  setvbuf(info, NULL, _IONBF, 0);
  mkdir("a b", 0755);
  mkdir("a b/c\td", 0755);
  mkdir("back\\slash", 0755);
  mkdir("line\nbreak", 0755);
  mkdir("hash#", 0755);
  mkdir("root", 0755);
  mkdir("root/in", 0755);
  close(open("file", O_WRONLY | O_CREAT, 0644));
  REPORT(mount("a source", "a b", "tmpfs", MS_RDONLY, "size=16k"));
  REPORT(mount("#", "back\\slash", "tmpfs", MS_NOSUID | MS_NODEV, "size=16k"));
  REPORT(mount(NULL, "line\nbreak", "tmpfs", MS_NOEXEC | MS_NOATIME, "size=16k"));
  REPORT(mount("", "hash#", "tmpfs", MS_STRICTATIME, "size=16k"));
  REPORT(mount("root/in", "root", NULL, MS_BIND, NULL));
  REPORT(mount("file", "/tmp/root", NULL, MS_BIND, NULL));
  REPORT(mount("/etc", "/tmp/root", NULL, MS_BIND, NULL));
  REPORT(mount(NULL, "/tmp/root", NULL, MS_UNBINDABLE, NULL));
  REPORT(mount(NULL, "/tmp/root", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODIRATIME, NULL));
  mounts(mounts_file, "/tmp/a");
  mounts(mounts_file, "/tmp/b");
  mounts(mounts_file, "/tmp/l");
  mounts(mounts_file, "/tmp/h");
  information(info, "/tmp/a");
  information(info, "/tmp/b");
  information(info, "/tmp/l");
  information(info, "/tmp/h");
  information(info, "/in /tmp/root ");
  REPORT(umount("root"));
  REPORT(umount("root"));
  mkdir("root/x", 0755);
  REPORT(mount("inside", "/tmp/root/x", "tmpfs", 0, "size=4k"));
  information(info, "inside");
  REPORT(mount("/tmp/root/x", "/tmp/hash#", NULL, MS_BIND, NULL));
  mkdir("root/x/sub", 0755);
  mkdir("root/bound", 0755);
  REPORT(mount("/tmp/root/x/sub", "/tmp/root/bound", NULL, MS_BIND, NULL));
  rename("root/x/sub", "root/x/other");
  information(info, "/bound ");
  rmdir("/tmp/hash#/other");
  REPORT(access("root/x/other", F_OK));
  int self = open("/proc/self", O_RDONLY | O_DIRECTORY);
  REPORT(chroot("root"));
  printf("behind the root:\n");
  mounts_file = fdopen(openat(self, "mounts", O_RDONLY), "r");
  info = fdopen(openat(self, "mountinfo", O_RDONLY), "r");
  mounts(mounts_file, "");
  information(info, " ");
  char where[100];
  printf("in %s\n", getcwd(where, sizeof where));
  REPORT(chdir("/"));
  printf("in %s\n", getcwd(where, sizeof where));
  return 0;
}
