/* Which messages do System V queues give, and what do keys, rights and removal make of them? */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static struct { long type; char text[9000]; } m;

static void put(int q, long type, const char *text, int flags) {
  m.type = type;
  strcpy(m.text, text);
  int result = msgsnd(q, &m, strlen(text), flags);
  printf("put %ld %s: %d %s\n", type, text, result, result < 0 ? strerror(errno) : "");
}

static void take(int q, size_t room, long type, int flags) {
  memset(&m, 0, sizeof m);
  ssize_t got = msgrcv(q, &m, room, type, flags);
  printf("take %ld: %zd %ld %s %s\n", type, got, got < 0 ? 0 : m.type, m.text, got < 0 ? strerror(errno) : "");
}

static void tell(int q) {
  struct msqid_ds d;
  int result = msgctl(q, IPC_STAT, &d);
  printf("stat %d: messages %d bytes %d most %d mode %o uid %d sender %d\n", result, (int)d.msg_qnum,
         (int)d.__msg_cbytes, (int)d.msg_qbytes, d.msg_perm.mode & 0777, d.msg_perm.uid, d.msg_lspid == getpid());
}

static void told(int signo) { (void)signo; }

int main(void) {
  int status, q = msgget(IPC_PRIVATE, 0640);
  tell(q);
  put(q, 3, "three", 0);
  put(q, 1, "one", 0);
  put(q, 2, "two", 0);
  put(q, 1, "uno", 0);
  put(q, 0, "none", 0);
  put(q, -1, "none", 0);
  tell(q);
  take(q, 100, -2, 0);
  take(q, 100, 2, MSG_EXCEPT);
  take(q, 2, 0, 0);
  take(q, 2, 0, MSG_NOERROR);
  take(q, 100, 9, IPC_NOWAIT);
  take(q, 100, 0, IPC_NOWAIT);
  take(q, 100, 0, IPC_NOWAIT);
  tell(q);
  m.type = 1;
  REPORT(msgsnd(q, &m, 8193, 0));
  REPORT(msgsnd(q, &m, -1, 0));
  REPORT(msgsnd(q, &m, 8192, 0));
  REPORT(msgsnd(q, &m, 8192, 0));
  REPORT(msgsnd(q, &m, 1, IPC_NOWAIT));
  REPORT(msgsnd(q, &m, 0, IPC_NOWAIT));
  REPORT(msgrcv(q, &m, sizeof m.text, 0, 0));
  REPORT(msgrcv(q, &m, sizeof m.text, 0, 0));
  REPORT(msgrcv(q, &m, sizeof m.text, 0, 0));

  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    usleep(50000);
    put(q, 5, "waited for", 0);
    usleep(50000);
    put(q, 6, "too", 0);
    exit(0);
  }
  take(q, 100, 6, 0);
  take(q, 100, 5, 0);
  waitpid(child, &status, 0);
  struct sigaction action = {.sa_handler = told, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, 0);
  fflush(stdout);
  child = fork();
  if (child == 0) {
    usleep(50000);
    kill(getppid(), SIGUSR1);
    usleep(50000);
    REPORT(msgctl(q, IPC_RMID, 0));
    exit(0);
  }
  take(q, 100, 0, 0);
  take(q, 100, 0, 0);
  take(q, 100, 0, 0);
  waitpid(child, &status, 0);
  REPORT(msgctl(q, IPC_STAT, (struct msqid_ds *)&m));
  REPORT(msgctl(-1, IPC_RMID, 0));

  key_t key = 0x4352;
  REPORT(msgget(key, 0));
  q = msgget(key, IPC_CREAT | 0600);
  printf("same %d\n", msgget(key, 0) == q);
  REPORT(msgget(key, IPC_CREAT | IPC_EXCL));
  struct msqid_ds d;
  msgctl(q, IPC_STAT, &d);
  printf("key %x\n", d.msg_perm.__key);
  d.msg_perm.mode = 0644;
  d.msg_perm.uid = 3;
  d.msg_qbytes = 10;
  REPORT(msgctl(q, IPC_SET, &d));
  put(q, 1, "ten bytes.", 0);
  put(q, 1, "", IPC_NOWAIT);
  put(q, 1, "x", IPC_NOWAIT);
  tell(q);
  fflush(stdout);
  if (fork() == 0) {
    setresuid(5, 5, 5);
    REPORT(msgget(key, 0600));
    REPORT(msgget(key, 0400));
    put(q, 1, "", IPC_NOWAIT);
    take(q, 100, 0, 0);
    REPORT(msgctl(q, IPC_RMID, 0));
    REPORT(msgctl(q, IPC_SET, &d));
    REPORT(msgctl(q, 99, &d));
    exit(0);
  }
  wait(&status);
  REPORT(msgctl(q, IPC_RMID, 0));
}
