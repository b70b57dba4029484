/* What does shmctl tell and change, and what are the limits and rights of segments? */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  REPORT(shmget(IPC_PRIVATE, 0, 0600));
  REPORT(shmget(IPC_PRIVATE, -1, 0600));
  REPORT(shmget(IPC_PRIVATE, 1L << 46, 0600));
  int id = shmget(IPC_PRIVATE, 3 * PAGE, 0600);
  struct shmid_ds s;
  struct shm_info info;
  struct shminfo limits;
  REPORT(shmctl(-1, IPC_STAT, &s));
  REPORT(shmctl(id, 99, &s));
  REPORT(shmctl(id, -1, &s));
  REPORT(shmctl(id, IPC_STAT, (void *)8));
  REPORT(shmctl(id + 1, IPC_STAT, &s));
  int top = shmctl(0, IPC_INFO, (void *)&limits);
  printf("limits %d: %lx %lu %lu %lu %lx\n", top >= 0, limits.shmmax, limits.shmmin, limits.shmmni, limits.shmseg, limits.shmall);
  char *at = shmat(id, 0, 0);
  at[0] = at[2 * PAGE] = 1;
  printf("info %d\n", shmctl(0, SHM_INFO, (void *)&info) >= 0);
  printf("used %d total %lu resident %lu\n", info.used_ids >= 1, info.shm_tot >= 3, info.shm_rss >= 2);
  REPORT(shmctl(0, SHM_INFO, (void *)8));
  int found = 0;
  for (int i = 0; i <= shmctl(0, SHM_INFO, (void *)&info); i++) found += shmctl(i, SHM_STAT, &s) == id;
  printf("found by its place %d\n", found);
  shmctl(id, IPC_STAT, &s);
  s.shm_perm.mode = 07444;
  s.shm_perm.uid = 5;
  s.shm_perm.gid = 6;
  REPORT(shmctl(id, IPC_SET, &s));
  shmctl(id, IPC_STAT, &s);
  printf("now %o %d %d, made by %d\n", s.shm_perm.mode, s.shm_perm.uid, s.shm_perm.gid, s.shm_perm.cuid == geteuid());
  s.shm_perm.uid = -1;
  REPORT(shmctl(id, IPC_SET, &s));
  REPORT(shmctl(id, IPC_SET, (void *)8));
  REPORT(shmctl(id, SHM_LOCK, 0));
  shmctl(id, IPC_STAT, &s);
  printf("locked %o\n", s.shm_perm.mode);
  REPORT(shmctl(id, SHM_UNLOCK, 0));
  shmctl(id, IPC_STAT, &s);
  printf("unlocked %o\n", s.shm_perm.mode);
  if (fork() == 0) {
    setgid(1000);
    setuid(1000);
    REPORT(shmat(id, 0, 0));
    REPORT(shmat(id, 0, SHM_RDONLY));
    REPORT(shmat(id, 0, SHM_RDONLY | 0100000));
    REPORT(shmctl(id, IPC_STAT, &s));
    REPORT(shmctl(id, IPC_SET, &s));
    REPORT(shmctl(id, IPC_RMID, 0));
    REPORT(shmctl(id, SHM_LOCK, 0));
    int own = shmget(0x4353cc, PAGE, IPC_CREAT | 0);
    REPORT(shmat(own, 0, SHM_RDONLY));
    REPORT(shmctl(own, IPC_STAT, &s));
    REPORT(shmget(0x4353cc, PAGE, 0400));
    REPORT(shmget(0x4353cc, PAGE, 0));
    REPORT(shmctl(own, IPC_RMID, 0));
    _exit(0);
  }
  wait(0);
  REPORT(shmctl(id, IPC_RMID, 0));
}
