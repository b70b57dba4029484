/**
 * Where our answer differs from QEMU's user mode on purpose: it hands most calls to the host's kernel and
 * gets the rest wrong in places. What is right is decided by the man page or
 * the kernel's source; a program that depends on no architecture can also be built for, and asked of, a
 * Linux at hand.
 */

import { callDifferences } from "./call_differences.ts";
import { fileDifferences } from "./file_differences.ts";
import { memoryDifferences } from "./memory_differences.ts";
import { mountDifferences } from "./mount_differences.ts";
import { namespaceDifferences } from "./namespace_differences.ts";

/** A program whose answer is not QEMU's. */
export interface KnownDifference {
  /** Why QEMU's answer is not the judge, with the source that is. */
  readonly reason: string;
  /** Whether chance decides what QEMU answers, so that it may be right. Default: false. */
  readonly byChance?: boolean;
  /** The right output. */
  readonly output: string;
}

/** By name of the program, without its ending. */
export const knownDifferences: Readonly<Record<string, KnownDifference>> = {
  ...callDifferences,
  ...fileDifferences,
  ...memoryDifferences,
  ...mountDifferences,
  ...namespaceDifferences,
  child_subreaper: {
    reason:
      "QEMU 7.2 knows no PR_SET_CHILD_SUBREAPER; see its manual page, PR_SET_CHILD_SUBREAPER(2const)",
    output: "orphan of the subreaper 1\nsubreaper 1, another 1, status 8\n",
  },
  clone3_arguments: {
    reason: "QEMU does not know clone3(2), so that a C library falls back to clone(2)",
    output: [
      "all zero: made",
      "short: EINVAL",
      "longest: made",
      "longer with zeros: made",
      "longer with something: E2BIG",
      "too long: E2BIG",
      "no signal: EINVAL",
      "signal in the flags: EINVAL",
      "thread with a signal: EINVAL",
      "handlers without memory: EINVAL",
      "stack without a size: EINVAL",
      "size without a stack: EINVAL",
      "set_tid without pids: EINVAL",
      "unknown flag: EINVAL",
      "pidfd: 1, tid 1",
      "status 11",
      "handlers cleared, ignored kept: 3",
      "",
    ].join("\n"),
  },
  exec_from_thread: {
    reason: "QEMU does not end the other threads; execve(2) does",
    output: "thread is another 1\nsame pid 1, leader 1\n",
  },
  exec_scripts: {
    reason: "QEMU executes no scripts whose interpreter is a RISC-V program; execve(2) does",
    output: [
      "[./plain][one][two words]",
      "[an argument with \t words][./argument][one][two words]",
      "[an argument with \t words][./argument][nested][./nested][one][two words]",
      "[./plain][a][./a][b][./b][c][./c][d][./d][one][two words]",
      "./e: ELOOP",
      "./nobody: ENOEXEC",
      "./empty: EACCES",
      "./nowhere: ENOENT",
      "[word][./unended][one][two words]",
      "./long: ENOEXEC",
      "[xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx][./long_argument][one][two words]",
      "./text: ENOEXEC",
      "./plain: EACCES",
      ".: EACCES",
      "",
    ].join("\n"),
  },
  execveat_forms: {
    reason: "QEMU 7.2 does not know execveat(2)",
    output: [
      "directory: status 7",
      "file: status 7",
      "named only: status 7",
      "empty without flag: ENOENT",
      "empty without flag: status 1",
      "no descriptor: EBADF",
      "no descriptor: status 1",
      "absolute: status 7",
      "bad flags: EINVAL",
      "bad flags: status 1",
      "not a directory: ENOTDIR",
      "not a directory: status 1",
      "the directory: EACCES",
      "the directory: status 1",
      "link: status 7",
      "link not followed: ELOOP",
      "link not followed: status 1",
      "script that closes: ENOENT",
      "script that closes: status 1",
      "",
    ].join("\n"),
  },
  futex_operations: {
    byChance: true,
    reason:
      "QEMU's host wakes the threads at once and they race; futex(2) wakes in the order of the queue",
    output: [
      "wait other value: EAGAIN 0",
      "wait timeout: ETIMEDOUT 0",
      "wait bad timeout: EINVAL 0",
      "wait absolute past: ETIMEDOUT 0",
      "wait absolute past, realtime: ETIMEDOUT 0",
      "wait on the wrong clock: ENOSYS 0",
      "wait for no bit: EINVAL 0",
      "wake no bit: EINVAL 0",
      "misaligned: EINVAL 0",
      "no memory: EFAULT 0",
      "wake no memory, private: ok 0",
      "wake no memory, shared: EFAULT 0",
      "unknown: ENOSYS 0",
      "wake nobody: ok 0",
      "requeue negative: EINVAL 0",
      "requeue changed: EAGAIN 0",
      "wake one: ok 1",
      "wake a bit: ok 1",
      "wake the rest: ok 2",
      "first three: 0 3, 3",
      "requeue: ok 3",
      "left at first: ok 1",
      "one at second: ok 1",
      "other at second: ok 1",
      "order: 0 3 1 2",
      "add and compare: ok 2",
      "order: 0 1",
      "a 3 b 5",
      "0: 6 80000000 fffffffe",
      "1: 4 80000004 80000002",
      "2: 80000006 80000006 fffffffe",
      "3: fffffff8 7ffffff8 0",
      "4: 6 80000006 7ffffff8",
      "bad operation: ENOSYS 0",
      "bad comparison: ENOSYS 0",
      "",
    ].join("\n"),
  },
  mutex_kinds: {
    reason:
      "QEMU 7.2 ends with SIGBUS when the owner of a robust mutex that inherits priority dies",
    output: [
      "normal",
      "lock ok",
      "try EBUSY, timed ETIMEDOUT",
      "unlock ok",
      "all had it 4",
      "recursive",
      "lock ok, again ok",
      "try EBUSY, timed ETIMEDOUT",
      "unlock ok",
      "all had it 4",
      "checking",
      "lock ok, again EDEADLK",
      "try EBUSY, timed ETIMEDOUT",
      "unlock ok",
      "all had it 4",
      "robust",
      "lock ok, again EDEADLK",
      "try EBUSY, timed ETIMEDOUT",
      "unlock ok",
      "all had it 4",
      "owner died: EOWNERDEAD, consistent ok, unlock ok",
      "owner died: EOWNERDEAD, unlock ok, then ENOTRECOVERABLE",
      "inheriting",
      "lock ok, again EDEADLK",
      "try EBUSY, timed ETIMEDOUT",
      "unlock ok",
      "all had it 4",
      "robust inheriting",
      "lock ok, again EDEADLK",
      "try EBUSY, timed ETIMEDOUT",
      "unlock ok",
      "all had it 4",
      "owner died: EOWNERDEAD, consistent ok, unlock ok",
      "owner died: EOWNERDEAD, unlock ok, then ENOTRECOVERABLE",
      "",
    ].join("\n"),
  },
  parent_death: {
    reason: "QEMU's clone takes no other signal than SIGCHLD; clone(2) does",
    output: [
      "u",
      "k",
      "plain wait: -1 ECHILD",
      "clone wait: 1",
      "all wait: 1 status 4",
      "",
    ].join("\n"),
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
  task_limit: {
    reason: "QEMU 7.2 breaks an assertion of its own when it cannot make a thread",
    output: [
      "root: 12",
      "user: 7 EAGAIN",
      "thread: EAGAIN",
      "reaped 7, then 3",
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
  mutex_process_shared: {
    reason: "QEMU has no robust lists (set_robust_list(2) is ENOSYS) and waits for ever; " +
      "get_robust_list(2), and Linux's own answer",
    output: "another process died: EOWNERDEAD\n",
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
    byChance: true,
  },
  vfork_suspends: {
    reason: "QEMU makes vfork a fork; clone(2) says what CLONE_VM and CLONE_VFORK do",
    output:
      "shared 2, handler saw 2\nreaped 1 status 4\nexecuted with argument\nshared 3\nstatus 3\n",
  },
  membarrier_registers: {
    reason: "QEMU 7.2 cannot execute /proc/self/exe: that is QEMU itself; Linux 6.18 decides",
    output: [
      "known 1",
      "barrier(MEMBARRIER_CMD_QUERY, 1): -1 Invalid argument",
      "barrier(3, 0): -1 Invalid argument",
      "barrier(1 << 20, 0): -1 Invalid argument",
      "barrier(MEMBARRIER_CMD_GLOBAL, 0): 0 ",
      "barrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0): 0 ",
      "barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0): -1 Operation not permitted",
      "barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0): -1 Operation not permitted",
      "barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0): 0 ",
      "barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0): 0 ",
      "barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0): -1 Operation not permitted",
      "barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0): 0 ",
      "barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0): 0 ",
      "registered 80",
      "barrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0): 0 ",
      "registered 84",
      "registered in a child: 84",
      "barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0): -1 Operation not permitted",
      "registered after exec: 0",
      "",
    ].join("\n"),
  },
};
