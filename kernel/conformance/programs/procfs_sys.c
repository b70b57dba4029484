/* Do the settings in /proc/sys agree with uname, sysconf and getrlimit? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static char text[4096];
static const char *setting(const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/proc/sys/%s", name);
  int fd = open(path, O_RDONLY);
  ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (n <= 0) return strerror(errno);
  text[n] = 0;
  if (text[n - 1] == '\n') text[n - 1] = 0;
  return text;
}

int main(void) {
  struct utsname names;
  uname(&names);
  printf("ostype %s\n", setting("kernel/ostype"));
  printf("hostname %d\n", strcmp(setting("kernel/hostname"), names.nodename) == 0);
  printf("domainname %d\n", strcmp(setting("kernel/domainname"), "(none)") == 0);
  printf("ngroups_max %s\n", setting("kernel/ngroups_max"));
  printf("overflowuid %s\n", setting("kernel/overflowuid"));
  printf("overflowgid %s\n", setting("fs/overflowgid"));
  printf("cap_last_cap %s\n", setting("kernel/cap_last_cap"));
  printf("uuid has %zu characters, its version is %c\n", strlen(setting("kernel/random/uuid")), text[14]);
  printf("pipe-max-size %s\n", setting("fs/pipe-max-size"));
  long number;
  printf("pid_max %d\n", sscanf(setting("kernel/pid_max"), "%ld", &number) == 1 && number >= 32768);
  printf("threads-max %d\n", sscanf(setting("kernel/threads-max"), "%ld", &number) == 1 && number > 0);
  printf("max_map_count %d\n", sscanf(setting("vm/max_map_count"), "%ld", &number) == 1 && number >= 65530);
  printf("nothing: %s\n", setting("kernel/nothing"));
  return 0;
}
