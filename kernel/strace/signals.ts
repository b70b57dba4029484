/** What comes with a signal, as strace(1) prints it. */

import {
  SI_SIGIO,
  SI_TKILL,
  SI_USER,
  SIGBUS,
  SIGCHLD,
  SIGFPE,
  SIGILL,
  SIGIO,
  signalName,
  SIGSEGV,
  SIGTRAP,
} from "../abi/signal.ts";
import type { SigInfo } from "../signals/siginfo.ts";
import * as constants from "./constants.ts";
import { address, named, type Names } from "./text.ts";

/** The codes of signals that have codes of their own. */
const CODES: ReadonlyMap<number, Names> = new Map([
  [SIGSEGV, constants.SEGV_CODES],
  [SIGBUS, constants.BUS_CODES],
  [SIGILL, constants.ILL_CODES],
  [SIGTRAP, constants.TRAP_CODES],
  [SIGCHLD, constants.CHILD_CODES],
  [SIGIO, constants.POLL_CODES],
]);

/** Signals of faults, which come with an address. */
const FAULTS: ReadonlySet<number> = new Set([SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP]);

/** The fields that mean something, in braces. */
export function signalText({ signo, code, fields }: SigInfo): string {
  const view = new DataView(fields.buffer, fields.byteOffset, fields.byteLength);
  const isOwn = code > 0 && code < 0x80;
  const names = (isOwn ? CODES.get(signo) : undefined) ?? constants.SIGNAL_CODES;
  const parts = [`si_signo=${signalName(signo)}`, `si_code=${named(code, names)}`];
  const sender = () => [`si_pid=${view.getInt32(0, true)}`, `si_uid=${view.getUint32(4, true)}`];
  if (isOwn && FAULTS.has(signo)) {
    parts.push(`si_addr=${address(view.getBigUint64(0, true))}`);
  } else if (isOwn && signo === SIGCHLD) {
    const status = view.getInt32(8, true);
    const isExit = named(code, names) === "CLD_EXITED";
    parts.push(...sender(), `si_status=${isExit ? status : signalName(status)}`);
    parts.push(`si_utime=${view.getBigInt64(16, true)}`, `si_stime=${view.getBigInt64(24, true)}`);
  } else if (code === SI_SIGIO || (isOwn && signo === SIGIO)) {
    parts.push(`si_band=${view.getBigInt64(0, true)}`, `si_fd=${view.getInt32(8, true)}`);
  } else if (code === SI_USER || code === SI_TKILL) {
    parts.push(...sender());
  } else if (code < 0) {
    const value = view.getBigUint64(8, true);
    parts.push(...sender());
    parts.push(`si_value={sival_int=${BigInt.asIntN(32, value)}, sival_ptr=${address(value)}}`);
  }
  return `{${parts.join(", ")}}`;
}
