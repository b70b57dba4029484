/* How does a session get its terminal, its foreground group, its keys' signals, and how does it end? */
#include "pty.h"
#include "report.h"
#include <sys/wait.h>

static volatile sig_atomic_t last;
static void note(int signo) { last = signo; }
static void show_last(const char *what) {
  printf("%s: %s\n", what, last ? strsignal(last) : "nothing");
  last = 0;
}

int main(void) {
  open_pair();
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    struct winsize window = {33, 99, 0, 0};
    setsid();
    for (int signo = 1; signo < 32; signo++) signal(signo, note);
    REPORT(open("/dev/tty", O_RDWR));
    REPORT(ioctl(terminal, TIOCSCTTY, 0));
    REPORT(ioctl(terminal, TIOCSCTTY, 0));
    int tty = open("/dev/tty", O_RDWR);
    printf("/dev/tty %d, foreground %d\n", tty >= 0, tcgetpgrp(tty) == getpgrp());
    REPORT(tcsetpgrp(tty, 1 << 22));
    REPORT(tcsetpgrp(tty, -5));
    keys("\003");
    show_last("^C");
    keys("\034");
    show_last("^\\");
    keys("\032");
    show_last("^Z");
    show_screen();
    keys("typed\003line\n");
    show_last("^C in a line");
    show_read(100);
    show_screen();
    local(NOFLSH, 0);
    keys("typed\003line\n");
    show_last("^C with NOFLSH");
    show_read(100);
    local(0, ISIG);
    keys("\003\n");
    show_last("^C without ISIG");
    show_read(100);
    ioctl(master, TIOCSWINSZ, &window);
    settle();
    show_last("another size");
    ioctl(master, TIOCSWINSZ, &window);
    settle();
    show_last("the same size");
    memset(&window, 0, sizeof window);
    ioctl(terminal, TIOCGWINSZ, &window);
    printf("%d x %d\n", window.ws_row, window.ws_col);
    signal(SIGHUP, SIG_DFL);
    pid_t job = fork();
    if (job == 0) {
      setpgid(0, 0);
      pause();
      _exit(0);
    }
    setpgid(job, job);
    signal(SIGTTOU, SIG_IGN);
    REPORT(tcsetpgrp(tty, job));
    printf("the job is in front: %d\n", tcgetpgrp(tty) == job);
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("leader ended with %d\n", WEXITSTATUS(status));
  settle();
  pid_t group;
  errno = 0;
  printf("its terminal has group %d\n", ioctl(master, TIOCGPGRP, &group) == 0 ? (int)group : -1);
  return 0;
}
