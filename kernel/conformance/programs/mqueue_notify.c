/* Who is told when a message comes to an empty POSIX message queue, and what ends it? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static mqd_t q;

static void shown(const char *what) {
  char line[100] = "";
  int size = 0, notify = 0, signo = 0, pid = 0;
  pread(q, line, sizeof line, 0);
  sscanf(line, "QSIZE:%d NOTIFY:%d SIGNO:%d NOTIFY_PID:%d", &size, &notify, &signo, &pid);
  printf("%s: size %d notify %d signal %d by %s\n", what, size, notify, signo,
         pid == getpid() ? "me" : pid == getppid() ? "my parent" : pid ? "another" : "nobody");
}

static void pending(void) {
  sigset_t set;
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  int signo = sigtimedwait(&set, &info, &(struct timespec){0, 100000000});
  if (signo < 0) puts("no signal");
  else printf("signal %d code %d value %d from %s uid %d\n", signo == SIGUSR1, info.si_code, info.si_value.sival_int,
              info.si_pid == getpid() ? "me" : "another", info.si_uid);
}

static void drain(void) {
  char text[64];
  struct mq_attr a = {.mq_flags = O_NONBLOCK}, old;
  mq_setattr(q, &a, &old);
  while (mq_receive(q, text, 64, NULL) >= 0);
  mq_setattr(q, &old, NULL);
}

static void told(union sigval value) {
  printf("thread told %d\n", value.sival_int);
  fflush(stdout);
  mq_send(q, "from the thread", 15, 9);
}

static void *receive(void *unused) {
  char text[64];
  printf("received %zd\n", mq_receive(q, text, 64, NULL));
  return NULL;
}

int main(void) {
  struct mq_attr a = {.mq_maxmsg = 4, .mq_msgsize = 64};
  struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
  sigset_t set;
  pthread_t thread;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  mq_unlink("/crucible_notify");
  q = mq_open("/crucible_notify", O_CREAT | O_RDWR, 0600, &a);

  REPORT(mq_notify(q, NULL));
  REPORT(mq_notify(q, &e));
  REPORT(mq_notify(q, &e));
  shown("registered");
  mq_send(q, "one", 3, 0);
  pending();
  shown("told");
  mq_send(q, "two", 3, 0);
  pending();
  REPORT(mq_notify(q, &e));
  mq_send(q, "three", 3, 0);
  pending();
  puts("not empty: not told");
  drain();
  mq_send(q, "four", 4, 0);
  pending();
  drain();

  puts("-- a receiver comes first");
  REPORT(mq_notify(q, &e));
  pthread_create(&thread, NULL, receive, NULL);
  usleep(100000);
  mq_send(q, "x", 1, 0);
  pthread_join(thread, NULL);
  pending();
  shown("still");

  puts("-- ends");
  REPORT(mq_notify(q, NULL));
  shown("removed");
  mq_notify(q, &e);
  int copy = dup(q);
  close(copy);
  shown("a copy closed");
  mq_notify(q, &e);
  fflush(stdout);
  if (fork() == 0) {
    shown("in the child");
    REPORT(mq_notify(q, &e));
    REPORT(mq_notify(q, NULL));
    close(q);
    q = mq_open("/crucible_notify", O_RDWR);
    shown("child closed");
    mq_send(q, "child", 5, 0);
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  pending();
  drain();
  fflush(stdout);
  if (fork() == 0) {
    mq_notify(q, &e);
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  shown("child ended");

  puts("-- kinds");
  struct sigevent none = {.sigev_notify = SIGEV_NONE}, bad = {.sigev_notify = 7};
  REPORT(mq_notify(q, &bad));
  bad = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65};
  REPORT(mq_notify(q, &bad));
  bad.sigev_signo = -1;
  REPORT(mq_notify(q, &bad));
  REPORT(syscall(SYS_mq_notify, q, (void *)8));
  REPORT(mq_notify(q, &none));
  shown("none");
  mq_send(q, "x", 1, 0);
  shown("after");
  drain();
  char cookie[32] = "cookie";
  int pipes[2], sockets[2];
  pipe(pipes);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets);
  bad = (struct sigevent){.sigev_notify = SIGEV_THREAD, .sigev_signo = pipes[0], .sigev_value.sival_ptr = cookie};
  REPORT(syscall(SYS_mq_notify, q, &bad));
  bad.sigev_signo = sockets[0];
  REPORT(syscall(SYS_mq_notify, q, &bad));
  bad.sigev_signo = 77;
  REPORT(syscall(SYS_mq_notify, q, &bad));
  bad.sigev_value.sival_ptr = (void *)8;
  REPORT(syscall(SYS_mq_notify, q, &bad));
  int netlink = socket(AF_NETLINK, SOCK_RAW, 0);
  bad.sigev_value.sival_ptr = cookie, bad.sigev_signo = netlink;
  REPORT(syscall(SYS_mq_notify, q, &bad));
  shown("thread");
  mq_send(q, "x", 1, 0);
  char got[64] = "";
  ssize_t length = recv(netlink, got, sizeof got, 0);
  printf("cookie %zd %s %d\n", length, got, got[31]);
  drain();
  REPORT(syscall(SYS_mq_notify, q, &bad));
  REPORT(mq_notify(q, NULL));
  length = recv(netlink, got, sizeof got, 0);
  printf("cookie %zd %s %d\n", length, got, got[31]);

  puts("-- a thread of the library's");
  struct sigevent threaded = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = told, .sigev_value.sival_int = 5};
  drain();
  REPORT(mq_notify(q, &threaded));
  fflush(stdout);
  mq_send(q, "for the thread", 14, 0);
  usleep(300000);
  struct mq_attr now;
  mq_getattr(q, &now);
  printf("messages %ld\n", now.mq_curmsgs);
  mq_unlink("/crucible_notify");
}
