/* A pseudo-terminal in one program: keys go in at the master, and what the screen shows comes out there. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int master, terminal;

/* Opens the pair; the terminal is not made anybody's controlling one. */
static void open_pair(void) {
  master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  int unlocked = 0, number = -1;
  char name[32];
  ioctl(master, TIOCSPTLCK, &unlocked);
  ioctl(master, TIOCGPTN, &number);
  snprintf(name, sizeof name, "/dev/pts/%d", number);
  terminal = open(name, O_RDWR | O_NOCTTY);
  if (terminal < 0) {
    printf("no terminal: %s\n", strerror(errno));
    exit(1);
  }
}

/* Prints bytes with those that no screen shows as ^X and \377. */
static void print_bytes(const char *bytes, ssize_t length) {
  for (ssize_t i = 0; i < length; i++) {
    unsigned char byte = bytes[i];
    if (byte < 32) printf("^%c", byte + 64);
    else if (byte > 126) printf("\\%o", byte);
    else putchar(byte);
  }
}

static void settle(void) { usleep(50000); }

static void keys(const char *text) {
  write(master, text, strlen(text));
  settle();
}

static int ready(int fd) {
  struct pollfd line = {.fd = fd, .events = POLLIN};
  return poll(&line, 1, 0) > 0 && (line.revents & POLLIN);
}

/* What is on the screen since the last look. */
static void show_screen(void) {
  char bytes[4096];
  settle();
  printf("  screen [");
  if (ready(master)) print_bytes(bytes, read(master, bytes, sizeof bytes));
  printf("]\n");
}

/* What a read from the terminal gives, if it would not wait. */
static void show_read(size_t length) {
  char bytes[8192];
  if (!ready(terminal)) {
    printf("  read waits\n");
    return;
  }
  ssize_t n = read(terminal, bytes, length);
  printf("  read %zd [", n);
  if (n > 0) print_bytes(bytes, n);
  printf("]\n");
}

/* Sets and clears flags of the terminal. */
static void local(tcflag_t set, tcflag_t clear) {
  struct termios settings;
  tcgetattr(terminal, &settings);
  settings.c_lflag = (settings.c_lflag | set) & ~clear;
  tcsetattr(terminal, TCSANOW, &settings);
}
static void input(tcflag_t set, tcflag_t clear) {
  struct termios settings;
  tcgetattr(terminal, &settings);
  settings.c_iflag = (settings.c_iflag | set) & ~clear;
  tcsetattr(terminal, TCSANOW, &settings);
}
static void output(tcflag_t set, tcflag_t clear) {
  struct termios settings;
  tcgetattr(terminal, &settings);
  settings.c_oflag = (settings.c_oflag | set) & ~clear;
  tcsetattr(terminal, TCSANOW, &settings);
}
static void control(int index, int character) {
  struct termios settings;
  tcgetattr(terminal, &settings);
  settings.c_cc[index] = character;
  tcsetattr(terminal, TCSANOW, &settings);
}
