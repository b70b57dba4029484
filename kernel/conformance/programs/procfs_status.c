/* Does /proc/self/status tell what the system calls tell? */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char line[4096];
static const char *field(const char *name) {
  FILE *file = fopen("/proc/thread-self/status", "r");
  size_t length = strlen(name);
  const char *found = "none";
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, name, length) || line[length] != ':') continue;
    line[strcspn(line, "\n")] = 0;
    found = line + length + 1;
    break;
  }
  if (file) fclose(file);
  return found;
}

int main(void) {
  int number;
  umask(027);
  printf("Umask%s\n", field("Umask"));
  printf("State%s\n", field("State"));
  printf("Tgid is the pid: %d\n", sscanf(field("Tgid"), "%d", &number) == 1 && number == getpid());
  printf("Pid is the thread: %d\n", sscanf(field("Pid"), "%d", &number) == 1 && number == gettid());
  printf("PPid is the parent: %d\n", sscanf(field("PPid"), "%d", &number) == 1 && number == getppid());
  int uids[4];
  printf("Uid: %d numbers", sscanf(field("Uid"), "%d %d %d %d", uids, uids + 1, uids + 2, uids + 3));
  printf(", real %d, effective %d\n", uids[0] == (int)getuid(), uids[1] == (int)geteuid());
  printf("NSpid is the thread: %d\n", sscanf(field("NSpid"), "%d", &number) == 1 && number == gettid());
  printf("NSsid is the session: %d\n", sscanf(field("NSsid"), "%d", &number) == 1 && number == getsid(0));
  printf("NSpgid is the group: %d\n", sscanf(field("NSpgid"), "%d", &number) == 1 && number == getpgrp());
  printf("TracerPid%s\n", field("TracerPid"));
  printf("Kthread and Ngid: %s\n", field("Ngid"));
  unsigned long long set;
  printf("SigPnd: %d digits\n", (int)strlen(field("SigPnd")) - 1);
  printf("SigQ is n/m: %d\n", sscanf(field("SigQ"), "%d/%llu", &number, &set) == 2);
  printf("VmSize in kB: %d\n", strstr(field("VmSize"), " kB") != NULL);
  printf("NoNewPrivs%s\n", field("NoNewPrivs"));
  return 0;
}
