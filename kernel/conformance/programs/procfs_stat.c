/* Has /proc/thread-self/stat all its fields, and are those that a process knows of itself right? */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void) {
  char text[4096], *at;
  prctl(PR_SET_NAME, "a (b) c");
  FILE *file = fopen("/proc/thread-self/stat", "r");
  if (!file || !fgets(text, sizeof text, file)) return 1;
  int pid, ppid, pgrp, session;
  char state;
  printf("begins with the thread: %d\n", sscanf(text, "%d (", &pid) == 1 && pid == gettid());
  at = strrchr(text, ')');
  printf("name: %.*s\n", (int)(at + 1 - strchr(text, '(')), strchr(text, '('));
  sscanf(at + 2, "%c %d %d %d", &state, &ppid, &pgrp, &session);
  printf("state %c, parent %d, group %d, session %d\n", state, ppid == getppid(), pgrp == getpgrp(),
         session == getsid(0));
  int fields = 2;
  for (char *token = strtok(at + 2, " \n"); token; token = strtok(NULL, " \n")) fields++;
  printf("%d fields\n", fields);
  file = fopen("/proc/self/statm", "r");
  long numbers[7];
  int count = 0;
  while (file && count < 7 && fscanf(file, "%ld", &numbers[count]) == 1) count++;
  printf("statm: %d numbers, resident %d, lib %ld, dt %ld\n", count, numbers[1] <= numbers[0], numbers[4],
         numbers[6]);
  return 0;
}
