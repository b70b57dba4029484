/* What do both sides of a pseudo-terminal find when the other is closed? */
#include "pty.h"

static void state(const char *what, int fd) {
  struct pollfd line = {.fd = fd, .events = POLLIN | POLLOUT};
  poll(&line, 1, 0);
  printf("%s: in %d, out %d, hang-up %d\n", what, !!(line.revents & POLLIN), !!(line.revents & POLLOUT),
         !!(line.revents & POLLHUP));
}

static void try_read(int fd) {
  char bytes[100];
  errno = 0;
  ssize_t n = read(fd, bytes, sizeof bytes);
  printf("  read %zd %s\n", n, n < 0 ? strerror(errno) : "");
}

int main(void) {
  signal(SIGHUP, SIG_IGN);
  open_pair();
  state("open terminal", terminal);
  state("open master", master);
  write(terminal, "last words", 10);
  close(terminal);
  settle();
  state("master without terminal", master);
  try_read(master);
  try_read(master);
  printf("  write %zd\n", write(master, "into the void", 13));
  close(master);
  open_pair();
  keys("unread\n");
  close(master);
  settle();
  state("terminal without master", terminal);
  try_read(terminal);
  errno = 0;
  printf("  write %zd ", write(terminal, "x", 1));
  printf("%s\n", strerror(errno));
  struct termios settings;
  printf("  settings %d ", tcgetattr(terminal, &settings));
  printf("%s\n", strerror(errno));
  return 0;
}
