/* What does copy_file_range(2) copy, and between which files does it refuse? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  char place[] = "/dev/shm/copyXXXXXX", text[32] = {0};
  chdir(mkdtemp(place));
  int from = open("from", O_CREAT | O_RDWR, 0600), to = open("to", O_CREAT | O_RDWR, 0600);
  write(from, "abcdefghij", 10);
  lseek(from, 2, SEEK_SET);
  printf("%zd\n", copy_file_range(from, NULL, to, NULL, 4, 0));
  printf("%ld %ld\n", (long)lseek(from, 0, SEEK_CUR), (long)lseek(to, 0, SEEK_CUR));
  off_t in = 8, out = 6;
  printf("%zd\n", copy_file_range(from, &in, to, &out, 100, 0));
  printf("%ld %ld\n", (long)in, (long)out);
  printf("%zd\n", copy_file_range(from, &in, to, &out, 100, 0));
  printf("%zd ", pread(to, text, sizeof text, 0));
  for (int i = 0; i < 8; i++) printf("%02x", text[i]);
  printf("\n");
  in = 0, out = 5;
  REPORT(copy_file_range(from, &in, from, &out, 6, 0));
  in = 0, out = 5;
  REPORT(copy_file_range(from, &in, from, &out, 5, 0) == 5);
  pread(from, text, sizeof text, 0);
  printf("%.10s\n", text);
  REPORT(copy_file_range(from, NULL, to, NULL, 1, 1));
  REPORT(copy_file_range(from, NULL, to, NULL, 0, 0));
  in = -1;
  REPORT(copy_file_range(from, &in, to, NULL, 1, 0));
  in = 0, out = 0x7fffffffffffffff;
  REPORT(copy_file_range(from, &in, to, &out, 10, 0));
  REPORT(copy_file_range(open("from", O_WRONLY), NULL, to, NULL, 1, 0));
  REPORT(copy_file_range(from, NULL, open("to", O_RDONLY), NULL, 1, 0));
  REPORT(copy_file_range(from, NULL, open("to", O_WRONLY | O_APPEND), NULL, 1, 0));
  REPORT(copy_file_range(open(".", O_RDONLY), NULL, to, NULL, 1, 0));
  int pipes[2];
  pipe(pipes);
  REPORT(copy_file_range(from, NULL, pipes[1], NULL, 1, 0));
  REPORT(copy_file_range(-1, NULL, to, NULL, 1, 0));
  REPORT(copy_file_range(open("from", O_PATH), NULL, to, NULL, 1, 0));
  REPORT(copy_file_range(open("/dev/zero", O_RDONLY), NULL, to, NULL, 1, 0));
  REPORT(copy_file_range(from, (void *)8, to, NULL, 1, 0));
  unlink("from");
  unlink("to");
  rmdir(place);
}
