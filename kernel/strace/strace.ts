/**
 * System calls and signals as strace(1) prints them.
 *
 * ```
 * openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = -1 ENOENT (No such file or directory)
 * [pid     3] wait4(-1,  <unfinished ...>
 * [pid     4] exit_group(7)               = ?
 * [pid     4] +++ exited with 7 +++
 * [pid     3] <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0, NULL) = 4
 * --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=4, si_uid=0, ...} ---
 * ```
 *
 * Unlike strace it cannot slow a program down: virtual time does not pass while it looks.
 *
 * Source: strace(1); strace's `syscall.c`, `strace.c`.
 */

import { errnoMessage, errnoName } from "../abi/errno.ts";
import { F_GETFD, F_GETFL } from "../abi/fcntl.ts";
import { didExit, exitStatusOf, terminationSignalOf } from "../abi/process.ts";
import { signalName } from "../abi/signal.ts";
import { systemCallName } from "../abi/unistd.ts";
import type { CallTracer } from "../call_tracer.ts";
import type { Kernel } from "../kernel.ts";
import type { SigInfo } from "../signals/siginfo.ts";
import { callNumber } from "../syscalls/dispatch.ts";
import { systemCall } from "../syscalls/table.ts";
import type { Task } from "../task.ts";
import { argumentKind, UNKNOWN } from "./argument_kinds.ts";
import { int } from "./argument_values.ts";
import * as constants from "./constants.ts";
import { signalText } from "./signals.ts";
import { openFlagsText } from "./structures.ts";
import { address, hex, named } from "./text.ts";

const A0 = 10;
/** Registers that hold arguments. */
const ARGUMENTS = 6;
/** Where the result begins when the call is not longer: strace's `-a 40`. */
const RESULT_COLUMN = 40;
/** Calls whose result is an address. */
const ANSWERS_ADDRESS: ReadonlySet<string> = new Set(["brk", "mmap", "mremap", "shmat"]);

/** A call that has begun. */
interface Open {
  readonly pid: number;
  readonly name: string;
  readonly names: readonly string[];
  readonly registers: readonly bigint[];
  /** The arguments that were known when it began, as text. */
  readonly begin: string;
  /** How many of the arguments those are. */
  readonly shown: number;
  /** Whether its beginning has been printed on a line of its own. */
  isUnfinished: boolean;
}

/** Prints what a machine's programs ask of its kernel. */
export class Strace implements CallTracer {
  readonly #kernel: () => Kernel;
  readonly #print: (line: string) => void;
  readonly #open = new Map<number, Open>();

  /** `kernel`: the machine now, which may be another after a restart; `print` takes lines. */
  constructor(kernel: () => Kernel, print: (line: string) => void) {
    this.#kernel = kernel;
    this.#print = print;
  }

