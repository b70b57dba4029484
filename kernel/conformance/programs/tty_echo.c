/* Which characters does a terminal echo, and how? */
#include "pty.h"

int main(void) {
  open_pair();
  keys("abc\001\t\033[A\n");
  show_screen();
  show_read(100);
  local(0, ECHOCTL);
  keys("x\001\t\033y\n");
  show_screen();
  show_read(100);
  local(ECHONL, ECHO);
  keys("hidden\n");
  show_screen();
  show_read(100);
  local(0, ECHONL);
  keys("all hidden\n");
  show_screen();
  show_read(100);
  local(ECHO | ECHOCTL, ICANON);
  keys("raw\n\001\r");
  show_screen();
  show_read(100);
  output(0, OPOST);
  keys("raw\r");
  show_screen();
  show_read(100);
  keys("\004");
  show_screen();
  show_read(100);
  return 0;
}
