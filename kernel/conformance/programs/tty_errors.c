/* What do calls on terminals answer to those who get them wrong? */
#include "pty.h"
#include "report.h"
#include <sys/stat.h>

int main(void) {
  int number, pipes[2];
  struct termios settings;
  struct winsize window;
  char name[32], byte;
  int first = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  ioctl(first, TIOCGPTN, &number);
  snprintf(name, sizeof name, "/dev/pts/%d", number);
  REPORT(open(name, O_RDWR | O_NOCTTY));
  REPORT(access(name, F_OK));
  close(first);
  REPORT(access(name, F_OK));
  open_pair();
  pipe(pipes);
  REPORT(tcgetattr(pipes[0], &settings));
  REPORT(ioctl(pipes[0], TIOCGWINSZ, &window));
  REPORT(isatty(terminal) - 1);
  REPORT(isatty(master) - 1);
  REPORT(tcgetpgrp(terminal));
  REPORT(ioctl(master, TIOCGPGRP, &number));
  printf("number %d\n", number);
  REPORT(tcgetsid(terminal));
  REPORT(tcsetpgrp(terminal, getpgrp()));
  REPORT(ioctl(terminal, TIOCGPTN, &number));
  REPORT(ioctl(terminal, TIOCNOTTY));
  REPORT(tcsendbreak(terminal, 0));
  REPORT(tcdrain(terminal));
  REPORT(ioctl(terminal, TCGETS, 8));
  REPORT(lseek(terminal, 0, SEEK_SET));
  REPORT(pread(terminal, &byte, 1, 0));
  REPORT(ftruncate(terminal, 0));
  REPORT(open("/dev/pts/new", O_CREAT | O_RDWR, 0600));
  struct stat status;
  fstat(terminal, &status);
  printf("device %d, character %d\n", (int)(status.st_rdev >> 8), S_ISCHR(status.st_mode));
  tcgetattr(terminal, &settings);
  printf("i %o o %o c %o l %o\n", settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag);
  for (int i = 0; i < 17; i++) printf("%d ", settings.c_cc[i]);
  printf("\nspeed %d\n", cfgetospeed(&settings) == B38400);
  cfsetspeed(&settings, B115200);
  settings.c_cflag = (settings.c_cflag & ~CSIZE) | CS5 | PARENB;
  REPORT(tcsetattr(terminal, TCSANOW, &settings));
  tcgetattr(terminal, &settings);
  printf("bits %d, parity %d, speed %d\n", (settings.c_cflag & CSIZE) == CS8, !!(settings.c_cflag & PARENB),
         cfgetospeed(&settings) == B115200);
  return 0;
}
