/**
 * A signal as a read of a signalfd shows it; the layout is drawn in abi/event.ts.
 *
 * Source: `fs/signalfd.c` (`signalfd_copyinfo`), `kernel/signal.c` (`siginfo_layout`).
 */

import { SIGNALFD_SIGINFO_BYTES } from "../abi/event.ts";
import { SI_TIMER, SIGCHLD, signalBit, SYNCHRONOUS } from "../abi/signal.ts";
import type { SigInfo } from "./siginfo.ts";

/** The 128 bytes of `struct signalfd_siginfo`. */
export function encodeSignalFileInfo({ signo, errno, code, fields }: SigInfo): Uint8Array {
  const bytes = new Uint8Array(SIGNALFD_SIGINFO_BYTES);
  const [into, from] = [
    new DataView(bytes.buffer),
    new DataView(fields.buffer, fields.byteOffset, fields.length),
  ];
  const copy = (at: number, word: number) => into.setUint32(at, from.getUint32(word, true), true);
  const copyValue = (word: number) => {
    into.setInt32(44, from.getInt32(word, true), true);
    into.setBigUint64(48, from.getBigUint64(word, true), true);
  };
  into.setInt32(0, signo, true);
  into.setInt32(4, errno, true);
  into.setInt32(8, code, true);
  const isKernels = code > 0;
  if (isKernels && (SYNCHRONOUS & signalBit(signo)) !== 0n) {
    into.setBigUint64(72, from.getBigUint64(0, true), true);
  } else if (code === SI_TIMER) {
    // Timer, overrun, value.
    copy(24, 0);
    copy(32, 4);
    copyValue(8);
  } else {
    // Pid and uid of whoever sent it.
    copy(12, 0);
    copy(16, 4);
    if (isKernels && signo === SIGCHLD) {
      copy(40, 8);
      into.setBigUint64(56, from.getBigUint64(16, true), true);
      into.setBigUint64(64, from.getBigUint64(24, true), true);
    } else {
      copyValue(8);
    }
  }
  return bytes;
}
