/* How many of several processes that wait for one file does an event wake? */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

#define WAITERS 3

enum way { OWN_SETS, ONE_SET, OUTER_SET, POLL, READ };

static int file, writer, set, told[2];

static int set_of(int fd, unsigned events) {
  struct epoll_event event = {.events = events};
  int made = epoll_create1(0);
  epoll_ctl(made, EPOLL_CTL_ADD, fd, &event);
  return made;
}

static void await(enum way way, unsigned events) {
  struct epoll_event event;
  struct pollfd poll_file = {.fd = file, .events = POLLIN};
  char byte;
  if (way == OWN_SETS) set = set_of(file, events);
  if (way == READ) read(file, &byte, 1);
  else if (way == POLL) poll(&poll_file, 1, -1);
  else epoll_wait(set, &event, 1, -1);
  write(told[1], ".", 1);
  pause();
}

static void count(const char *what, enum way way, unsigned events, int bytes) {
  pid_t pids[WAITERS];
  char seen[16];
  int ends[2];
  pipe(told);
  if (way == READ) {
    pipe(ends);
    file = ends[0];
    writer = ends[1];
  } else {
    file = writer = eventfd(0, 0);
  }
  if (way == ONE_SET || way == OUTER_SET) set = set_of(file, events);
  if (way == OUTER_SET) set = set_of(set, events);
  for (int i = 0; i < WAITERS; i++) {
    pids[i] = fork();
    if (pids[i] == 0) await(way, events);
    usleep(20000);
  }
  uint64_t one = 1;
  write(writer, &one, bytes);
  usleep(50000);
  printf("%s: %d\n", what, (int)read(told[0], seen, sizeof seen));
  for (int i = 0; i < WAITERS; i++) {
    kill(pids[i], SIGKILL);
    waitpid(pids[i], 0, 0);
  }
  close(told[0]);
  close(told[1]);
  close(file);
}

int main(void) {
  count("sets of their own", OWN_SETS, EPOLLIN, 8);
  count("exclusive", OWN_SETS, EPOLLIN | EPOLLEXCLUSIVE, 8);
  count("exclusive edges", OWN_SETS, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET, 8);
  count("one set", ONE_SET, EPOLLIN, 8);
  count("one set, edges", ONE_SET, EPOLLIN | EPOLLET, 8);
  count("one set, once", ONE_SET, EPOLLIN | EPOLLONESHOT, 8);
  count("a set around it", OUTER_SET, EPOLLIN, 8);
  count("a set around it, edges", OUTER_SET, EPOLLIN | EPOLLET, 8);
  count("poll", POLL, 0, 8);
  count("read of a byte", READ, 0, 1);
  count("read of some of two", READ, 0, 2);
  count("read of some of eight", READ, 0, 8);
}
