/** What capabilities a task has: all with the effective user 0, none otherwise (credentials.ts). */

import type { Credentials } from "../../credentials.ts";

/** The highest capability: CAP_CHECKPOINT_RESTORE. Source: `include/uapi/linux/capability.h`. */
export const CAP_LAST_CAP = 40;

const ALL = (1n << BigInt(CAP_LAST_CAP + 1)) - 1n;

/** The sets of a task. */
export interface CapabilitySets {
  readonly inheritable: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
}

/** The capabilities of a task with these credentials. */
export function capabilitiesOf({ isPrivileged }: Credentials): CapabilitySets {
  const held = isPrivileged ? ALL : 0n;
  return { inheritable: 0n, permitted: held, effective: held, bounding: ALL, ambient: 0n };
}
