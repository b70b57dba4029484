/**
 * Reading and writing terminals: whose job may, and for how long a read waits.
 *
 * Source: `drivers/tty/n_tty.c` (`n_tty_read`), `drivers/tty/tty_jobctrl.c` (`__tty_check_change`); termios(3).
 */

import { EAGAIN, EFAULT, EIO, SystemError } from "../abi/errno.ts";
import { signalBit, SIGTTIN, SIGTTOU } from "../abi/signal.ts";
import { TOSTOP } from "../abi/termios.ts";
import type { OpenFile } from "../fs/open_file.ts";
import type { Terminal } from "../fs/terminal/terminal.ts";
import { isOrphanedGroup } from "../job_control.ts";
import type { TerminalWait, Wait } from "../wait.ts";
import { int } from "./arguments.ts";
import type { Call } from "./group.ts";

/** The number that no terminal has available: whoever waits for another looks again at once. */
const NEVER_SEEN = -1;

/** What a wait for input looks at. */
function waitFor(call: Call, available: number, deadline_ns: bigint | null): TerminalWait {
  return { kind: "terminal", fd: int(call, 0), available, deadline_ns };
}

/** The bytes that a read of up to `length` takes. */
export interface TerminalInput {
  readonly bytes: Uint8Array;
  /** Takes the first `arrived` of them away. */
  take(arrived: number): void;
}

/** What a read from a terminal gives, or waits for. Throws EAGAIN, EIO. */
export function terminalInput(
  call: Call,
  file: OpenFile,
  terminal: Terminal,
  length: number,
): TerminalInput | Wait {
  if (!terminal.isHungUp) {
    const stopped = mustBeForeground(call, terminal, SIGTTIN);
    if (stopped !== null) return stopped;
  }
  const wait = inputWait(call, file, terminal, length);
  if (wait !== null) return wait;
  const shown = terminal.peek(length) ?? { bytes: new Uint8Array(0), taken: 0 };
  return {
    bytes: shown.bytes,
    take: (arrived) => terminal.take(arrived === shown.bytes.length ? shown.taken : arrived),
  };
}

/** What the read has to wait for; `null` when it can be answered. */
function inputWait(
  call: Call,
  file: OpenFile,
  terminal: Terminal,
  length: number,
): Wait | null {
  const { clock } = call.kernel;
  const { available, bytesMin, readTime_ns } = terminal;
  if (terminal.isHungUp || terminal.inputEnded || length === 0) return null;
  const needed = terminal.isCanonical ? 1 : Math.min(bytesMin, length);
  if (available >= Math.max(1, needed)) return null;
  if (terminal.isCanonical) return orAgain(file, waitFor(call, available, null));
  if (bytesMin === 0 && readTime_ns === 0n) return null;
  if (file.nonBlocking) {
    if (available > 0) return null;
    throw new SystemError(EAGAIN);
  }
  if (readTime_ns === 0n) return waitFor(call, available, null);
  // Without a least number the time runs from the call, with one from when the read sees another byte.
  const { wait: before } = call.task;
  const seen = before?.kind === "terminal" ? before : null;
  const goesOn = seen !== null && (bytesMin === 0 || seen.available === available);
  const deadline_ns = goesOn
    ? seen.deadline_ns
    : bytesMin === 0 || available > 0
    ? clock.monotonic_ns + readTime_ns
    : null;
  if (deadline_ns !== null && clock.monotonic_ns >= deadline_ns) return null;
  return waitFor(call, available, deadline_ns);
}

function orAgain({ nonBlocking }: OpenFile, wait: Wait): Wait {
  if (nonBlocking) throw new SystemError(EAGAIN);
  return wait;
}

/** What a write to a terminal has to wait for first. Throws EIO. */
export function terminalOutputWait(call: Call, terminal: Terminal): Wait | null {
  const minds = (terminal.termios.lflag & TOSTOP) !== 0 && !terminal.isHungUp;
  return minds ? mustBeForeground(call, terminal, SIGTTOU) : null;
}

/**
 * Stops a job in the background that uses its terminal; the call then goes on when the job is continued.
 * `null` when it may go on at once. Throws EIO where nobody could continue it. Source:
 * `__tty_check_change`.
 */
export function mustBeForeground(
  call: Call,
  terminal: Terminal,
  signo: typeof SIGTTIN | typeof SIGTTOU,
): Wait | null {
  const { kernel, task } = call;
  if (terminal.session !== task.sid) return null;
  const { foregroundGroup } = terminal;
  if (foregroundGroup === 0 || foregroundGroup === task.pgid) return null;
  const { signals } = task;
  const isIgnored = (signals.blocked & signalBit(signo)) !== 0n ||
    signals.dispositions.ignores(signo);
  if (isIgnored) {
    if (signo === SIGTTIN) throw new SystemError(EIO);
    return null;
  }
  if (isOrphanedGroup(kernel, task.pgid)) throw new SystemError(EIO);
  kernel.signalGroup(task.pgid, signo);
  return waitFor(call, NEVER_SEEN, null);
}

/** Copies what a read gives into the program's memory piece by piece; answers how much arrived. */
export function giveInput(
  input: TerminalInput,
  buffers: readonly { readonly address: number; readonly length: number }[],
  copyOut: (address: number, bytes: Uint8Array) => number,
): number {
  let done = 0;
  for (const { address, length } of buffers) {
    const part = input.bytes.subarray(done, done + length);
    const arrived = copyOut(address, part);
    done += arrived;
    if (arrived < part.length) break;
  }
  if (done === 0 && input.bytes.length > 0) throw new SystemError(EFAULT);
  input.take(done);
  return done;
}
