/* Which names, attributes, rights and orders do POSIX message queues have? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void tell(const char *what, mqd_t q) {
  struct mq_attr a = {};
  int result = mq_getattr(q, &a);
  printf("%s: %d flags %lx most %ld of %ld, now %ld\n", what, result, a.mq_flags, a.mq_maxmsg, a.mq_msgsize,
         a.mq_curmsgs);
}

static void take(mqd_t q, char *buffer, size_t room) {
  unsigned priority = 0;
  memset(buffer, 0, room);
  ssize_t got = mq_receive(q, buffer, room, &priority);
  printf("took %zd of %u: %.20s %s\n", got, priority, buffer, got < 0 ? strerror(errno) : "");
}

static mqd_t make(const char *name, long count, long size) {
  struct mq_attr a = {.mq_flags = O_NONBLOCK, .mq_maxmsg = count, .mq_msgsize = size};
  mqd_t q = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &a);
  printf("%ld of %ld: %s\n", count, size, q == -1 ? strerror(errno) : "made");
  if (q != -1) mq_unlink(name);
  return q;
}

static void shown(mqd_t q) {
  char line[100] = "";
  ssize_t got = pread(q, line, sizeof line, 0);
  printf("%zd %s", got, line);
}

static void ready(mqd_t q) {
  struct pollfd p = {.fd = q, .events = POLLIN | POLLOUT};
  int result = poll(&p, 1, 0);
  printf("poll %d %x\n", result, p.revents);
}

int main(void) {
  char buffer[9000], name[300] = "/";
  struct stat s;
  umask(022);
  memset(name + 1, 'x', 256);
  mq_unlink("/crucible");
  REPORT(mq_open("/crucible", O_RDWR));
  mqd_t q = mq_open("/crucible", O_CREAT | O_RDWR, 0666, NULL);
  tell("default", q);
  REPORT(mq_open("/crucible", O_CREAT | O_EXCL | O_RDWR, 0666, NULL));
  REPORT(mq_open("/", O_CREAT | O_RDWR, 0600, NULL));
  REPORT(mq_open("/a/b", O_CREAT | O_RDWR, 0600, NULL));
  REPORT(mq_open("/.", O_CREAT | O_RDWR, 0600, NULL));
  REPORT(mq_open("/..", O_RDWR));
  REPORT(mq_open(name, O_CREAT | O_RDWR, 0600, NULL));
  REPORT(syscall(SYS_mq_open, (char *)8, O_RDWR, 0, NULL));
  REPORT(syscall(SYS_mq_open, "crucible", O_RDWR, 0, (void *)8));
  REPORT(mq_unlink("/none"));
  fstat(q, &s);
  printf("mode %o size %d links %d owner %d\n", s.st_mode, (int)s.st_size, (int)s.st_nlink, s.st_uid);
  printf("close on exec %d\n", fcntl(q, F_GETFD));

  shown(q);
  mq_send(q, "low", 3, 1);
  mq_send(q, "high", 4, 5);
  mq_send(q, "low again", 9, 1);
  mq_send(q, "", 0, 5);
  mq_send(q, "none", 4, 0);
  mq_send(q, "most", 4, 32767);
  tell("six", q);
  shown(q);
  ready(q);
  REPORT(mq_send(q, "x", 1, 32768));
  REPORT(mq_send(q, buffer, 8193, 0));
  REPORT(mq_send(q, (char *)8, 10, 0));
  REPORT(mq_receive(q, buffer, 8191, NULL));
  for (int i = 0; i < 6; i++) take(q, buffer, 8192);
  ready(q);

  struct mq_attr a = {.mq_flags = O_NONBLOCK, .mq_maxmsg = 3}, old;
  REPORT(mq_setattr(q, &a, &old));
  tell("not blocking", q);
  printf("flags %x\n", fcntl(q, F_GETFL) & O_NONBLOCK);
  take(q, buffer, 8192);
  a.mq_flags = O_APPEND;
  REPORT(mq_setattr(q, &a, NULL));
  for (int i = 0; i < 10; i++) mq_send(q, "x", 1, 0);
  ready(q);
  REPORT(mq_send(q, "x", 1, 0));
  mq_send(q, "x", 1, 0);
  tell("full", q);

  REPORT(mq_receive(q, (char *)8, 8192, NULL));
  tell("one is lost", q);
  REPORT(write(q, "x", 1));
  mqd_t r = mq_open("/crucible", O_RDONLY), w = mq_open("/crucible", O_WRONLY | O_NONBLOCK);
  REPORT(mq_send(r, "x", 1, 0));
  REPORT(mq_receive(w, buffer, 8192, NULL));
  tell("another descriptor", w);
  REPORT(mq_getattr(1, &old));
  REPORT(mq_send(77, "x", 1, 0));
  REPORT(mq_receive(1, buffer, 8192, NULL));
  REPORT(mq_unlink("/crucible"));
  REPORT(mq_unlink("/crucible"));
  take(r, buffer, 8192);
  fstat(q, &s);
  printf("links %d\n", (int)s.st_nlink);

  puts("-- bounds");
  struct rlimit limit = {3 * (10 * 8192 + 20 * 48), 819200};
  setrlimit(RLIMIT_MSGQUEUE, &limit);
  fflush(stdout);
  if (fork() == 0) {
    setuid(4321);
    make("/crucible", 0, 10);
    make("/crucible", 10, 0);
    make("/crucible", -1, 10);
    make("/crucible", 65536, 1);
    make("/crucible", 65537, 1);
    make("/crucible", 1, 16 << 20);
    make("/crucible", 1, (16 << 20) + 1);
    tell("flags at creation", make("/crucible", 2, 10));
    make("/crucible1", 11, 8192);
    make("/crucible2", 10, 8193);
    q = make("/crucible3", 10, 8192);
    make("/crucible4", 10, 8192);
    make("/crucible5", 10, 8192);
    make("/crucible6", 10, 8192);
    mq_close(q);
    make("/crucible7", 10, 8192);
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);

  puts("-- rights");
  q = mq_open("/crucible", O_CREAT | O_RDWR, 0640, NULL);
  fflush(stdout);
  if (fork() == 0) {
    setuid(4321);
    REPORT(mq_open("/crucible", O_RDONLY));
    REPORT(mq_open("/crucible", O_WRONLY));
    REPORT(mq_unlink("/crucible"));
    mqd_t mine = mq_open("/crucible_mine", O_CREAT | O_WRONLY, 0200, NULL);
    printf("mine %d\n", mine != -1);
    REPORT(mq_open("/crucible_mine", O_RDONLY));
    REPORT(mq_unlink("/crucible_mine"));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  mq_unlink("/crucible");
}
