/**
 * The files of /proc/PID that are a piece of the process's memory: what it was started with.
 *
 * Source: `fs/proc/base.c` (`get_mm_cmdline`, `environ_read`, `auxv_read`).
 */

import type { AddressSpace } from "../../mm/address_space.ts";
import type { Task } from "../../task.ts";

/**
 * The arguments, each ended by a NUL. A program that has written over the last NUL has put a title of its
 * own there, which may go on over its environment: then it ends at the first NUL.
 */
export function argumentBytes({ mm }: Task): Uint8Array {
  const { arg_start: start, arg_end: end, env_end } = mm;
  const bytes = bytesOf(mm, start, end);
  if (bytes.length === 0 || bytes.at(-1) === 0) return bytes;
  const nul = bytes.indexOf(0);
  if (nul >= 0) return bytes.subarray(0, nul + 1);
  const more = bytesOf(mm, start, Math.max(end, env_end));
  const stop = more.indexOf(0);
  return stop < 0 ? more : more.subarray(0, stop + 1);
}

/** The environment, each variable ended by a NUL. */
export function environmentBytes({ mm }: Task): Uint8Array {
  return bytesOf(mm, mm.env_start, mm.env_end);
}

/** The auxiliary vector: pairs of 64 bits, AT_NULL last. */
export function auxiliaryVector({ mm }: Task): Uint8Array {
  return new Uint8Array(BigUint64Array.from(mm.saved_auxv).buffer);
}

/** What of [start, end) can be read, up to the first page that cannot. */
function bytesOf({ user }: AddressSpace, start: number, end: number): Uint8Array {
  const length = user.readableBytes(start, Math.max(0, end - start));
  return user.read(start, length);
}
