/* Outside of canonical mode, what do VMIN and VTIME make a read wait for? */
#include "pty.h"
#include <time.h>

static void timed(size_t length) {
  char bytes[100];
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  ssize_t n = read(terminal, bytes, length);
  clock_gettime(CLOCK_MONOTONIC, &end);
  double tenths = (end.tv_sec - begin.tv_sec) * 10 + (end.tv_nsec - begin.tv_nsec) / 1e8;
  printf("  read %zd [", n);
  if (n > 0) print_bytes(bytes, n);
  // A machine that has much to do is late, but not by seconds.
  printf("] %s\n", tenths < 1.5 ? "at once" : tenths < 20 ? "when its time was up" : "much too late");
}

int main(void) {
  open_pair();
  local(0, ICANON | ECHO);
  printf("at least 3:\n");
  control(VMIN, 3);
  keys("ab");
  show_read(10);
  keys("cd");
  show_read(10);
  keys("ab");
  printf("  buffer of 2:\n");
  timed(2);
  printf("nothing to wait for:\n");
  control(VMIN, 0);
  timed(10);
  keys("x");
  timed(10);
  printf("two tenths at most:\n");
  control(VTIME, 2);
  timed(10);
  keys("yz");
  timed(1);
  timed(10);
  printf("five at least, two tenths between:\n");
  control(VMIN, 5);
  keys("pq");
  timed(10);
  keys("12345");
  timed(10);
  printf("not waiting:\n");
  fcntl(terminal, F_SETFL, O_NONBLOCK);
  keys("ab");
  timed(10);
  char byte;
  printf("  then %zd %s\n", read(terminal, &byte, 1), strerror(errno));
  control(VMIN, 0);
  errno = 0;
  printf("  VMIN 0, VTIME 2: %zd %s\n", read(terminal, &byte, 1), strerror(errno));
  control(VTIME, 0);
  errno = 0;
  printf("  VMIN 0, VTIME 0: %zd %s\n", read(terminal, &byte, 1), strerror(errno));
  return 0;
}
