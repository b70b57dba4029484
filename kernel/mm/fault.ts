/** What comes of touching an address: a page that is now there, or a signal. */

import { BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGSEGV } from "../abi/signal.ts";

/** Why a page cannot be given: the signal and its si_code. */
export interface Fault {
  /** SIGSEGV or SIGBUS. */
  readonly signo: number;
  /** SEGV_MAPERR, SEGV_ACCERR or BUS_ADRERR. */
  readonly code: number;
}

/** Nothing is mapped there. */
export const NOT_MAPPED: Fault = { signo: SIGSEGV, code: SEGV_MAPERR };
/** The mapping does not allow this kind of access. */
export const NOT_ALLOWED: Fault = { signo: SIGSEGV, code: SEGV_ACCERR };
/** The page lies behind the end of the file, or the file cannot be read. */
export const NO_DATA: Fault = { signo: SIGBUS, code: BUS_ADRERR };
