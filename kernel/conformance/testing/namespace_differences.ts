/**
 * The differences on namespaces. Their right output is what Linux 6.18 answers to the same program, built by
 * `gcc -w -pthread -I kernel/testing/programs` and run as root.
 */

import type { KnownDifference } from "./known_differences.ts";

/** By name of the program, without its ending. */
export const namespaceDifferences: Readonly<Record<string, KnownDifference>> = {
  pid_namespace_death: {
    reason: "QEMU 7.2 makes no namespaces in clone(2); pid_namespaces(7)",
    output: [
      "orphan 3 has parent 1",
      "waited for both: 9",
      "the first ended 1 with 9",
      "nobody is left: 0",
      "wait(NULL): -1 No child processes",
      "",
    ].join("\n"),
  },
  pid_namespace_nested: {
    reason: "QEMU 7.2 does not know clone3(2)",
    output: [
      "outer is 1",
      "innermost is 1 with parent 0",
      "chosen 40 with parent 1",
      "two levels: seen as 40, waited for the same 1",
      "a number that is taken: File exists",
      "number 0: Invalid argument",
      "more than there are levels: Invalid argument",
      "the inner's first: seen as 30, waited for the same 1",
      "a first that is not 1: Invalid argument",
      "",
    ].join("\n"),
  },
  pid_namespace_numbers: {
    reason: "QEMU 7.2 makes no namespaces in clone(2); pid_namespaces(7)",
    output: [
      "first made: a number of our own",
      "first: pid 1, tid 1, parent 0",
      "group 0, session 0",
      "group of a parent that is not there unknown",
      "setpgid(0, 0): 0 ",
      "own group 1",
      "session -1",
      "child: pid 2, tid 2, parent 1",
      "parent exists 1",
      "made 2, waited for 2, status 7",
      "thread: pid 1, tid 3, parent 0",
      "the same waited for 1, status 3",
      "",
    ].join("\n"),
  },
  pid_namespace_signals: {
    reason: "QEMU 7.2 makes no namespaces in clone(2); pid_namespaces(7)",
    output: [
      "kill(1, SIGTERM): 0 ",
      "kill(1, SIGKILL): 0 ",
      "kill(1, SIGSTOP): 0 ",
      "kill(-1, SIGTERM): -1 No such process",
      "handled 10 from 2",
      "still there",
      "kill(getpid(), SIGINT): 0 ",
      "raise(SIGABRT): 0 ",
      "kill(child, SIGTERM): 0 ",
      "handled 10 from 0",
      "kill(child, SIGSTOP): 0 ",
      "stopped 1",
      "kill(child, SIGCONT): 0 ",
      "continued 1",
      "kill(child, SIGKILL): 0 ",
      "killed by 9",
      "",
    ].join("\n"),
  },
  setns_joins: {
    reason: "QEMU 7.2 starts a thread of its own in each process, which takes a number",
    output: [
      "setns(uts, CLONE_NEWIPC): -1 Invalid argument",
      "setns(uts, CLONE_NEWUTS): 0 ",
      "setns(ipc, 0): 0 ",
      "setns(ready[0], 0): -1 Invalid argument",
      "setns(-1, 0): -1 Bad file descriptor",
      "setns(process, 0): -1 Invalid argument",
      "setns(process, 1): -1 Invalid argument",
      "setns(process, CLONE_NEWUTS | CLONE_NEWIPC): 0 ",
      "the child's: inner",
      "setns(uts, 0): 0 ",
      "back: outer",
      "setns(theirs, CLONE_NEWUTS): 0 ",
      "by its file: shared",
      "setns(pid, CLONE_NEWPID): 0 ",
      "a child like others 1",
      "setns(process, CLONE_NEWPID): 0 ",
      "a child inside: 2, parent 0",
      "setns(pid, CLONE_NEWPID): -1 Invalid argument",
      "setns(process, CLONE_NEWUTS): -1 No such process",
      "setns(theirs, CLONE_NEWUTS): 0 ",
      "when it is gone: shared",
      "",
    ].join("\n"),
  },
};
