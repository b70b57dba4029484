/* In canonical mode, what is a line, and what does a read of any length take of it? */
#include "pty.h"

int main(void) {
  open_pair();
  local(0, ECHO);
  keys("half");
  show_read(100);
  keys(" a line\n");
  show_read(100);
  keys("one\ntwo\n");
  show_read(100);
  show_read(100);
  keys("in pieces\n");
  show_read(4);
  show_read(4);
  show_read(100);
  keys("no end\004");
  show_read(100);
  show_read(100);
  keys("\004");
  show_read(100);
  keys("exact\004next\n");
  show_read(5);
  show_read(100);
  control(VEOL, ';');
  keys("with;other\n");
  show_read(100);
  show_read(100);
  keys("\r\n");
  show_read(100);
  show_read(100);
  keys("literal \026\004\026\n\n");
  show_read(100);
  char nul[] = {'a', 0, 'b', '\n'};
  write(master, nul, 4);
  settle();
  show_read(100);
  return 0;
}
