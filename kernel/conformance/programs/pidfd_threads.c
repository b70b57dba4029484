/* What does a descriptor do that stands for a thread, and whom does it signal? */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREAD O_EXCL

static const char *name(long result) { return result >= 0 ? "ok" : strerrorname_np(errno); }
static volatile int tid, ends, handled;
static siginfo_t got;

static void handler(int signo, siginfo_t *info, void *context) {
  handled = gettid(), got = *info;
}

static void *thread(void *unused) {
  tid = gettid();
  while (!ends) usleep(10000);
  return NULL;
}

static void send(const char *what, int fd, int flags) {
  handled = 0;
  long result = syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, flags);
  int error = errno;
  for (int i = 0; i < 20 && !handled; i++) usleep(5000);
  errno = error;
  printf("%s: %s, %s, code %d\n", what, name(result), handled == tid ? "the thread" : handled ? "the first" : "nobody",
         handled ? got.si_code : 0);
}

static void polled(const char *what, int fd) {
  struct pollfd p = {fd, POLLIN, 0};
  int result = poll(&p, 1, 0);
  printf("%s: %d %x\n", what, result, p.revents);
}

int main(void) {
  pthread_t t;
  setvbuf(stdout, 0, _IOLBF, 0);
  struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &act, NULL);
  setpgid(0, 0);
  pthread_create(&t, NULL, thread, NULL);
  while (!tid);
  int process = syscall(SYS_pidfd_open, getpid(), 0), first = syscall(SYS_pidfd_open, getpid(), THREAD);
  int fd = syscall(SYS_pidfd_open, tid, THREAD);
  printf("open %s, flags %x %x\n", name(fd), fcntl(fd, F_GETFL), fcntl(process, F_GETFL));
  printf("unknown flag %s\n", name(syscall(SYS_pidfd_open, tid, THREAD | 1)));
  send("process", process, 0);
  send("thread", fd, 0);
  send("first thread", first, 0);
  send("thread, to the thread", fd, 1);
  send("process, to the thread", process, 1);
  send("process, to the process", process, 2);
  send("process, to the group", process, 4);
  send("thread, to a group", fd, 4);
  send("both", process, 3);
  send("unknown", process, 8);
  siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_USER};
  printf("forged, to the group %s\n", name(syscall(SYS_pidfd_send_signal, process, SIGUSR1, &info, 4)));
  info.si_code = SI_QUEUE;
  printf("queued, to the group %s\n", name(syscall(SYS_pidfd_send_signal, process, SIGUSR1, &info, 4)));
  printf("waited for %s\n", name(waitid(P_PIDFD, fd, &info, WEXITED)));
  polled("thread", fd);
  ends = 1;
  pthread_join(t, NULL);
  usleep(50000);
  polled("thread has ended", fd);
  polled("process", process);
  send("thread has ended", fd, 0);
}
