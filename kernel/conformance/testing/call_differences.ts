/**
 * The differences on calls that QEMU 7.2 does not have. Their right output is what Linux 6.18 answers to the
 * same program, built by `gcc -w -pthread -I kernel/testing/programs` and run as root.
 */

import type { KnownDifference } from "./known_differences.ts";

/** By name of the program, without its ending. */
export const callDifferences: Readonly<Record<string, KnownDifference>> = {
  mqueue_notify: {
    reason: "QEMU 7.2 does not know mq_notify(2)",
    output: [
      "mq_notify(q, NULL): 0 ",
      "mq_notify(q, &e): 0 ",
      "mq_notify(q, &e): -1 Device or resource busy",
      "registered: size 0 notify 0 signal 10 by me",
      "signal 1 code -3 value 42 from me uid 0",
      "told: size 3 notify 0 signal 0 by nobody",
      "no signal",
      "mq_notify(q, &e): 0 ",
      "no signal",
      "not empty: not told",
      "signal 1 code -3 value 42 from me uid 0",
      "-- a receiver comes first",
      "mq_notify(q, &e): 0 ",
      "received 1",
      "no signal",
      "still: size 0 notify 0 signal 10 by me",
      "-- ends",
      "mq_notify(q, NULL): 0 ",
      "removed: size 0 notify 0 signal 0 by nobody",
      "a copy closed: size 0 notify 0 signal 0 by nobody",
      "in the child: size 0 notify 0 signal 10 by my parent",
      "mq_notify(q, &e): -1 Device or resource busy",
      "mq_notify(q, NULL): 0 ",
      "child closed: size 0 notify 0 signal 10 by my parent",
      "signal 1 code -3 value 42 from another uid 0",
      "child ended: size 0 notify 0 signal 0 by nobody",
      "-- kinds",
      "mq_notify(q, &bad): -1 Invalid argument",
      "mq_notify(q, &bad): -1 Invalid argument",
      "mq_notify(q, &bad): -1 Invalid argument",
      "syscall(SYS_mq_notify, q, (void *)8): -1 Bad address",
      "mq_notify(q, &none): 0 ",
      "none: size 0 notify 1 signal 0 by me",
      "after: size 1 notify 0 signal 0 by nobody",
      "syscall(SYS_mq_notify, q, &bad): -1 Socket operation on non-socket",
      "syscall(SYS_mq_notify, q, &bad): -1 Invalid argument",
      "syscall(SYS_mq_notify, q, &bad): -1 Bad file descriptor",
      "syscall(SYS_mq_notify, q, &bad): -1 Bad address",
      "syscall(SYS_mq_notify, q, &bad): 0 ",
      "thread: size 0 notify 2 signal 0 by me",
      "cookie 32 cookie 1",
      "syscall(SYS_mq_notify, q, &bad): 0 ",
      "mq_notify(q, NULL): 0 ",
      "cookie 32 cookie 2",
      "-- a thread of the library's",
      "mq_notify(q, &threaded): 0 ",
      "thread told 5",
      "messages 2",
      "",
    ].join("\n"),
  },
};
