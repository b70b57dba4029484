/* Where can a segment of shared memory be attached, with which rights, and what is it detached by? */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096
#ifndef SHM_EXEC
#define SHM_EXEC 0100000
#endif

static int id;

static int attached(void) {
  struct shmid_ds s;
  return shmctl(id, IPC_STAT, &s) == 0 ? (int)s.shm_nattch : -1;
}

static void rights_of(const char *address) {
  char line[512], name[256] = "";
  FILE *maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps)) {
    unsigned long start, end;
    char rights[5];
    sscanf(line, "%lx-%lx %4s %*s %*s %*s %255[^\n]", &start, &end, rights, name);
    if (start <= (unsigned long)address && (unsigned long)address < end)
      printf("%lu pages %s %s\n", (end - start) / PAGE, rights, name);
  }
  fclose(maps);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  id = shmget(0x4353aa, 3 * PAGE - 100, IPC_CREAT | 0600);
  printf("made %d, attached %d\n", id >= 0, attached());
  char *a = shmat(id, 0, 0);
  a[0] = 'a';
  a[3 * PAGE - 1] = 'z';
  rights_of(a);
  char *b = shmat(id, 0, SHM_RDONLY);
  printf("%c %c, attached %d\n", b[0], b[3 * PAGE - 1], attached());
  rights_of(b);
  REPORT(mprotect(b, PAGE, PROT_READ | PROT_WRITE));
  char *place = mmap(0, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(place + PAGE, 3 * PAGE);
  char *c = shmat(id, place + PAGE + 5, SHM_RND);
  printf("rounded %d\n", c == place + PAGE);
  REPORT(shmat(id, place + PAGE + 5, 0));
  REPORT(shmat(id, place, 0));
  REPORT(shmat(id, 0, SHM_REMAP));
  printf("replaced %d\n", shmat(id, place + 3 * PAGE, SHM_REMAP) == place + 3 * PAGE);
  printf("after all %d\n", attached());
  REPORT(shmdt(place + 2 * PAGE));
  REPORT(shmdt(a + 1));
  REPORT(shmdt(place));
  REPORT(shmdt(c));
  printf("%d, second one there %c\n", attached(), place[3 * PAGE]);
  REPORT(mprotect(a + PAGE, PAGE, PROT_READ));
  printf("in pieces %d\n", attached());
  REPORT(munmap(a + PAGE, PAGE));
  printf("with a hole %d\n", attached());
  REPORT(shmdt(a));
  REPORT(shmdt(a));
  printf("left %d\n", attached());
  if (fork() == 0) {
    printf("child %d\n", attached());
    b = shmat(id, 0, 0);
    b[1] = 'c';
    printf("child with one more %d\n", attached());
    _exit(0);
  }
  wait(0);
  printf("parent %d, %c\n", attached(), b[1]);
  char *e = shmat(id, 0, SHM_EXEC);
  rights_of(e);
  REPORT(shmat(id + 1, 0, 0));
  REPORT(shmat(-1, 0, 0));
  REPORT(shmat(id, (void *)-4096L, 0));
  REPORT(shmctl(id, IPC_RMID, 0));
  printf("doomed %d\n", attached());
}
