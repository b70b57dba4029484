/* Do ^S and ^Q, and TCXONC, stop and start output, echoes included? */
#include "pty.h"

static void try_write(void) {
  fcntl(terminal, F_SETFL, O_NONBLOCK);
  errno = 0;
  ssize_t n = write(terminal, "out", 3);
  printf("  write %zd %s\n", n, n < 0 ? strerror(errno) : "");
  struct pollfd line = {.fd = terminal, .events = POLLOUT};
  printf("  room %d\n", poll(&line, 1, 0));
}

int main(void) {
  open_pair();
  try_write();
  show_screen();
  keys("\023");
  try_write();
  keys("typed\n");
  show_screen();
  keys("\021");
  show_screen();
  try_write();
  show_screen();
  keys("\023");
  input(IXANY, 0);
  keys("x");
  try_write();
  show_screen();
  printf("off %d\n", tcflow(terminal, TCOOFF));
  try_write();
  keys("\021");
  try_write();
  printf("on %d\n", tcflow(terminal, TCOON));
  try_write();
  show_screen();
  keys("\023");
  input(0, IXON | IXANY);
  try_write();
  show_screen();
  keys("\023\021\n");
  show_screen();
  printf("send stop %d\n", tcflow(terminal, TCIOFF));
  show_screen();
  printf("bad %d %s\n", tcflow(terminal, 9), strerror(errno));
  return 0;
}
