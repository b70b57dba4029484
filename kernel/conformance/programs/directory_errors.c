/* Which errors do mkdir, rmdir, unlink and rename give for files, directories and what is not there? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  close(open("file", O_CREAT | O_WRONLY, 0600));
  REPORT(mkdir("dir", 0700));
  REPORT(mkdir("dir", 0700));
  REPORT(mkdir("none/dir", 0700));
  REPORT(mkdir("file/dir", 0700));
  REPORT(mkdir("dir/inner", 0700));
  REPORT(rmdir("dir"));
  REPORT(rmdir("file"));
  REPORT(rmdir("none"));
  REPORT(rmdir("dir/."));
  REPORT(unlink("dir"));
  REPORT(unlink("none"));
  REPORT(unlink("file/"));
  REPORT(rename("none", "other"));
  REPORT(rename("dir", "file"));
  REPORT(rename("file", "dir"));
  REPORT(rename("dir", "dir/inner/below"));
  REPORT(rename("dir/inner", "moved"));
  REPORT(rename("dir", "moved"));
  REPORT(access("dir", F_OK));
  REPORT(rmdir("moved"));
  REPORT(rename("file", "file"));
  REPORT(unlink("file"));
  REPORT(rmdir(""));
}
