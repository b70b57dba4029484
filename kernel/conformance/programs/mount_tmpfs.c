/* Which options does a tmpfs take, when it is mounted and later, and what do they bound? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "own_mounts.h"
#include "report.h"

static void tell(void) {
  struct statfs fs;
  struct stat info;
  statfs("t", &fs);
  stat("t", &info);
  printf("%ld blocks, %o of %d %d\n", (long)fs.f_blocks, info.st_mode & 07777, info.st_uid, info.st_gid);
}

static void try(const char *options) {
  int result = mount("t", "t", "tmpfs", 0, options);
  printf("\"%s\": %s: ", options, result == 0 ? "" : strerror(errno));
  if (result == 0) tell();
  else printf("\n");
  if (result == 0) umount("t");
}

static void fill(size_t bytes) {
  static char block[65536];
  int fd = open("t/f", O_WRONLY | O_CREAT, 0644);
  size_t done = 0;
  for (ssize_t n; done < bytes && (n = write(fd, block, sizeof block)) > 0;) done += n;
  printf("written %zu: %s\n", done, done < bytes ? strerror(errno) : "all");
  close(fd);
}

int main(void) {
  char line[400];
  own_mounts();
  mkdir("t", 0755);
  try("size=1m");
  try("size=1M,mode=750,uid=5,gid=6");
  try("size=4097");
  try("size=0x10000");
  try("nr_blocks=3");
  try("nr_blocks=2k");
  try("mode=1777,size=64k,ro");
  try("size=64k,,");
  try("size=");
  try("size");
  try("size=12q");
  try("size=-1");
  try("mode=8");
  try("mode=17777,size=4k");
  try("uid=x");
  try("uid=-1");
  try("nr_inodes=x");
  try("nonsense");
  try("nonsense=1");
  try("huge=never,size=8k");
  try("huge=perhaps");
  try("inode64,size=4k");
  REPORT(mount("t", "t", "tmpfs", 0, "size=128k"));
  fill(1 << 20);
  REPORT(mount(NULL, "t", NULL, MS_REMOUNT, "size=64k"));
  REPORT(mount(NULL, "t", NULL, MS_REMOUNT, "size=192k,mode=700"));
  tell();
  fill(1 << 18);
  REPORT(mount(NULL, "t", NULL, MS_REMOUNT, "nonsense"));
  REPORT(umount("t"));
  REPORT(mount("t", "t", "tmpfs", 0, "nr_inodes=4,size=4k"));
  REPORT(mkdir("t/1", 0755));
  REPORT(mknod("t/2", S_IFREG | 0644, 0));
  REPORT(link("t/2", "t/3"));
  REPORT(mkdir("t/4", 0755));
  REPORT(link("t/2", "t/4"));
  struct statfs fs;
  statfs("t", &fs);
  printf("%ld inodes, %ld free\n", (long)fs.f_files, (long)fs.f_ffree);
  REPORT(unlink("t/3"));
  REPORT(symlink("x", "t/4"));
  REPORT(mount(NULL, "t", NULL, MS_REMOUNT, "nr_inodes=3"));
  REPORT(umount("t"));
  REPORT(mount("ram", "t", "ramfs", 0, "whatever,mode=711"));
  tell();
  printf("type %x\n", (statfs("t", &fs), (unsigned)fs.f_type));
  REPORT(umount("t"));
  REPORT(mount("with space", "t", "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k,mode=700,uid=1,gid=2,nr_inodes=10"));
  FILE *mounts = fopen("/proc/self/mounts", "r");
  while (fgets(line, sizeof line, mounts) != NULL) {
    char *inode64 = strstr(line, ",inode64");
    if (inode64 != NULL) memmove(inode64, inode64 + 8, strlen(inode64 + 8) + 1);
    if (strstr(line, "/tmp/t ") != NULL) printf("%s", line);
  }
  return 0;
}
