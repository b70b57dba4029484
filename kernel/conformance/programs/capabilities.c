/* How do user ids, securebits, the bounding and the ambient set change what a process may do? */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

static void tell(const char *what) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2];
  syscall(SYS_capget, &h, d);
  /* Containers often go without this one. */
  d[0].effective &= ~(1u << CAP_SYS_RESOURCE), d[0].permitted &= ~(1u << CAP_SYS_RESOURCE);
  printf("%s: e %x %x p %x %x i %x %x\n", what, d[0].effective, d[1].effective, d[0].permitted, d[1].permitted,
         d[0].inheritable, d[1].inheritable);
}

static int set(unsigned effective, unsigned permitted, unsigned inheritable) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2] = {{effective, permitted, inheritable}, {0, 0, 0}};
  return syscall(SYS_capset, &h, d);
}

static void in_child(void (*f)(void)) {
  fflush(stdout);
  if (fork() == 0) {
    f();
    fflush(stdout);
    _exit(0);
  }
  wait(0);
}

static void drop(void) {
  setresuid(-1, 1000, -1);
  tell("effective user");
  REPORT(chroot("/"));
  setresuid(-1, 0, -1);
  tell("back");
  setfsuid(1000);
  tell("file user");
  setfsuid(0);
  tell("file user back");
  setuid(1000);
  tell("for ever");
  REPORT(setuid(0));
}

static void keep(void) {
  printf("keep %d\n", prctl(PR_GET_KEEPCAPS));
  REPORT(prctl(PR_SET_KEEPCAPS, 1));
  setuid(1000);
  tell("kept");
  REPORT(chroot("/"));
  REPORT(set(1u << CAP_SYS_CHROOT, (1u << CAP_SYS_CHROOT) | (1u << CAP_SETUID), 0));
  tell("chosen");
  REPORT(chroot("/"));
  REPORT(setuid(0));
  REPORT(set(1u << CAP_KILL, (1u << CAP_SYS_CHROOT) | (1u << CAP_SETUID), 0));
  REPORT(set(0, ~0u, 0));
  REPORT(set(0, 1u << CAP_SETUID, 1u << CAP_SETUID));
  REPORT(set(0, 1u << CAP_SETUID, (1u << CAP_SETUID) | (1u << CAP_SETGID)));
  tell("less");
  REPORT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0));
  REPORT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETGID, 0, 0));
  REPORT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SETUID, 0, 0));
  REPORT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_SETUID, 0, 0));
  REPORT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SETUID, 0, 0));
  REPORT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  REPORT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 99, 0, 0));
  REPORT(prctl(PR_CAP_AMBIENT, 9, 1, 0, 0));
}

static void bits(void) {
  printf("bits %x\n", prctl(PR_GET_SECUREBITS));
  REPORT(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED));
  setuid(1000);
  tell("no fixup");
  REPORT(prctl(PR_SET_SECUREBITS, 0));
  REPORT(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP));
  REPORT(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NOROOT));
  REPORT(prctl(PR_SET_SECUREBITS, 0x1000));
  REPORT(prctl(PR_SET_KEEPCAPS, 2));
  REPORT(prctl(PR_CAPBSET_READ, CAP_CHOWN));
  REPORT(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
  REPORT(prctl(PR_CAPBSET_READ, CAP_CHOWN));
  REPORT(prctl(PR_CAPBSET_READ, 99));
  setuid(1000);
  REPORT(set(0, 0, 0));
  REPORT(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
  REPORT(prctl(PR_SET_SECUREBITS, 0));
}

static void versions(void) {
  struct __user_cap_header_struct h = {1, 0};
  struct __user_cap_data_struct d[2];
  REPORT(syscall(SYS_capget, &h, d));
  printf("version %x\n", h.version);
  h.version = 1;
  REPORT(syscall(SYS_capget, &h, 0));
  h.pid = -1;
  REPORT(syscall(SYS_capget, &h, d));
  h.pid = 99999999;
  REPORT(syscall(SYS_capget, &h, d));
  h.pid = getppid();
  REPORT(syscall(SYS_capset, &h, d));
}

static void files(void) {
  mkdir("/tmp/crucible-caps", 0700);
  setfsuid(0);
  prctl(PR_SET_KEEPCAPS, 1);
  setuid(1000);
  REPORT(access("/tmp/crucible-caps", R_OK));
  REPORT(chdir("/tmp/crucible-caps"));
  set(1u << CAP_DAC_READ_SEARCH, (1u << CAP_DAC_READ_SEARCH) | (1u << CAP_DAC_OVERRIDE) | (1u << CAP_FOWNER) | (1u << CAP_CHOWN), 0);
  REPORT(chdir("/tmp/crucible-caps"));
  REPORT(mkdir("/tmp/crucible-caps/a", 0700));
  set(1u << CAP_DAC_OVERRIDE, (1u << CAP_DAC_OVERRIDE) | (1u << CAP_FOWNER) | (1u << CAP_CHOWN), 0);
  REPORT(mkdir("/tmp/crucible-caps/a", 0700));
  REPORT(chmod("/tmp/crucible-caps", 0711));
  set(1u << CAP_FOWNER, (1u << CAP_FOWNER) | (1u << CAP_CHOWN), 0);
  REPORT(chmod("/tmp/crucible-caps", 0711));
  REPORT(chown("/tmp/crucible-caps", 5, 5));
  set(1u << CAP_CHOWN, 1u << CAP_CHOWN, 0);
  REPORT(chown("/tmp/crucible-caps", 5, 5));
}

int main(void) {
  tell("root");
  in_child(drop);
  in_child(keep);
  in_child(bits);
  in_child(versions);
  in_child(files);
  rmdir("/tmp/crucible-caps/a");
  rmdir("/tmp/crucible-caps");
}
