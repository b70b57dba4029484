/* What do the keys that edit a line do to it and to the screen? */
#include "pty.h"

static void line(const char *text) {
  printf("%s:\n", "line");
  keys(text);
  show_screen();
  show_read(100);
}

int main(void) {
  open_pair();
  line("abc\177d\n");
  line("\177\177x\n");
  line("two words\027\027one\n");
  line("a_b c-d\027\n");
  line("whole line\025new\n");
  line("ctrl \001\177\177\n");
  line("tab\t\177x\n");
  line("\ttab\tx\177\177y\n");
  line("say\022 again\n");
  line("quoted \026\177\177\n");
  local(0, ECHOE);
  line("abc\177\177d\n");
  local(ECHOPRT, 0);
  line("abc\177\177d\n");
  local(0, ECHOPRT | ECHOKE);
  line("kill\025new\n");
  local(0, ECHOK);
  line("kill\025new\n");
  local(ECHOE | ECHOK | ECHOKE, ECHOCTL);
  line("plain \001 control\177\n");
  local(0, IEXTEN);
  line("word \027\026x\n");
  return 0;
}
