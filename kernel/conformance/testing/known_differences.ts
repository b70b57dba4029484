/**
 * Where our answer differs from QEMU's user mode on purpose: it hands most calls to the host's kernel and
 * gets the rest wrong in places. What is right is decided by the man page or
 * the kernel's source; a program that depends on no architecture can also be built for, and asked of, a
 * Linux at hand.
 */

/** A program whose answer is not QEMU's. */
export interface KnownDifference {
  /** Why QEMU's answer is not the judge, with the source that is. */
  readonly reason: string;
  /** The right output. */
  readonly output: string;
}

/** By name of the program, without its ending. */
export const knownDifferences: Readonly<Record<string, KnownDifference>> = {
  child_subreaper: {
    reason:
      "QEMU 7.2 knows no PR_SET_CHILD_SUBREAPER; see its manual page, PR_SET_CHILD_SUBREAPER(2const)",
    output: "orphan of the subreaper 1\nsubreaper 1, another 1, status 8\n",
  },
  exec_from_thread: {
    reason: "QEMU does not end the other threads; execve(2) does",
    output: "thread is another 1\nsame pid 1, leader 1\n",
  },
  posix_spawn_fails: {
    reason: "QEMU makes vfork a fork, so that the child cannot tell its parent what went wrong",
    output: "spawn of nothing: 2\nbye\nstatus 7\n",
  },
  sigchld_information: {
    reason: "QEMU keeps SA_NOCLDWAIT from its host, so that zombies stay; sigaction(2) says ECHILD",
    output: [
      "exit: 1 times, code 1 status 5 pid 1 uid 1",
      "reaped: 1",
      "stop: 1 times, code 5 status 19 pid 1 uid 1",
      "continue: 1 times, code 6 status 18 pid 1 uid 1",
      "kill: 1 times, code 2 status 9 pid 1 uid 1",
      "no zombie: -1 ECHILD",
      "no wait: 1 times, code 1 status 6 pid 1 uid 1",
      "ignored: -1 ECHILD",
      "",
    ].join("\n"),
  },
  unix_cut_control: {
    reason:
      "QEMU forgets MSG_CTRUNC, writes one byte of an option that is cut, and takes unknown " +
      "flags of socket(2); this is what the same program says natively on Linux 6.18",
    output: "got 5 flags 8 control 24 length 24\ngot 5 flags 8 control 20 length 20\n" +
      "got 5 flags 0 control 64 length 28\n" +
      "getsockopt(s[0], SOL_SOCKET, SO_TYPE, &half, &len): 0 \nhalf 2 len 2\n" +
      "socket(AF_UNIX, SOCK_STREAM | 0x100, 0): -1 Invalid argument\n",
  },
  signal_order: {
    reason:
      "QEMU enters the handlers of all pending signals at once, so that the last runs first; " +
      "signal(7) orders by number, and sa_mask holds the others back",
    output: "10 value 11\n12 value 1\n35 value 31\n35 value 32\n36 value 21\n36 value 22\n",
  },
  signal_thread_choice: {
    reason:
      "QEMU lets the sender take the signal; Linux asks the first thread that does not block it, and " +
      "lets no thread go on once the process is doomed (kernel/signal.c, complete_signal)",
    output: "main takes it: 1\nsigwait got 12\nkilled by 15\n",
  },
  vfork_suspends: {
    reason: "QEMU makes vfork a fork; clone(2) says what CLONE_VM and CLONE_VFORK do",
    output:
      "shared 2, handler saw 2\nreaped 1 status 4\nexecuted with argument\nshared 3\nstatus 3\n",
  },
};