  /** See {@link CallTracer.entered}. */
  entered(task: Task): void {
    const number = callNumber(task);
    const entry = systemCall(number);
    const registers = Array.from({ length: ARGUMENTS }, (_, i) => task.registers.x(A0 + i));
    // What the kernel does not know has as many arguments as there are registers for them.
    const names = entry?.args ?? registers.map((_, i) => `${UNKNOWN}${i}`);
    const name = entry?.name ?? systemCallName(number);
    const texts: string[] = [];
    let shown = 0;
    for (const [index, argument] of names.entries()) {
      const kind = argumentKind(name, argument);
      if (kind.when === "out") break;
      const { user } = task.mm;
      const value = registers[index] ?? 0n;
      const text = kind.text({ value, registers, index, user, result: 0n });
      if (text !== null) texts.push(text);
      shown++;
    }
    this.#finishOthers(task);
    const begin = texts.join(", ");
    this.#open.set(task.pid, {
      pid: task.pid,
      name,
      names,
      registers,
      begin,
      shown,
      isUnfinished: false,
    });
  }

  /** See {@link CallTracer.returned}. */
  returned(task: Task, result: number | bigint): void {
    const open = this.#open.get(task.pid);
    if (open !== undefined) this.#end(task, open, BigInt(result), resultText(open, BigInt(result)));
  }

  /** See {@link CallTracer.interrupted}. */
  interrupted(task: Task, restarts: boolean): void {
    const open = this.#open.get(task.pid);
    const text = restarts
      ? "? ERESTARTSYS (To be restarted if SA_RESTART is set)"
      : "? ERESTARTNOHAND (To be restarted if no handler)";
    if (open !== undefined) this.#end(task, open, -1n, text);
  }

  /** See {@link CallTracer.signalled}. */
  signalled(task: Task, info: SigInfo): void {
    this.#line(task, `--- ${signalName(info.signo)} ${signalText(info)} ---`);
  }

  /** See {@link CallTracer.stopped}. */
  stopped(task: Task, signo: number): void {
    this.#line(task, `--- stopped by ${signalName(signo)} ---`);
  }

  /** See {@link CallTracer.ended}. */
  ended(task: Task, status: number): void {
    const open = this.#open.get(task.pid);
    if (open !== undefined) this.#end(task, open, -1n, "?");
    const how = didExit(status)
      ? `exited with ${exitStatusOf(status)}`
      : `killed by ${signalName(terminationSignalOf(status))}`;
    this.#line(task, `+++ ${how} +++`);
  }

  /** Prints a line that is no call. */
  #line(task: Task, text: string): void {
    this.#finishOthers(task);
    const own = this.#open.get(task.pid);
    if (own !== undefined) this.#printUnfinished(own);
    this.#print(this.#prefix(task.pid) + text);
  }

  #end(task: Task, open: Open, result: bigint, text: string): void {
    this.#finishOthers(task);
    this.#open.delete(task.pid);
    const { user } = task.mm;
    const rest: string[] = [];
    for (let index = open.shown; index < open.names.length; index++) {
      const kind = argumentKind(open.name, open.names[index] ?? "");
      const value = open.registers[index] ?? 0n;
      const shown = kind.text({ value, registers: open.registers, index, user, result });
      if (shown !== null) rest.push(shown);
    }
    const beginning = open.isUnfinished
      ? `<... ${open.name} resumed>`
      : `${open.name}(${open.begin}${open.begin !== "" && rest.length > 0 ? ", " : ""}`;
    const call = `${this.#prefix(task.pid)}${beginning}${rest.join(", ")}) `;
    this.#print(`${call.padEnd(RESULT_COLUMN)}= ${text}`);
  }

  /** Whoever else is in a call has its beginning printed before another task's line. */
  #finishOthers(task: Task): void {
    for (const open of this.#open.values()) if (open.pid !== task.pid) this.#printUnfinished(open);
  }

  #printUnfinished(open: Open): void {
    if (open.isUnfinished) return;
    open.isUnfinished = true;
    const hasRest = open.shown < open.names.length;
    const separator = hasRest && open.begin !== "" ? ", " : "";
    const text = `${open.name}(${open.begin}${separator} <unfinished ...>`;
    this.#print(this.#prefix(open.pid) + text);
  }

  /** Tasks are told apart when there are several. */
  #prefix(pid: number): string {
    const { all } = this.#kernel().tasks;
    const living = all.filter((task) => task.isAlive || task.pid === pid);
    return living.length > 1 ? `[pid ${String(pid).padStart(5)}] ` : "";
  }
}

/** The result of a call as strace shows it. */
function resultText({ name, registers }: Open, result: bigint): string {
  if (result < 0n) {
    const errno = Number(-result);
    return `-1 ${errnoName(errno)} (${errnoMessage(errno)})`;
  }
  if (ANSWERS_ADDRESS.has(name)) return address(result);
  if (name === "umask") return `0${result.toString(8)}`;
  if (name === "fcntl") {
    const command = int(registers[1] ?? 0n);
    const flags = Number(result);
    if (command === F_GETFL) return `${hex(flags)} (flags ${openFlagsText(flags)})`;
    if (command === F_GETFD && flags !== 0) {
      return `${hex(flags)} (flags ${named(flags, constants.DESCRIPTOR_FLAGS)})`;
    }
  }
  const isPoll = name === "ppoll" || name === "pselect6";
  return isPoll && result === 0n ? "0 (Timeout)" : String(result);
}
