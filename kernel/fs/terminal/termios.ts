/** The settings of a terminal, and their forms in a program's memory. */

import {
  B38400,
  BAUD_RATES,
  BOTHER,
  CBAUD,
  CREAD,
  CS8,
  CSIZE,
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ICANON,
  ICRNL,
  IEXTEN,
  INITIAL_CONTROL_CHARACTERS,
  ISIG,
  IXON,
  NCCS,
  ONLCR,
  OPOST,
  PARENB,
  TERMIOS2_BYTES,
  TERMIOS_BYTES,
} from "../../abi/termios.ts";

const CC_OFFSET = 17;

/** The settings of a terminal; never changed once made. */
export interface Termios {
  /** What becomes of input. */
  readonly iflag: number;
  /** What becomes of output. */
  readonly oflag: number;
  /** Of the line. */
  readonly cflag: number;
  /** Of the dialogue. */
  readonly lflag: number;
  /** The line discipline: 0, N_TTY. */
  readonly line: number;
  /** The 19 control characters, 0 for none. */
  readonly cc: readonly number[];
  /** Bits per second of input. */
  readonly ispeed: number;
  /** Bits per second of output. */
  readonly ospeed: number;
}

/** A fresh terminal's settings: `tty_std_termios`, as `pty.c` changes it. */
export const FRESH_TERMIOS: Termios = {
  iflag: ICRNL | IXON,
  oflag: OPOST | ONLCR,
  cflag: B38400 | CS8 | CREAD,
  lflag: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
  line: 0,
  cc: INITIAL_CONTROL_CHARACTERS,
  ispeed: 38400,
  ospeed: 38400,
};

/** The bytes of `struct termios2`, of which the first 36 are `struct termios`. */
export function encodeTermios(termios: Termios): Uint8Array {
  const bytes = new Uint8Array(TERMIOS2_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, termios.iflag, true);
  view.setUint32(4, termios.oflag, true);
  view.setUint32(8, termios.cflag, true);
  view.setUint32(12, termios.lflag, true);
  bytes[16] = termios.line;
  bytes.set(termios.cc, CC_OFFSET);
  view.setUint32(36, termios.ispeed, true);
  view.setUint32(40, termios.ospeed, true);
  return bytes;
}

/**
 * Settings from the bytes of a `struct termios`, or of a `struct termios2`, whose speeds count where
 * c_cflag says BOTHER. A terminal without wires has 8 bits without parity, whatever is asked.
 */
export function decodeTermios(bytes: Uint8Array): Termios {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const asked = view.getUint32(8, true);
  const hasSpeeds = bytes.length > TERMIOS_BYTES;
  const named = speedOf(asked);
  const ospeed = named ?? (hasSpeeds ? view.getUint32(40, true) : 0);
  return {
    iflag: view.getUint32(0, true),
    oflag: view.getUint32(4, true),
    cflag: ((asked & ~(CSIZE | PARENB)) | CS8 | CREAD) >>> 0,
    lflag: view.getUint32(12, true),
    line: bytes[16] ?? 0,
    cc: [...bytes.subarray(CC_OFFSET, CC_OFFSET + NCCS)],
    ispeed: ospeed,
    ospeed,
  };
}

/** The speed that c_cflag names, or `null` for BOTHER. */
function speedOf(cflag: number): number | null {
  const code = cflag & CBAUD;
  if (code === BOTHER) return null;
  const index = (code & BOTHER) === 0 ? code : (code & ~BOTHER) + B38400;
  return BAUD_RATES[index] ?? 0;
}
