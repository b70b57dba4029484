/* Is a file of /proc the same text in one read, byte by byte, by pread and after lseek? */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  static char whole[65536], pieces[65536];
  const char *names[] = {"/proc/version", "/proc/filesystems", "/proc/self/limits", "/proc/thread-self/comm",
                         "/proc/sys/kernel/ostype"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    int fd = open(names[i], O_RDONLY);
    ssize_t length = read(fd, whole, sizeof whole), n, got = 0;
    printf("%s: %s", names[i], length > 0 && whole[length - 1] == '\n' ? "a text" : "none");
    printf(", then %zd", read(fd, pieces, 1));
    printf(", back to %ld", (long)lseek(fd, 0, SEEK_SET));
    while ((n = read(fd, pieces + got, 1)) > 0) got += n;
    printf(", in bytes %s", got == length && memcmp(whole, pieces, length) == 0 ? "equal" : "other");
    n = pread(fd, pieces, 3, 2);
    printf(", at 2 %s", n == 3 && memcmp(whole + 2, pieces, 3) == 0 ? "equal" : "other");
    printf(", behind the end %zd\n", pread(fd, pieces, 1, 60000));
  }
  return 0;
}
