/* When do System V semaphore operations succeed, wait and fail, and what is undone at exit? */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

union semun { int val; struct semid_ds *buf; unsigned short *array; };

static int s;

static void tell(void) {
  unsigned short v[3];
  union semun u = {.array = v};
  int result = semctl(s, 0, GETALL, u);
  printf("all %d: %d %d %d last %d waiting %d %d\n", result, v[0], v[1], v[2], semctl(s, 0, GETPID) == getpid(),
         semctl(s, 1, GETNCNT), semctl(s, 0, GETZCNT));
}

static int op(int n, int change, int flags) {
  struct sembuf b = {n, change, flags};
  return semop(s, &b, 1);
}

int main(void) {
  int status;
  REPORT(semget(IPC_PRIVATE, 0, 0600));
  REPORT(semget(IPC_PRIVATE, 32001, 0600));
  s = semget(0x4353, 3, IPC_CREAT | 0600);
  REPORT(semget(0x4353, 4, 0));
  printf("same %d\n", semget(0x4353, 2, 0) == s);
  tell();
  REPORT(op(0, 5, 0));
  REPORT(op(0, -2, 0));
  REPORT(op(0, -4, IPC_NOWAIT));
  REPORT(op(0, 0, IPC_NOWAIT));
  REPORT(op(1, 0, 0));
  REPORT(op(3, 1, 0));
  REPORT(op(0, 32767, 0));
  struct sembuf both[2] = {{0, -1, 0}, {1, -1, IPC_NOWAIT}};
  REPORT(semop(s, both, 2));
  tell();
  both[1].sem_op = 2;
  REPORT(semop(s, both, 2));
  tell();
  REPORT(semop(s, both, 0));
  REPORT(semop(s, both, 501));
  struct timespec brief = {0, 20000000};
  struct sembuf down = {2, -1, 0};
  REPORT(semtimedop(s, &down, 1, &brief));
  brief.tv_nsec = -1;
  REPORT(semtimedop(s, &down, 1, &brief));
  union semun u = {.val = 40000};
  REPORT(semctl(s, 0, SETVAL, u));
  u.val = 7;
  REPORT(semctl(s, 3, SETVAL, u));
  REPORT(semctl(s, 2, SETVAL, u));
  unsigned short values[3] = {1, 2, 40000};
  u.array = values;
  REPORT(semctl(s, 0, SETALL, u));
  values[2] = 0;
  REPORT(semctl(s, 0, SETALL, u));
  tell();

  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    op(2, 1, SEM_UNDO);
    op(0, -1, SEM_UNDO);
    op(1, 3, 0);
    exit(3);
  }
  REPORT(op(0, 0, 0));
  waitpid(child, &status, 0);
  tell();

  fflush(stdout);
  child = fork();
  if (child == 0) {
    printf("waited %d\n", op(1, -6, 0));
    printf("zero %d\n", op(0, 0, 0));
    printf("removed %d %s\n", op(2, -9, 0), strerror(errno));
    exit(0);
  }
  while (semctl(s, 1, GETNCNT) == 0) usleep(1000);
  tell();
  REPORT(op(1, 1, 0));
  while (semctl(s, 0, GETZCNT) == 0) usleep(1000);
  REPORT(op(0, -1, 0));
  while (semctl(s, 2, GETNCNT) == 0) usleep(1000);
  struct semid_ds d;
  u.buf = &d;
  REPORT(semctl(s, 0, IPC_STAT, u));
  printf("count %d mode %o operated %d\n", (int)d.sem_nsems, d.sem_perm.mode, d.sem_otime != 0);
  REPORT(semctl(s, 0, IPC_RMID));
  waitpid(child, &status, 0);
  REPORT(op(0, 1, 0));
  REPORT(semctl(s, 0, GETVAL));

  s = semget(IPC_PRIVATE, 3, 0444);
  fflush(stdout);
  if (fork() == 0) {
    setresuid(5, 5, 5);
    REPORT(op(0, 1, 0));
    REPORT(op(0, 0, 0));
    REPORT(semctl(s, 0, GETVAL));
    u.val = 1;
    REPORT(semctl(s, 0, SETVAL, u));
    REPORT(semctl(s, 0, IPC_RMID));
    exit(0);
  }
  wait(&status);
  REPORT(semctl(s, 0, IPC_RMID));
}
