/* How do ONLCR, OCRNL, ONOCR, ONLRET, OLCUC and TAB3 change what is written? */
#include "pty.h"

static void try(const char *what) {
  printf("%s:\n", what);
  printf("  wrote %zd\n", write(terminal, "\ra\nb\rc\td\b\te\n", 12));
  show_screen();
}

int main(void) {
  open_pair();
  try("ONLCR");
  output(0, ONLCR);
  try("nothing");
  output(OCRNL, 0);
  try("OCRNL");
  output(ONOCR, OCRNL);
  try("ONOCR");
  output(ONLRET, ONOCR);
  try("ONLRET");
  output(OLCUC, ONLRET);
  try("OLCUC");
  output(TAB3, OLCUC);
  try("TAB3");
  output(0, OPOST);
  try("without OPOST");
  return 0;
}
