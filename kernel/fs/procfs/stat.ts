/**
 * /proc/PID/stat: 52 numbers on one line. What this kernel does not count is 0, as proc(5) has it for what
 * is not maintained.
 *
 * Source: `fs/proc/array.c` (`do_task_stat`); proc_pid_stat(5).
 */

import { PAGE_SIZE } from "../../../emu/mod.ts";
import { RLIMIT_RSS } from "../../abi/resource.ts";
import { SIGCHLD } from "../../abi/signal.ts";
import type { Kernel } from "../../kernel.ts";
import type { Procfs } from "./procfs.ts";
import type { Task } from "../../task.ts";
import { terminalOfSession } from "../../terminals.ts";
import { tick } from "./format.ts";
import { requireAccess } from "./process.ts";
import { caughtSignals, ignoredSignals, sizesOf, stateLetter } from "./status.ts";
import { SystemError } from "../../abi/errno.ts";

/** The priority of an ordinary task. */
const ORDINARY_PRIORITY = 20;
/** The signals of the first 31 numbers, which is all that these fields show. */
const OLD_SIGNALS = 0x7fffffffn;

/** The numbers of a task. */
export function statText(kernel: Kernel, proc: Procfs, task: Task): string {
  const { mm, group, signals } = task;
  const isKnown = mayLookInto(kernel, task) && task.isAlive;
  const { total, anonymous, ofFiles } = sizesOf(mm);
  const terminal = terminalOfSession(kernel, task.sid);
  const address = (value: number) => isKnown ? value : 0;
  const limit = task.limits.get(RLIMIT_RSS).soft;
  const fields: (string | number | bigint)[] = [
    proc.numberOf(task.pid),
    `(${task.comm})`,
    stateLetter(task),
    proc.numberOf(task.ppid),
    proc.numberOf(task.pgid),
    proc.numberOf(task.sid),
    terminal?.attributes().rdev ?? 0,
    (terminal === null ? 0 : proc.numberOf(terminal.foregroundGroup)) || -1,
    0, // flags
    ...[0, 0, 0, 0], // minflt, cminflt, majflt, cmajflt
    tick(task.pid === task.tgid ? group.instructions : task.instructions),
    0, // stime: the kernel's own work takes no virtual time
    tick(group.childrenInstructions),
    0, // cstime
    ORDINARY_PRIORITY,
    0, // nice
    group.members.length,
    0, // itrealvalue
    tick(task.startTime_ns),
    total,
    (anonymous + ofFiles) / PAGE_SIZE,
    limit,
    // Addresses that only those may know who may look into it.
    address(mm.start_code),
    address(mm.end_code),
    address(mm.start_stack),
    ...[0, 0], // kstkesp, kstkeip: of a task that runs they are not shown
    (signals.pending.set | group.pending.set) & OLD_SIGNALS,
    signals.blocked & OLD_SIGNALS,
    ignoredSignals(task) & OLD_SIGNALS,
    caughtSignals(task) & OLD_SIGNALS,
    0, // wchan
    ...[0, 0], // nswap, cnswap
    task.pid === task.tgid ? SIGCHLD : -1,
    task.lastHart,
    ...[0, 0], // rt_priority, policy
    ...[0, 0, 0], // delayacct_blkio_ticks, guest_time, cguest_time
    address(mm.start_data),
    address(mm.end_data),
    address(mm.start_brk),
    address(mm.arg_start),
    address(mm.arg_end),
    address(mm.env_start),
    address(mm.env_end),
    isKnown ? 0 : task.exitCode,
  ];
  return `${fields.join(" ")}\n`;
}

function mayLookInto(kernel: Kernel, task: Task): boolean {
  try {
    requireAccess(kernel, task);
    return true;
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}
