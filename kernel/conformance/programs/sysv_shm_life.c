/* When is a segment of shared memory gone, and who finds it until then? */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096
#define KEY 0x4353bb

static void show(const char *what, int id) {
  struct shmid_ds s;
  if (shmctl(id, IPC_STAT, &s) != 0) {
    printf("%s: %s\n", what, strerror(errno));
    return;
  }
  printf("%s: key %x mode %o size %lu attached %lu maker %d last %d times %d %d %d\n", what, s.shm_perm.__key, s.shm_perm.mode,
         (long)s.shm_segsz, (long)s.shm_nattch, s.shm_cpid == getpid(), s.shm_lpid == 0 ? 0 : s.shm_lpid == getpid() ? 1 : 2,
         s.shm_atime != 0, s.shm_dtime != 0, s.shm_ctime != 0);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    show("after exec", atoi(argv[1]));
    return 0;
  }
  setvbuf(stdout, 0, _IONBF, 0);
  REPORT(shmget(KEY, PAGE, 0600));
  int id = shmget(KEY, 2 * PAGE + 1, IPC_CREAT | IPC_EXCL | 0640);
  show("made", id);
  REPORT(shmget(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600));
  printf("found %d\n", shmget(KEY, PAGE, 0600) == id);
  printf("of any size %d\n", shmget(KEY, 0, 0600) == id);
  REPORT(shmget(KEY, 2 * PAGE + 2, 0600));
  int another = shmget(IPC_PRIVATE, PAGE, 0600);
  printf("another %d\n", another != id);
  shmctl(another, IPC_RMID, 0);
  char *at = shmat(id, 0, 0);
  at[0] = 'x';
  show("attached", id);
  if (fork() == 0) {
    char number[16];
    sprintf(number, "%d", id);
    show("inherited", id);
    char *arguments[] = {"program", number, 0};
    execv("/proc/self/exe", arguments);
    _exit(1);
  }
  wait(0);
  REPORT(shmctl(id, IPC_RMID, 0));
  show("doomed", id);
  REPORT(shmget(KEY, PAGE, 0600));
  char *again = shmat(id, 0, 0);
  printf("by its identifier %c\n", again == (void *)-1 ? '-' : again[0]);
  int next = shmget(KEY, PAGE, IPC_CREAT | 0600);
  printf("the key is free %d\n", next >= 0 && next != id);
  REPORT(shmdt(at));
  show("once less", id);
  REPORT(shmdt(again));
  show("gone", id);
  REPORT(shmat(id, 0, 0));
  REPORT(shmctl(id, IPC_RMID, 0));
  int third = shmget(IPC_PRIVATE, PAGE, 0600);
  if (fork() == 0) {
    char *child = shmat(third, 0, 0);
    child[5] = 'k';
    shmctl(third, IPC_RMID, 0);
    show("in the child", third);
    _exit(0);
  }
  wait(0);
  show("after the child", third);
  shmctl(next, IPC_RMID, 0);
}
