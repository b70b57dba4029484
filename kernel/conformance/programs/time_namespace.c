/* What do clocks, sleeps and timers show in a time namespace with offsets, and when can these be set? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static int put(const char *text) {
  int fd = open("/proc/self/timens_offsets", O_WRONLY);
  int result = write(fd, text, strlen(text));
  int error = errno;
  close(fd);
  errno = error;
  return result < 0 ? -1 : 0;
}

static void show(void) {
  char text[200];
  int fd = open("/proc/self/timens_offsets", O_RDONLY);
  ssize_t length = read(fd, text, sizeof text);
  write(1, text, length);
  close(fd);
}

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

/* In hundreds of seconds, so that it does not matter how long the machine is up or the program takes. */
static long ahead(clockid_t clock, double before) { return (long)((now(clock) - before) / 100); }

int main(void) {
  setbuf(stdout, NULL);
  show();
  REPORT(put("monotonic 1 0\n"));
  REPORT(unshare(0x80));
  double monotonic = now(CLOCK_MONOTONIC), boot = now(CLOCK_BOOTTIME), real = now(CLOCK_REALTIME);
  double raw = now(CLOCK_MONOTONIC_RAW);
  REPORT(put("monotonic 1000000 5\nboottime 2000000 0\n"));
  REPORT(put("1 500000 7\n"));
  REPORT(put("realtime 1 0\n"));
  REPORT(put("monotonic 1\n"));
  REPORT(put("monotonic 1 1000000000\n"));
  REPORT(put("monotonic -100000000 0\n"));
  REPORT(put("monotonic 5000000000000 0\n"));
  REPORT(put("nonsense\n"));
  show();
  printf("not ahead: %ld\n", ahead(CLOCK_MONOTONIC, monotonic));
  int status;
  if (fork() == 0) {
    printf("ahead: %ld %ld %ld %ld\n", ahead(CLOCK_MONOTONIC, monotonic), ahead(CLOCK_MONOTONIC_RAW, raw),
           ahead(CLOCK_BOOTTIME, boot), ahead(CLOCK_REALTIME, real));
    struct sysinfo info;
    sysinfo(&info);
    printf("uptime goes by boottime: %d\n", labs((long)(info.uptime - now(CLOCK_BOOTTIME))) < 5);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 1;
    REPORT(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    int timer = timerfd_create(CLOCK_BOOTTIME, 0);
    struct itimerspec spec = {{0}};
    clock_gettime(CLOCK_BOOTTIME, &spec.it_value);
    spec.it_value.tv_sec += 100;
    REPORT(timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, NULL));
    timerfd_gettime(timer, &spec);
    printf("left %ld\n", (long)spec.it_value.tv_sec);
    REPORT(put("monotonic 1 0\n"));
    show();
    _exit(0);
  }
  wait(&status);
  REPORT(put("monotonic 1 0\n"));
  return 0;
}
