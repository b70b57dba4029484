/* How much do process_vm_readv and process_vm_writev move, and of whose memory? */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

#define PAGE 4096

static char *page;
static int pid;

static long get(void *to, long length, void *from, long far) {
  struct iovec l = {to, length}, r = {from, far};
  return syscall(SYS_process_vm_readv, pid, &l, 1UL, &r, 1UL, 0UL);
}

static long set(void *from, long length, void *to, long far) {
  struct iovec l = {from, length}, r = {to, far};
  return syscall(SYS_process_vm_writev, pid, &l, 1UL, &r, 1UL, 0UL);
}

static void show(const char *what, long result) {
  printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  page = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(page, 'p', 8 * PAGE);
  munmap(page + 2 * PAGE, PAGE);
  mprotect(page + 4 * PAGE, PAGE, PROT_READ);
  mprotect(page + 5 * PAGE, PAGE, PROT_NONE);
  int go[2], back[2];
  pipe(go);
  pipe(back);
  pid = fork();
  if (pid == 0) {
    char c;
    memset(page, 'c', 100);
    write(back[1], "x", 1);
    read(go[0], &c, 1);
    printf("child has %c %c %c\n", page[0], page[50], page[4 * PAGE]);
    _exit(0);
  }
  char buffer[4 * PAGE], word[8] = "";
  read(back[0], word, 1);
  show("read", get(buffer, 200, page, 200));
  printf("%c %c\n", buffer[99], buffer[100]);
  show("written", set("WW", 2, page + 50, 2));
  show("less there", get(buffer, 300, page, 100));
  show("less here", get(buffer, 100, page, 300));
  show("up to a hole", get(buffer, 3 * PAGE, page + 10, 3 * PAGE));
  show("a hole", get(buffer, 10, page + 2 * PAGE, 10));
  show("read only", set("R", 1, page + 4 * PAGE, 1));
  show("read only, read", get(buffer, 1, page + 4 * PAGE, 1));
  show("no access", get(buffer, 1, page + 5 * PAGE, 1));
  show("into a hole", get(page + 2 * PAGE - 5, 10, page, 10));
  show("nothing here", get(buffer, 0, page, 10));
  show("nothing there", get(buffer, 10, page, 0));
  show("far beyond", get(buffer, 10, (void *)-4096L, 10));
  show("here beyond", get((void *)-4096L, 10, page, 10));
  show("negative", get(buffer, 10, page, -1));
  struct iovec l[3] = {{buffer, 3}, {buffer + 10, 0}, {buffer + 20, 5}};
  struct iovec r[3] = {{page, 1}, {page + 50, 4}, {page + 99, 3}};
  show("several", syscall(SYS_process_vm_readv, pid, l, 3UL, r, 3UL, 0UL));
  printf("%.3s %.5s\n", buffer, buffer + 20);
  r[1].iov_base = page + 2 * PAGE;
  show("a hole between", syscall(SYS_process_vm_readv, pid, l, 3UL, r, 3UL, 0UL));
  show("flags", syscall(SYS_process_vm_readv, pid, l, 3UL, r, 3UL, 1UL));
  show("many here", syscall(SYS_process_vm_readv, pid, l, 1025UL, r, 3UL, 0UL));
  show("many there", syscall(SYS_process_vm_readv, pid, l, 3UL, r, 1025UL, 0UL));
  show("none here", syscall(SYS_process_vm_readv, pid, l, 0UL, (void *)8, 3UL, 0UL));
  show("none there", syscall(SYS_process_vm_readv, pid, l, 3UL, r, 0UL, 0UL));
  show("bad array", syscall(SYS_process_vm_readv, pid, l, 3UL, (void *)8, 1UL, 0UL));
  show("no process", syscall(SYS_process_vm_readv, 0, l, 3UL, r, 3UL, 0UL));
  int child = pid;
  pid = getpid();
  show("itself", get(buffer, 5, page + 1000, 5));
  pid = child;
  if (fork() == 0) {
    setgid(1000);
    setuid(1000);
    show("not its own", get(buffer, 1, page, 1));
    pid = getpid();
    show("its own", get(buffer, 1, page, 1));
    _exit(0);
  }
  wait(0);
  write(go[1], "x", 1);
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  show("a zombie", get(buffer, 1, page, 1));
  wait(0);
  show("gone", get(buffer, 1, page, 1));
}
