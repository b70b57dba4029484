/**
 * What comes with a signal: Linux's `kernel_siginfo`, kept as the user will see it.
 *
 * ```
 *  0 si_signo  s32        16 the fields of its kind, 32 bytes:
 *  4 si_errno  s32             sent       pid s32, uid u32, [value u64]
 *  8 si_code   s32             timer      number s32, overrun s32, value u64
 * 12 padding                   fault      address u64
 *                              child      pid s32, uid u32, status s32, padding, utime s64, stime s64
 *                              file       band s64, fd s32
 *                         48 … 128 zeros
 * ```
 *
 * Source: `include/uapi/asm-generic/siginfo.h`, `kernel/signal.c`; sigaction(2).
 */

import {
  SI_KERNEL,
  SI_MESGQ,
  SI_QUEUE,
  SI_TIMER,
  SI_TKILL,
  SI_USER,
  SIGINFO_BYTES,
} from "../abi/signal.ts";

/** Bytes of a siginfo that mean something; the rest of the 128 are zero. */
export const SIGINFO_USED_BYTES = 48;
/** Where the fields of the kind begin. */
export const SIGINFO_FIELDS_OFFSET = 16;

/** A signal with its circumstances; never changed once made. */
export interface SigInfo {
  /** 1 … 64. */
  readonly signo: number;
  /** si_errno, a signed 32-bit number; usually 0. */
  readonly errno: number;
  /** si_code: SI_*, or for faults and children their own codes. */
  readonly code: number;
  /** The 32 bytes behind the header. */
  readonly fields: Uint8Array;
}

/** Who sends a signal. */
export interface Sender {
  readonly pid: number;
  readonly uid: number;
}

/** What has become of a child. */
export interface ChildNews {
  readonly pid: number;
  /** Its real user id. */
  readonly uid: number;
  /** CLD_*. */
  readonly code: number;
  /** Exit code, or the signal that ended, stopped or continued it. */
  readonly status: number;
  /** CPU time in ticks of {@link USER_HZ}. */
  readonly ticks: bigint;
}

const NO_FIELDS = new Uint8Array(SIGINFO_USED_BYTES - SIGINFO_FIELDS_OFFSET);

/** A signal of the kernel's own, such as one to a terminal's group: SI_KERNEL. */
export function kernelSignal(signo: number): SigInfo {
  return { signo, errno: 0, code: SI_KERNEL, fields: NO_FIELDS };
}

/** kill(2): SI_USER. */
export function userSignal(signo: number, sender: Sender): SigInfo {
  return sent(signo, SI_USER, sender);
}

/** tkill(2), tgkill(2): SI_TKILL. */
export function threadSignal(signo: number, sender: Sender): SigInfo {
  return sent(signo, SI_TKILL, sender);
}

/** What a POSIX timer sends. */
export interface TimerExpiry {
  /** The timer's number. */
  readonly timer: number;
  /** si_value. */
  readonly value: bigint;
  /** Expiries besides this one that the signal stands for. Default: 0. */
  readonly overrun?: number;
}

/** A POSIX timer has expired: SI_TIMER. */
export function timerSignal(signo: number, { timer, value, overrun = 0 }: TimerExpiry): SigInfo {
  const { fields, view } = blankFields();
  view.setInt32(0, timer, true);
  view.setInt32(4, overrun, true);
  view.setBigUint64(8, value, true);
  return { signo, errno: 0, code: SI_TIMER, fields };
}

/** A message has come to an empty POSIX message queue, from `sender`: SI_MESGQ. */
export function messageSignal(signo: number, sender: Sender, value: bigint): SigInfo {
  const info = sent(signo, SI_MESGQ, sender);
  new DataView(info.fields.buffer).setBigUint64(8, value, true);
  return info;
}

/** What a file with O_ASYNC tells. */
export interface PollNews {
  /** POLL_* or SI_SIGIO. */
  readonly code: number;
  /** POLL* bits of poll(2). */
  readonly band: number;
  /** The descriptor by which it was told to. */
  readonly fd: number;
}

/** A file has something to read, or room. */
export function pollSignal(signo: number, { code, band, fd }: PollNews): SigInfo {
  const { fields, view } = blankFields();
  view.setBigInt64(0, BigInt(band), true);
  view.setInt32(8, fd, true);
  return { signo, errno: 0, code, fields };
}

/** The number of the timer that a signal with SI_TIMER comes from. */
export function timerOf({ fields }: SigInfo): number {
  return new DataView(fields.buffer, fields.byteOffset).getInt32(0, true);
}

/** Who has sent a signal. */
export function senderOf({ fields }: SigInfo): Sender {
  const view = new DataView(fields.buffer, fields.byteOffset);
  return { pid: view.getInt32(0, true), uid: view.getUint32(4, true) };
}

/** The same signal from somebody else. */
export function withSender(info: SigInfo, { pid, uid }: Sender): SigInfo {
  const fields = info.fields.slice();
  const view = new DataView(fields.buffer);
  view.setInt32(0, pid, true);
  view.setUint32(4, uid, true);
  return { ...info, fields };
}

/** A fault of an instruction. `address` is an unsigned 64-bit number. */
export function faultSignal(signo: number, code: number, address: bigint): SigInfo {
  const { fields, view } = blankFields();
  view.setBigUint64(0, address, true);
  return { signo, errno: 0, code, fields };
}

/** What a parent is told about a child: SIGCHLD, or what clone(2) has set in its place. */
export function childSignal(signo: number, child: ChildNews): SigInfo {
  const { fields, view } = blankFields();
  view.setInt32(0, child.pid, true);
  view.setUint32(4, child.uid, true);
  view.setInt32(8, child.status, true);
  view.setBigInt64(16, child.ticks, true);
  return { signo, errno: 0, code: child.code, fields };
}

/** The 128 bytes of `siginfo_t`, written at the beginning of `into`, which must be zero there. */
export function encodeSigInfo(info: SigInfo, into: Uint8Array): void {
  const view = new DataView(into.buffer, into.byteOffset, SIGINFO_BYTES);
  view.setInt32(0, info.signo, true);
  view.setInt32(4, info.errno, true);
  view.setInt32(8, info.code, true);
  into.set(info.fields, SIGINFO_FIELDS_OFFSET);
}

/** A signal from the 128 bytes that rt_sigqueueinfo(2) is given, for `signo`. */
export function decodeSigInfo(signo: number, bytes: Uint8Array): SigInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIGINFO_BYTES);
  return {
    signo,
    errno: view.getInt32(4, true),
    code: view.getInt32(8, true),
    fields: bytes.slice(SIGINFO_FIELDS_OFFSET, SIGINFO_USED_BYTES),
  };
}

/** Whether a full queue is an error to the sender: only for sigqueue(3) and its like. */
export function mustBeQueued({ code }: SigInfo): boolean {
  return code === SI_QUEUE || (code < 0 && code !== SI_TKILL);
}

function sent(signo: number, code: number, { pid, uid }: Sender): SigInfo {
  const { fields, view } = blankFields();
  view.setInt32(0, pid, true);
  view.setUint32(4, uid, true);
  return { signo, errno: 0, code, fields };
}

function blankFields(): { fields: Uint8Array; view: DataView } {
  const fields = new Uint8Array(NO_FIELDS.length);
  return { fields, view: new DataView(fields.buffer) };
}
