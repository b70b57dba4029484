/* In packet mode, what does the master learn of the terminal? */
#include "pty.h"

static void packet(void) {
  char bytes[100];
  if (!ready(master)) {
    printf("nothing\n");
    return;
  }
  ssize_t n = read(master, bytes, sizeof bytes);
  printf("%d [", bytes[0]);
  print_bytes(bytes + 1, n - 1);
  printf("]\n");
}

int main(void) {
  int on = 1, off = 0;
  open_pair();
  printf("%d\n", ioctl(master, TIOCPKT, &on));
  packet();
  write(terminal, "data", 4);
  settle();
  packet();
  tcflush(terminal, TCIFLUSH);
  packet();
  tcflow(terminal, TCOOFF);
  packet();
  tcflow(terminal, TCOON);
  packet();
  write(terminal, "more", 4);
  settle();
  packet();
  ioctl(master, TIOCPKT, &off);
  write(terminal, "plain", 5);
  show_screen();
  return 0;
}
