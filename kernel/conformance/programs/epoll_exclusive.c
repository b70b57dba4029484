/* What goes with EPOLLEXCLUSIVE, and may an entry be changed that has it? */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
  int set = epoll_create1(0), inner = epoll_create1(0), file = eventfd(0, 0);
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, file, &event));
  REPORT(epoll_ctl(set, EPOLL_CTL_MOD, file, &event));
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, inner, &event));
  event.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, eventfd(0, 0), &event));
  event.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLPRI;
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, eventfd(0, 0), &event));
  event.events = EPOLLOUT | EPOLLEXCLUSIVE | EPOLLET;
  REPORT(epoll_ctl(set, EPOLL_CTL_ADD, eventfd(0, 0), &event));
}
