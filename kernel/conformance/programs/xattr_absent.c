/* What do calls on extended attributes say of files that are not there, or have no such attribute? */
#define _GNU_SOURCE
#include <sys/xattr.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  char value[8];
  REPORT(getxattr("/nowhere", "user.a", value, 8));
  REPORT(listxattr("/nowhere", value, 8));
  REPORT(setxattr("/nowhere", "user.a", "x", 1, 0));
  REPORT(removexattr("/nowhere", "user.a"));
  REPORT(fgetxattr(99, "user.a", value, 8));
  REPORT(flistxattr(99, value, 8));
  REPORT(getxattr("/tmp", (char *)8, value, 8));
}
