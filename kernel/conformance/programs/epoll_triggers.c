/* When does epoll tell of a pipe: level-triggered, edge-triggered, once, and after changes? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "report.h"

static void wait_for(int set, const char *when) {
  struct epoll_event events[4];
  int count = epoll_wait(set, events, 4, 0);
  printf("%s: %d", when, count);
  for (int i = 0; i < count; i++) printf(" %x/%d", events[i].events, (int)events[i].data.u64);
  printf("\n");
}

static void try(unsigned how) {
  int ends[2];
  pipe2(ends, O_NONBLOCK);
  int set = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | how, .data.u64 = 7};
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event));
  wait_for(set, "empty");
  write(ends[1], "ab", 2);
  wait_for(set, "written");
  wait_for(set, "again");
  char byte;
  read(ends[0], &byte, 1);
  wait_for(set, "one read");
  write(ends[1], "c", 1);
  wait_for(set, "written more");
  event.data.u64 = 8;
  REPORT(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &event));
  wait_for(set, "modified");
  wait_for(set, "again");
  close(ends[1]);
  wait_for(set, "hung up");
  wait_for(set, "again");
  REPORT(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], 0));
  wait_for(set, "deleted");
  close(ends[0]);
  close(set);
}

int main(void) {
  printf("level\n");
  try(0);
  printf("edge\n");
  try(EPOLLET);
  printf("once\n");
  try(EPOLLONESHOT);
  printf("edge once\n");
  try(EPOLLET | EPOLLONESHOT);
  int ends[2];
  pipe2(ends, O_NONBLOCK);
  int set = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLOUT | EPOLLET, .data.u64 = 1};
  epoll_ctl(set, EPOLL_CTL_ADD, ends[1], &event);
  wait_for(set, "room");
  static char bytes[65536];
  write(ends[1], bytes, sizeof bytes);
  wait_for(set, "full");
  read(ends[0], bytes, 8192);
  wait_for(set, "room again");
  wait_for(set, "and again");
}
