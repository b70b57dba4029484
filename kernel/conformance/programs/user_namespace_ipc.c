/* Who owns System V objects for the root of a user namespace, and whom may he give them to? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <unistd.h>

#include "report.h"

union semun { int val; struct semid_ds *buf; unsigned short *array; };

static void put(const char *file, const char *text) {
  char path[60];
  snprintf(path, sizeof path, "/proc/self/%s", file);
  int fd = open(path, O_WRONLY);
  write(fd, text, strlen(text));
  close(fd);
}

int main(void) {
  setgroups(0, NULL);
  setresgid(1000, 1000, 1000);
  setresuid(1000, 1000, 1000);
  prctl(PR_SET_DUMPABLE, 1);
  int set = semget(IPC_PRIVATE, 1, 0600);
  struct semid_ds s;
  union semun u = {.buf = &s};
  unshare(CLONE_NEWUSER);
  REPORT(semctl(set, 0, IPC_STAT, u));
  printf("unmapped: %d %d, made by %d %d\n", s.sem_perm.uid, s.sem_perm.gid, s.sem_perm.cuid, s.sem_perm.cgid);
  put("uid_map", "0 1000 1\n");
  put("setgroups", "deny");
  put("gid_map", "0 1000 1\n");
  semctl(set, 0, IPC_STAT, u);
  printf("mapped: %d %d, made by %d %d\n", s.sem_perm.uid, s.sem_perm.gid, s.sem_perm.cuid, s.sem_perm.cgid);
  s.sem_perm.uid = 1000;
  REPORT(semctl(set, 0, IPC_SET, u));
  s.sem_perm.uid = 0;
  s.sem_perm.mode = 0640;
  REPORT(semctl(set, 0, IPC_SET, u));
  semctl(set, 0, IPC_STAT, u);
  printf("mode %o\n", s.sem_perm.mode & 0777);
  REPORT(semctl(set, 0, IPC_RMID));
  int queue = msgget(IPC_PRIVATE, 0600);
  struct msqid_ds q;
  msgctl(queue, IPC_STAT, &q);
  printf("a queue of %d %d\n", q.msg_perm.uid, q.msg_perm.cgid);
  REPORT(msgctl(queue, IPC_RMID, NULL));
  return 0;
}
