/**
 * Time namespaces: by how much the clocks that count from the start of the machine are ahead for those in it.
 *
 * Source: `kernel/time/namespace.c`; time_namespaces(7).
 */

import { INIT_INO } from "./abi/namespace.ts";
import type { Cloning } from "./fs/cloning.ts";

/** By how much clocks are ahead; a clock itself never goes back below 0. */
export class TimeNamespace {
  /** Its number, as /proc/PID/ns shows it. */
  readonly ino: number;
  /** CLOCK_MONOTONIC and those that go with it. */
  monotonic_ns: bigint;
  /** CLOCK_BOOTTIME and its alarms. */
  boottime_ns: bigint;
  /** Whether a task is, or was, in it: nothing can be changed any more. */
  isEntered = false;

  /** One that nobody is in yet. */
  constructor(ino: number, monotonic_ns: bigint, boottime_ns: bigint) {
    this.ino = ino;
    this.monotonic_ns = monotonic_ns;
    this.boottime_ns = boottime_ns;
  }

  /** One that begins as this is. */
  child(ino: number): TimeNamespace {
    return new TimeNamespace(ino, this.monotonic_ns, this.boottime_ns);
  }

  /** The same namespace in a machine's clone. */
  clone(cloning: Cloning): TimeNamespace {
    if (this === MACHINE_TIME) return this;
    return cloning.once(this, () => {
      const copy = this.child(this.ino);
      copy.isEntered = this.isEntered;
      return copy;
    });
  }
}

/** The machine's own, which is the same for all machines. */
export const MACHINE_TIME: TimeNamespace = new TimeNamespace(INIT_INO.time, 0n, 0n);
MACHINE_TIME.isEntered = true;
