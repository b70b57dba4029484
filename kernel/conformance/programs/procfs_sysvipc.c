/* How does /proc show the System V objects and their limits? */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "report.h"

static int pid;

/* Lines with our key only, without the numbers that nobody can foretell. */
static void show(const char *path, long key) {
  char line[400];
  FILE *f = fopen(path, "r");
  printf("%s\n", path);
  for (int i = 0; fgets(line, sizeof line, f); i++) {
    long found = 0, id = 0;
    if (i && (sscanf(line, "%ld %ld", &found, &id), found != key)) continue;
    if (i == 0) {
      fputs(line, stdout);
      continue;
    }
    printf("%zu:", strlen(line));
    int column = 0;
    for (char *token = strtok(line, " \n"); token; token = strtok(NULL, " \n"), column++)
      printf(" %s", column == 1 ? "id" : atoi(token) == pid ? "me" : strlen(token) == 10 ? "time" : token);
    puts("");
  }
  fclose(f);
}

static void limit(const char *name) {
  char path[100], text[100] = "";
  snprintf(path, sizeof path, "/proc/sys/kernel/%s", name);
  FILE *f = fopen(path, "r");
  if (f) fgets(text, sizeof text, f), fclose(f);
  printf("%s %s", name, text);
}

int main(void) {
  pid = getpid();
  struct { long type; char text[10]; } m = {1, "message"};
  int q = msgget(0x4d51, IPC_CREAT | 0640), s = semget(0x4d52, 3, IPC_CREAT | 0600);
  int h = shmget(0x4d53, 5000, IPC_CREAT | 0604);
  msgsnd(q, &m, 7, 0);
  for (int i = 0; i < 8; i++) msgsnd(q, &m, 3, 0);
  show("/proc/sysvipc/msg", 0x4d51);
  show("/proc/sysvipc/sem", 0x4d52);
  char *at = shmat(h, NULL, 0);
  at[0] = 1;
  shmctl(h, SHM_LOCK, NULL);
  show("/proc/sysvipc/shm", 0x4d53);
  shmctl(h, IPC_RMID, NULL);
  show("/proc/sysvipc/shm", 0);
  msgctl(q, IPC_RMID, NULL);
  semctl(s, 0, IPC_RMID);
  show("/proc/sysvipc/msg", 0x4d51);
  const char *names[] = {"msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni"};
  for (int i = 0; i < 7; i++) limit(names[i]);
}
