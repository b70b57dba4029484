/* How do ICRNL, INLCR, IGNCR, ISTRIP and IUCLC change what is typed? */
#include "pty.h"

static void try(const char *what) {
  printf("%s:\n", what);
  keys("a\rB\nc\344");
  show_screen();
  show_read(100);
}

int main(void) {
  open_pair();
  local(0, ICANON);
  try("ICRNL");
  input(INLCR, ICRNL);
  try("INLCR");
  input(IGNCR, INLCR);
  try("IGNCR");
  input(ISTRIP, IGNCR);
  try("ISTRIP");
  input(IUCLC, ISTRIP);
  try("IUCLC");
  input(ICRNL | INLCR, IUCLC);
  try("ICRNL and INLCR");
  input(PARMRK, ICRNL | INLCR);
  printf("PARMRK:\n");
  keys("\377x");
  show_read(100);
  return 0;
}
