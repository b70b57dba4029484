/* What becomes of a line that is longer than the input buffer, in canonical mode and outside of it? */
#include "pty.h"

int main(void) {
  char text[6000], bytes[8192];
  open_pair();
  local(0, ECHO);
  for (int i = 0; i < 6000; i++) text[i] = 'a' + i % 26;
  int sent = 0;
  fcntl(master, F_SETFL, O_NONBLOCK);
  while (sent < 5000) {
    ssize_t n = write(master, text + sent, 100);
    if (n < 0) break;
    sent += n;
    if (sent % 1000 == 0) settle();
  }
  printf("took %d\n", sent);
  keys("\n");
  ssize_t n = read(terminal, bytes, sizeof bytes);
  printf("line of %zd, ends with %c%c, newline %d\n", n, bytes[n - 3], bytes[n - 2], bytes[n - 1] == '\n');
  keys("short\n");
  show_read(100);
  return 0;
}
