/* Do processes that wait for each other on local, TCP and UDP sockets go on when they should? */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void told(int signo) { (void)signo; }

static void serve(int listener) {
  char b[64];
  for (int i = 0; i < 2; i++) {
    int s = accept(listener, 0, 0);
    ssize_t got;
    while ((got = read(s, b, sizeof b)) > 0) {
      for (int j = 0; j < got; j++) b[j] = b[j] >= 'a' ? b[j] - 32 : b[j];
      write(s, b, got);
    }
    close(s);
  }
  exit(7);
}

static void ask(int family, const struct sockaddr *a, socklen_t len) {
  char b[64];
  for (int i = 0; i < 2; i++) {
    int c = socket(family, SOCK_STREAM, 0);
    printf("connect %d\n", connect(c, a, len));
    write(c, "hello", 5);
    ssize_t got = recv(c, b, 5, MSG_WAITALL);
    printf("answer %.*s\n", (int)got, b);
    shutdown(c, SHUT_WR);
    printf("end %zd\n", read(c, b, 1));
    close(c);
  }
}

static void both(int family, const struct sockaddr *a, socklen_t len) {
  int status, l = socket(family, SOCK_STREAM, 0);
  struct sockaddr_storage where;
  bind(l, a, len);
  listen(l, 0);
  socklen_t size = sizeof where;
  getsockname(l, (void *)&where, &size);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) serve(l);
  ask(family, (void *)&where, size);
  waitpid(child, &status, 0);
  printf("status %d\n", WEXITSTATUS(status));
  close(l);
}

int main(void) {
  struct sockaddr_un local = {AF_UNIX, "\0crucible-between"};
  struct sockaddr_in tcp = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
  both(AF_UNIX, (void *)&local, offsetof(struct sockaddr_un, sun_path) + 17);
  both(AF_INET, (void *)&tcp, sizeof tcp);

  /* Much more than any buffer holds, counted once although the writer waits many times. */
  int s[2], status;
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  fflush(stdout);
  pid_t child = fork();
  static char big[1 << 20];
  if (child == 0) {
    close(s[0]);
    for (size_t i = 0; i < sizeof big; i++) big[i] = i * 7;
    ssize_t sent = write(s[1], big, sizeof big);
    exit(sent == sizeof big ? 3 : 4);
  }
  close(s[1]);
  size_t total = 0, wrong = 0;
  for (ssize_t got; (got = read(s[0], big, 5000)) > 0; total += got)
    for (ssize_t i = 0; i < got; i++) wrong += big[i] != (char)((total + i) * 7);
  waitpid(child, &status, 0);
  printf("total %zu wrong %zu status %d\n", total, wrong, WEXITSTATUS(status));

  /* A handler ends a wait, with and without SA_RESTART. */
  struct sigaction action = {.sa_handler = told};
  sigaction(SIGALRM, &action, 0);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  char b[8];
  fflush(stdout);
  if ((child = fork()) == 0) {
    usleep(100000);
    kill(getppid(), SIGALRM);
    exit(0);
  }
  ssize_t got = read(s[0], b, sizeof b);
  printf("interrupted %zd %s\n", got, strerror(errno));
  waitpid(child, &status, 0);
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, 0);
  fflush(stdout);
  child = fork();
  if (child == 0) {
    usleep(100000);
    kill(getppid(), SIGALRM);
    usleep(100000);
    write(s[1], "late", 4);
    exit(0);
  }
  got = read(s[0], b, sizeof b);
  printf("restarted %zd %.4s\n", got, b);
  waitpid(child, &status, 0);

  /* Datagrams to a queue that is full wait for the reader; the credentials are the sender's. */
  fflush(stdout);
  child = fork();
  if (child == 0) {
    for (int i = 0; i < 100; i++) write(s[1], &i, sizeof i);
    exit(0);
  }
  int sum = 0;
  for (int i = 0, value; i < 100; i++) sum += read(s[0], &value, sizeof value) == 4 ? value : 0;
  printf("sum %d\n", sum);
  waitpid(child, &status, 0);
}
