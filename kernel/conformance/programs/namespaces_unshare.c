/* Do names, IPC objects and sockets of one namespace stay out of sight in another? */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void tell(const char *what) {
  struct utsname u;
  uname(&u);
  char host[65];
  gethostname(host, sizeof host);
  printf("%s: %s %s %s\n", what, u.nodename, host, u.domainname);
}

static int bind_abstract(void) {
  struct sockaddr_un name = {AF_UNIX, "\0crucible-namespaces"};
  return bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, offsetof(struct sockaddr_un, sun_path) + 20);
}

static int bind_port(void) {
  struct sockaddr_in a = {AF_INET, htons(54321), {htonl(INADDR_ANY)}};
  return bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&a, sizeof a);
}

int main(void) {
  int status;
  REPORT(unshare(0x10));
  REPORT(unshare(CLONE_FS | CLONE_FILES));
  REPORT(unshare(CLONE_NEWUTS));
  REPORT(sethostname("outer", 5));
  REPORT(setdomainname("domain", 6));
  tell("outer");
  REPORT(unshare(CLONE_NEWIPC));
  int key = 0x4354, s = semget(key, 1, IPC_CREAT | 0600);
  REPORT(bind_abstract());
  REPORT(bind_port());
  fflush(stdout);
  if (fork() == 0) {
    tell("shared");
    sethostname("both", 4);
    REPORT(unshare(CLONE_NEWUTS));
    sethostname("inner", 5);
    tell("inner");
    printf("same set %d\n", semget(key, 1, 0) == s);
    REPORT(bind_abstract());
    REPORT(bind_port());
    REPORT(unshare(CLONE_NEWIPC | CLONE_NEWNET));
    REPORT(semget(key, 1, 0));
    REPORT(semget(key, 1, IPC_CREAT | 0600));
    REPORT(bind_abstract());
    REPORT(bind_abstract());
    REPORT(bind_port());
    REPORT(bind_port());
    fflush(stdout);
    _exit(0);
  }
  wait(&status);
  tell("outer");
  REPORT(semctl(s, 0, IPC_RMID));
  char longest[65];
  memset(longest, 'n', sizeof longest);
  REPORT(sethostname(longest, 65));
  REPORT(sethostname(longest, 64));
  REPORT(sethostname(longest, -1));
  REPORT(sethostname("", 0));
  tell("empty");
  REPORT(setresuid(5, 5, 5));
  REPORT(sethostname("x", 1));
  REPORT(unshare(CLONE_NEWUTS));
  REPORT(unshare(CLONE_FS));
}
