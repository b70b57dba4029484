/* What does bind make of paths, abstract names and none, and what do the names of sockets tell? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"

#define PATH "crucible-unix-names"
#define NAME_AT offsetof(struct sockaddr_un, sun_path)

static void tell(const char *what, int result, const struct sockaddr_un *a, socklen_t len) {
  printf("%s: %d %s len %d family %d", what, result, result < 0 ? strerror(errno) : "", len, a->sun_family);
  if (len > NAME_AT) printf(" first %d name %s", a->sun_path[0], a->sun_path[0] ? a->sun_path : a->sun_path + 1);
  printf("\n");
}

static void local(int fd) {
  struct sockaddr_un a = {0};
  socklen_t len = sizeof a;
  int result = getsockname(fd, (void *)&a, &len);
  tell("local", result, &a, len);
}

static void peer(int fd) {
  struct sockaddr_un a = {0};
  socklen_t len = sizeof a;
  int result = getpeername(fd, (void *)&a, &len);
  tell("peer", result, &a, result < 0 ? 0 : len);
}

int main(void) {
  struct sockaddr_un path = {AF_UNIX, PATH}, abstract = {AF_UNIX, "\0crucible-abstract"};
  socklen_t path_len = NAME_AT + strlen(PATH) + 1, abstract_len = NAME_AT + 18;
  struct stat st;
  unlink(PATH);
  umask(027);
  int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  local(s);
  peer(s);
  REPORT(listen(s, 1));
  REPORT(bind(s, (void *)&path, 1));
  REPORT(bind(s, (void *)&path, 200));
  path.sun_family = AF_INET;
  REPORT(bind(s, (void *)&path, path_len));
  path.sun_family = AF_UNIX;
  REPORT(bind(s, (void *)&path, path_len));
  local(s);
  REPORT(stat(PATH, &st));
  printf("socket %d mode %o\n", S_ISSOCK(st.st_mode), st.st_mode & 0777);
  REPORT(open(PATH, O_RDWR));
  REPORT(bind(c, (void *)&path, path_len));
  REPORT(bind(s, (void *)&abstract, abstract_len));
  REPORT(connect(c, (void *)&path, path_len));
  REPORT(listen(s, 1));
  REPORT(connect(c, (void *)&path, path_len));
  REPORT(connect(c, (void *)&path, path_len));
  local(c);
  peer(c);
  struct sockaddr_un from = {0};
  socklen_t len = sizeof from;
  int accepted = accept4(s, (void *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
  tell("accepted", accepted < 0 ? -1 : 0, &from, len);
  printf("cloexec %d nonblock %d\n", fcntl(accepted, F_GETFD), !!(fcntl(accepted, F_GETFL) & O_NONBLOCK));
  local(accepted);
  peer(accepted);
  int d = socket(AF_UNIX, SOCK_DGRAM, 0);
  REPORT(connect(d, (void *)&path, path_len));
  unlink(PATH);
  REPORT(connect(d, (void *)&path, path_len));
  creat(PATH, 0600);
  REPORT(connect(d, (void *)&path, path_len));
  unlink(PATH);

  int e = socket(AF_UNIX, SOCK_STREAM, 0), f = socket(AF_UNIX, SOCK_STREAM, 0);
  REPORT(bind(e, (void *)&abstract, abstract_len));
  local(e);
  REPORT(bind(f, (void *)&abstract, abstract_len));
  REPORT(bind(f, (void *)&abstract, abstract_len - 1));
  local(f);
  close(e);
  e = socket(AF_UNIX, SOCK_STREAM, 0);
  REPORT(bind(e, (void *)&abstract, abstract_len));
  int g = socket(AF_UNIX, SOCK_STREAM, 0);
  REPORT(bind(g, (void *)&abstract, NAME_AT));
  len = sizeof from;
  getsockname(g, (void *)&from, &len);
  printf("autobind %d %d\n", len, from.sun_path[0]);
  len = 4;
  memset(&from, 'x', sizeof from);
  getsockname(e, (void *)&from, &len);
  printf("cut %d %d %c\n", len, from.sun_family, from.sun_path[2]);
  len = -1;
  REPORT(getsockname(e, (void *)&from, &len));

  REPORT(socket(AF_UNIX, SOCK_STREAM, 7));
  REPORT(socket(AF_UNIX, SOCK_RDM, 0));
  REPORT(socket(AF_UNIX, 12, 0));
  REPORT(socket(99, SOCK_STREAM, 0));
  REPORT(socket(-1, SOCK_STREAM, 0));
  REPORT(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)8));
  REPORT(bind(0, (void *)&abstract, abstract_len));
  REPORT(listen(77, 1));
}
