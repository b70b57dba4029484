/**
 * Time namespaces: by how much the clocks that count from the start of the machine are ahead for those in it.
 *
 * Source: `kernel/time/namespace.c`; time_namespaces(7).
 */

import type { UserNamespace } from "./user_namespace.ts";
import { EACCES, EINVAL, ERANGE, SystemError } from "./abi/errno.ts";
import { INIT_INO } from "./abi/namespace.ts";
import { CLOCK_BOOTTIME, CLOCK_MONOTONIC, KTIME_MAX, NSEC_PER_SEC } from "./abi/time.ts";
import type { Cloning } from "./fs/cloning.ts";

/** By how much clocks are ahead; a clock itself never goes back below 0. */
export class TimeNamespace {
  /** Its number, as /proc/PID/ns shows it. */
  readonly ino: number;
  /** Whose privileges count for it; `null` for the machine's. */
  readonly owner: UserNamespace | null;
  /** CLOCK_MONOTONIC and those that go with it. */
  monotonic_ns: bigint;
  /** CLOCK_BOOTTIME and its alarms. */
  boottime_ns: bigint;
  /** Whether a task is, or was, in it: nothing can be changed any more. */
  isEntered = false;

  /** One that nobody is in yet. */
  constructor(
    ino: number,
    owner: UserNamespace | null,
    monotonic_ns: bigint,
    boottime_ns: bigint,
  ) {
    this.ino = ino;
    this.owner = owner;
    this.monotonic_ns = monotonic_ns;
    this.boottime_ns = boottime_ns;
  }

  /** One that begins as this is. */
  child(ino: number, owner: UserNamespace | null): TimeNamespace {
    return new TimeNamespace(ino, owner, this.monotonic_ns, this.boottime_ns);
  }

  /** The same namespace in a machine's clone. */
  clone(cloning: Cloning): TimeNamespace {
    if (this === MACHINE_TIME) return this;
    return cloning.once(this, () => {
      const copy = this.child(this.ino, this.owner?.clone(cloning) ?? null);
      copy.isEntered = this.isEntered;
      return copy;
    });
  }
}

/** The clocks whose offsets can be set, by their names and by their numbers. */
const CLOCKS = [
  { name: "monotonic", id: CLOCK_MONOTONIC, field: "monotonic_ns" },
  { name: "boottime", id: CLOCK_BOOTTIME, field: "boottime_ns" },
] as const;

/** A line a clock: its name, seconds that it is ahead and nanoseconds. */
export function offsetsText(namespace: TimeNamespace): string {
  return CLOCKS.map(({ name, field }) => {
    // The nanoseconds are never negative.
    const ns = BigInt.asIntN(64, namespace[field]);
    const rest = ((ns % NSEC_PER_SEC) + NSEC_PER_SEC) % NSEC_PER_SEC;
    const seconds = String((ns - rest) / NSEC_PER_SEC).padStart(10);
    return `${name.padEnd(10)} ${seconds} ${String(rest).padStart(9)}\n`;
  }).join("");
}

/**
 * Sets the offsets that a text names, line by line, where the machine's own clock shows `now_ns`. Throws
 * EACCES once a task is there, EINVAL for what is no such text, ERANGE.
 */
export function setOffsets(namespace: TimeNamespace, text: string, now_ns: bigint): void {
  const lines = text.split("\n").filter((line) => line !== "");
  const offsets = lines.map((line) => parseOffset(line));
  if (offsets.length === 0 || offsets.length > CLOCKS.length) throw new SystemError(EINVAL);
  for (const { ns } of offsets) {
    const isSane = now_ns + ns >= 0n && now_ns + ns <= KTIME_MAX / 2n;
    if (!isSane) throw new SystemError(ERANGE);
  }
  if (namespace.isEntered) throw new SystemError(EACCES);
  for (const { field, ns } of offsets) namespace[field] = ns;
}

function parseOffset(line: string) {
  const [, clock, seconds = "0", rest = "0"] = /^\s*(\S+)\s+(-?\d+)\s+(\d+)\s*$/.exec(line) ?? [];
  const found = CLOCKS.find(({ name, id }) => clock === name || clock === String(id));
  if (found === undefined || BigInt(rest) >= NSEC_PER_SEC) throw new SystemError(EINVAL);
  return { field: found.field, ns: BigInt(seconds) * NSEC_PER_SEC + BigInt(rest) };
}

/** The machine's own, which is the same for all machines. */
export const MACHINE_TIME: TimeNamespace = new TimeNamespace(INIT_INO.time, null, 0n, 0n);
MACHINE_TIME.isEntered = true;
