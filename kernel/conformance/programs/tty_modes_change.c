/* What becomes of typed characters when the mode changes under them, and of those that are flushed? */
#include "pty.h"

int main(void) {
  open_pair();
  local(0, ECHO);
  keys("half a line");
  show_read(100);
  local(0, ICANON);
  show_read(100);
  keys("raw bytes");
  local(ICANON, 0);
  show_read(4);
  show_read(100);
  keys("line\nrest");
  local(0, ICANON);
  show_read(100);
  local(ICANON, 0);
  keys("gone\n");
  printf("flush %d\n", tcflush(terminal, TCIFLUSH));
  show_read(100);
  keys("kept\n");
  printf("output flush %d\n", tcflush(terminal, TCOFLUSH));
  show_read(100);
  keys("gone, too\n");
  struct termios settings;
  tcgetattr(terminal, &settings);
  printf("TCSAFLUSH %d\n", tcsetattr(terminal, TCSAFLUSH, &settings));
  show_read(100);
  printf("bad flush %d %s\n", tcflush(terminal, 7), strerror(errno));
  int count = -1;
  keys("12345\n67");
  ioctl(terminal, FIONREAD, &count);
  printf("FIONREAD %d in lines\n", count);
  local(0, ICANON);
  ioctl(terminal, FIONREAD, &count);
  printf("FIONREAD %d raw\n", count);
  return 0;
}
