/* When does an edge-triggered epoll tell of sockets and terminals? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pty.h"
#include "report.h"

static int set;

static void wait_for(const char *when) {
  struct epoll_event events[4];
  usleep(50000);
  int count = epoll_wait(set, events, 4, 0);
  printf("  %s: %d", when, count);
  for (int i = 0; i < count; i++) printf(" %x/%d", events[i].events, (int)events[i].data.u64);
  printf("\n");
}

static void watch(int fd, unsigned events, int data) {
  struct epoll_event event = {.events = events | EPOLLET, .data.u64 = data};
  epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

static void begin(const char *what) {
  if (set) close(set);
  set = epoll_create1(0);
  printf("%s\n", what);
}

static void pair(const char *what, int type) {
  int ends[2];
  char byte;
  socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, ends);
  begin(what);
  watch(ends[0], EPOLLIN | EPOLLRDHUP, 1);
  wait_for("empty");
  write(ends[1], "ab", 2);
  wait_for("written");
  wait_for("again");
  write(ends[1], "c", 1);
  wait_for("more");
  read(ends[0], &byte, 1);
  wait_for("one read");
  shutdown(ends[1], SHUT_WR);
  wait_for("shut");
  wait_for("again");
  close(ends[1]);
  wait_for("closed");
  wait_for("again");
}

static void room(void) {
  static char bytes[65536];
  int ends[2];
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends);
  begin("room");
  watch(ends[0], EPOLLOUT, 2);
  wait_for("room");
  wait_for("again");
  while (write(ends[0], bytes, sizeof bytes) > 0) {}
  wait_for("full");
  while (read(ends[1], bytes, sizeof bytes) > 0) {}
  wait_for("emptied");
}

static void tcp(void) {
  struct sockaddr_in address = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  char byte;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  bind(listener, (void *)&address, sizeof address);
  listen(listener, 4);
  getsockname(listener, (void *)&address, &length);
  begin("tcp");
  watch(listener, EPOLLIN, 3);
  wait_for("nobody");
  int client = socket(AF_INET, SOCK_STREAM, 0);
  connect(client, (void *)&address, sizeof address);
  wait_for("connected");
  wait_for("again");
  int second = socket(AF_INET, SOCK_STREAM, 0);
  connect(second, (void *)&address, sizeof address);
  wait_for("another");
  int server = accept(listener, NULL, NULL);
  wait_for("accepted");
  watch(server, EPOLLIN | EPOLLRDHUP, 4);
  wait_for("watched");
  write(client, "ab", 2);
  wait_for("written");
  read(server, &byte, 1);
  wait_for("one read");
  write(client, "c", 1);
  wait_for("more");
  shutdown(client, SHUT_WR);
  wait_for("shut");
  wait_for("again");
}

static void udp(void) {
  struct sockaddr_in address = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
  bind(receiver, (void *)&address, sizeof address);
  getsockname(receiver, (void *)&address, &length);
  begin("udp");
  watch(receiver, EPOLLIN, 5);
  wait_for("nothing");
  sendto(sender, "a", 1, 0, (void *)&address, sizeof address);
  wait_for("sent");
  wait_for("again");
  sendto(sender, "b", 1, 0, (void *)&address, sizeof address);
  wait_for("more");
}

static void pty(void) {
  char byte;
  open_pair();
  begin("terminal");
  watch(terminal, EPOLLIN, 6);
  watch(master, EPOLLIN, 7);
  wait_for("nothing");
  write(master, "a", 1);
  wait_for("part of a line, and its echo");
  wait_for("again");
  write(master, "\n", 1);
  wait_for("a line, and its echo");
  write(terminal, "out", 3);
  wait_for("output");
  write(terminal, "more", 4);
  wait_for("more output");
  read(master, &byte, 1);
  wait_for("one read");
}

int main(void) {
  pair("stream", SOCK_STREAM);
  pair("packets", SOCK_SEQPACKET);
  pair("datagrams", SOCK_DGRAM);
  room();
  tcp();
  udp();
  pty();
}
