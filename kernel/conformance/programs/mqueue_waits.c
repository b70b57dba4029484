/* Who waits at a POSIX message queue, for how long, and whose turn is next? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static mqd_t q;

static struct timespec in(long ms) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_nsec += ms * 1000000;
  t.tv_sec += t.tv_nsec / 1000000000;
  t.tv_nsec %= 1000000000;
  return t;
}

static void nap(void) { usleep(100000); }

static void handler(int signo) { (void)signo; }

static void *receiver(void *name) {
  char text[16] = "";
  unsigned priority;
  ssize_t got = mq_receive(q, text, 16, &priority);
  printf("%s got %zd %s of %u\n", (char *)name, got, text, priority);
  return NULL;
}

static void *sender(void *text) {
  int result = mq_send(q, text, strlen(text), ((char *)text)[0] - '0');
  printf("sent %s: %d\n", (char *)text, result);
  return NULL;
}

static void take(void) {
  char text[17] = "";
  ssize_t got = mq_receive(q, text, 16, NULL);
  printf("took %zd %s\n", got, text);
}

int main(void) {
  struct mq_attr a = {.mq_maxmsg = 2, .mq_msgsize = 16};
  struct timespec t;
  char text[16];
  pthread_t threads[4];
  setvbuf(stdout, NULL, _IOLBF, 0);
  mq_unlink("/crucible_waits");
  q = mq_open("/crucible_waits", O_CREAT | O_RDWR, 0600, &a);

  t = in(20);
  REPORT(mq_timedreceive(q, text, 16, NULL, &t));
  t = in(-20);
  REPORT(mq_timedreceive(q, text, 16, NULL, &t));
  t = (struct timespec){0, 0};
  REPORT(mq_timedreceive(q, text, 16, NULL, &t));
  t = (struct timespec){0, 1000000000};
  REPORT(mq_timedreceive(q, text, 16, NULL, &t));
  t = (struct timespec){-1, 0};
  REPORT(mq_timedreceive(q, text, 16, NULL, &t));
  REPORT(mq_timedreceive(q, text, 16, NULL, (void *)8));
  t = (struct timespec){0, -1};
  REPORT(mq_timedsend(q, "1", 1, 0, &t));
  t = (struct timespec){0, 0};
  REPORT(mq_timedsend(q, "1", 1, 0, &t));
  REPORT(mq_send(q, "2", 1, 0));
  REPORT(mq_timedsend(q, "3", 1, 0, &t));
  t = in(20);
  REPORT(mq_timedsend(q, "3", 1, 0, &t));
  take();
  take();

  puts("-- receivers in turn");
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, receiver, (char *[]){"first", "second", "third"}[i]), nap();
  for (int i = 0; i < 3; i++) mq_send(q, (char *[]){"a", "b", "c"}[i], 1, i), nap();
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);

  puts("-- senders in turn");
  mq_send(q, "filling", 7, 1);
  mq_send(q, "filling", 7, 1);
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, sender, (char *[]){"0 zero", "7 seven", "7 again"}[i]), nap();
  for (int i = 0; i < 5; i++) take(), nap();
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);

  puts("-- the nicer one later");
  for (int i = 0; i < 2; i++) {
    fflush(stdout);
    if (fork() == 0) {
      setpriority(PRIO_PROCESS, 0, i ? 0 : 5);
      receiver(i ? "not nice" : "nice");
      fflush(stdout);
      _exit(0);
    }
    nap();
  }
  mq_send(q, "a", 1, 0), nap();
  mq_send(q, "b", 1, 0), nap();
  while (wait(NULL) > 0);

  puts("-- signals");
  struct sigaction act = {.sa_handler = handler};
  sigaction(SIGALRM, &act, NULL);
  alarm(1);
  REPORT(mq_receive(q, text, 16, NULL));
  act.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &act, NULL);
  t = in(1500);
  alarm(1);
  REPORT(mq_timedreceive(q, text, 16, NULL, &t));

  puts("-- unlinked while somebody waits");
  pthread_create(&threads[0], NULL, receiver, "last");
  nap();
  mq_unlink("/crucible_waits");
  mq_send(q, "bye", 3, 3);
  pthread_join(threads[0], NULL);
}
