/* What stops a job in the background that reads, writes or changes its terminal? */
#include "pty.h"
#include <sys/wait.h>

static int tty;

static void job(const char *what, void (*act)(void), void (*prepare)(void)) {
  printf("%s: ", what);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    if (prepare) prepare();
    act();
    _exit(0);
  }
  setpgid(child, child);
  int status;
  waitpid(child, &status, WUNTRACED);
  if (WIFSTOPPED(status)) {
    printf("stopped by %s, ", strsignal(WSTOPSIG(status)));
    fflush(stdout);
    tcsetpgrp(tty, child);
    kill(-child, SIGCONT);
    waitpid(child, &status, 0);
    tcsetpgrp(tty, getpgrp());
  }
  printf("exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void does_read(void) {
  char bytes[100];
  ssize_t n = read(tty, bytes, sizeof bytes);
  _exit(n > 0 ? n : errno == EIO ? 100 : 101);
}
static void does_write(void) {
  ssize_t n = write(tty, "hello", 5);
  _exit(n > 0 ? n : errno == EIO ? 100 : 101);
}
static void does_change(void) {
  struct termios settings;
  tcgetattr(tty, &settings);
  _exit(tcsetattr(tty, TCSANOW, &settings) == 0 ? 7 : 101);
}
static void ignores_in(void) { signal(SIGTTIN, SIG_IGN); }
static void ignores_out(void) { signal(SIGTTOU, SIG_IGN); }
static void blocks_out(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTTOU);
  sigprocmask(SIG_BLOCK, &set, NULL);
}
static void orphans(void) {
  if (fork() != 0) _exit(3);
  while (getppid() != 1) usleep(1000);
  char byte;
  ssize_t n = read(tty, &byte, 1);
  printf("orphan's read %zd %s\n", n, strerror(errno));
  fflush(stdout);
  n = write(tty, "x", 1);
  printf("orphan's write %zd\n", n);
  fflush(stdout);
  _exit(0);
}

int main(void) {
  open_pair();
  fflush(stdout);
  pid_t leader = fork();
  if (leader == 0) {
    setsid();
    ioctl(terminal, TIOCSCTTY, 0);
    tty = terminal;
    keys("a line\n");
    job("reads", does_read, NULL);
    job("reads, ignoring", does_read, ignores_in);
    job("writes", does_write, NULL);
    job("changes, blocking", does_change, blocks_out);
    job("changes, ignoring", does_change, ignores_out);
    signal(SIGTTOU, SIG_IGN);
    local(TOSTOP, 0);
    job("writes with TOSTOP, ignoring", does_write, ignores_out);
    job("leaves an orphan", orphans, NULL);
    usleep(100000);
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(leader, &status, 0);
  return 0;
}
