/* When is a mount busy, what does a lazy umount leave to whom, and when does a mount expire? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "own_mounts.h"
#include "report.h"

static void make(void) {
  mount("m", "m", "tmpfs", 0, NULL);
  mkdir("m/d", 0755);
  close(open("m/f", O_WRONLY | O_CREAT, 0644));
}

static void where(void) {
  char path[100];
  printf("in %s\n", getcwd(path, sizeof path) == NULL ? strerror(errno) : path);
}

int main(void) {
  char text[100] = "";
  int status;
  own_mounts();
  mkdir("m", 0755);
  REPORT(umount("m"));
  REPORT(umount("none"));
  REPORT(umount2("m", 0x100));
  make();
  REPORT(umount("m/d"));
  REPORT(umount("m/f"));
  int fd = open("m/f", O_RDWR);
  REPORT(umount("m"));
  write(fd, "kept", 4);
  REPORT(umount2("m", MNT_DETACH));
  REPORT(access("m/f", F_OK));
  pread(fd, text, 4, 0);
  printf("read %s\n", text);
  REPORT(openat(fd, "x", O_RDONLY));
  close(fd);
  make();
  fd = open("m/f", O_PATH);
  REPORT(umount("m"));
  close(fd);
  REPORT(umount("m"));
  make();
  chdir("m/d");
  REPORT(umount("/tmp/m"));
  REPORT(umount2("/tmp/m", MNT_DETACH));
  where();
  REPORT(mkdir("in", 0755));
  REPORT(chdir("in"));
  where();
  REPORT(chdir(".."));
  REPORT(chdir(".."));
  where();
  REPORT(chdir(".."));
  where();
  chdir("/tmp");
  make();
  mount("n", "m/d", "tmpfs", 0, NULL);
  REPORT(umount("m"));
  fd = open("m/d", O_RDONLY | O_DIRECTORY);
  REPORT(umount2("m", MNT_DETACH));
  REPORT(openat(fd, "..", O_RDONLY) > 0);
  REPORT(faccessat(fd, "../m", F_OK, 0));
  close(fd);
  make();
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    chdir("m");
    raise(SIGSTOP);
    _exit(0);
  }
  waitpid(child, &status, WUNTRACED);
  REPORT(umount("m"));
  kill(child, SIGCONT);
  waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
  REPORT(umount("m"));
  waitpid(child, &status, 0);
  make();
  int name = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {AF_UNIX, "m/socket"};
  REPORT(bind(name, (void *)&address, sizeof address));
  REPORT(umount("m"));
  close(name);
  REPORT(umount("m"));
  make();
  int events = inotify_init1(IN_NONBLOCK);
  inotify_add_watch(events, "m/f", IN_OPEN);
  REPORT(umount("m"));
  struct inotify_event event;
  while (read(events, &event, sizeof event) > 0) printf("event %x\n", event.mask);
  make();
  REPORT(umount2("m", MNT_EXPIRE | MNT_DETACH));
  REPORT(umount2("m", MNT_EXPIRE | MNT_FORCE));
  REPORT(umount2("m", MNT_EXPIRE));
  close(open("m/f", O_RDONLY));
  REPORT(umount2("m", MNT_EXPIRE));
  fd = open("m/f", O_RDONLY);
  REPORT(umount2("m", MNT_EXPIRE));
  close(fd);
  REPORT(umount2("m", MNT_EXPIRE));
  REPORT(umount2("m", MNT_EXPIRE));
  REPORT(access("m/f", F_OK));
  make();
  make();
  REPORT(umount("m"));
  REPORT(umount("m"));
  REPORT(umount("m"));
  make();
  chdir("m");
  REPORT(umount2(".", MNT_DETACH));
  where();
  return 0;
}
