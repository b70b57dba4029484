/**
 * System calls on capabilities, and what prctl(2) does to them. The rules are in kernel/capabilities.ts.
 *
 * Source: `kernel/capability.c`, `security/commoncap.c`; capget(2), prctl(2), capabilities(7).
 */

import { pidMeantBy, taskMeantBy } from "../pid_namespace.ts";
import {
  ALL_CAPABILITIES,
  CAP_LAST_CAP,
  CAP_SETPCAP,
  LINUX_CAPABILITY_VERSION_1,
  LINUX_CAPABILITY_VERSION_2,
  LINUX_CAPABILITY_VERSION_3,
  PR_CAP_AMBIENT,
  PR_CAP_AMBIENT_CLEAR_ALL,
  PR_CAP_AMBIENT_IS_SET,
  PR_CAP_AMBIENT_LOWER,
  PR_CAP_AMBIENT_RAISE,
  PR_CAPBSET_DROP,
  PR_CAPBSET_READ,
  PR_GET_KEEPCAPS,
  PR_GET_SECUREBITS,
  PR_SET_KEEPCAPS,
  PR_SET_SECUREBITS,
  SECBIT_KEEP_CAPS,
  SECBIT_KEEP_CAPS_LOCKED,
  SECBIT_NO_CAP_AMBIENT_RAISE,
  SECURE_ALL_BITS,
  SECURE_ALL_LOCKS,
} from "../abi/capability.ts";
import { EINVAL, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import type { Capabilities } from "../capabilities.ts";
import { pointer, register } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** Data structures of each version. */
const STRUCTURES: ReadonlyMap<number, number> = new Map([
  [LINUX_CAPABILITY_VERSION_1, 1],
  [LINUX_CAPABILITY_VERSION_2, 2],
  [LINUX_CAPABILITY_VERSION_3, 2],
]);
const DATA_BYTES = 12;
const SETS = ["effective", "permitted", "inheritable"] as const;

/** The header at argument 0; `null` for a version that is none, after telling the one to use. */
function headerAt(call: Call): { readonly structures: number; readonly pid: number } | null {
  const { user } = call.task.mm;
  const address = pointer(call, 0);
  const structures = STRUCTURES.get(user.readU32(address));
  if (structures !== undefined) return { structures, pid: user.readS32(address + 4) };
  user.writeU32(address, LINUX_CAPABILITY_VERSION_3);
  return null;
}

function capget(call: Call): number {
  const { kernel, task } = call;
  const header = headerAt(call);
  const address = pointer(call, 1);
  if (header === null) {
    if (address === 0) return 0;
    throw new SystemError(EINVAL);
  }
  const { structures, pid } = header;
  if (pid < 0) throw new SystemError(EINVAL);
  const target = pid === 0 ? task : taskMeantBy(kernel, task, pid);
  if (target === undefined) throw new SystemError(ESRCH);
  const { capabilities } = target.credentials;
  const view = new DataView(new ArrayBuffer(structures * DATA_BYTES));
  for (let i = 0; i < structures; i++) {
    for (const [j, set] of SETS.entries()) {
      const word = Number((capabilities[set] >> BigInt(32 * i)) & 0xffffffffn);
      view.setUint32(i * DATA_BYTES + j * 4, word, true);
    }
  }
  task.mm.user.write(address, new Uint8Array(view.buffer));
  return 0;
}

function capset(call: Call): number {
  const { task } = call;
  const header = headerAt(call);
  if (header === null) throw new SystemError(EINVAL);
  const { structures, pid } = header;
  if (pid !== 0 && pidMeantBy(task, pid) !== task.pid) throw new SystemError(EPERM);
  const bytes = task.mm.user.read(pointer(call, 1), structures * DATA_BYTES);
  const view = new DataView(bytes.buffer);
  const [effective = 0n, permitted = 0n, inheritable = 0n] = SETS.map((_, j) => {
    let set = 0n;
    for (let i = 0; i < structures; i++) {
      set |= BigInt(view.getUint32(i * DATA_BYTES + j * 4, true)) << BigInt(32 * i);
    }
    return set & ALL_CAPABILITIES;
  });
  task.credentials.capabilities.set({ effective, permitted, inheritable });
  return 0;
}

/** The options of prctl(2) on capabilities. Throws EINVAL for another. */
export function capabilityPrctl(call: Call, option: number): number {
  const { capabilities } = call.task.credentials;
  const value = register(call, 1);
  switch (option) {
    case PR_GET_KEEPCAPS:
      return (capabilities.securebits & SECBIT_KEEP_CAPS) === 0 ? 0 : 1;
    case PR_SET_KEEPCAPS:
      return setKeepCapabilities(capabilities, value);
    case PR_CAPBSET_READ:
      return (capabilities.bounding & bitOf(value)) === 0n ? 0 : 1;
    case PR_CAPBSET_DROP:
      if (!capabilities.has(CAP_SETPCAP)) throw new SystemError(EPERM);
      capabilities.bounding &= ~bitOf(value);
      return 0;
    case PR_GET_SECUREBITS:
      return capabilities.securebits;
    case PR_SET_SECUREBITS:
      return setSecurebits(capabilities, value);
    case PR_CAP_AMBIENT:
      return changeAmbient(call, capabilities, Number(value));
    default:
      throw new SystemError(EINVAL);
  }
}

/** A capability as a set. Throws EINVAL for a number that has none. */
function bitOf(capability: bigint): bigint {
  if (capability > BigInt(CAP_LAST_CAP)) throw new SystemError(EINVAL);
  return 1n << capability;
}

function setKeepCapabilities(capabilities: Capabilities, value: bigint): number {
  if (value > 1n) throw new SystemError(EINVAL);
  const { securebits } = capabilities;
  if ((securebits & SECBIT_KEEP_CAPS_LOCKED) !== 0) throw new SystemError(EPERM);
  const others = securebits & ~SECBIT_KEEP_CAPS;
  capabilities.securebits = value === 1n ? others | SECBIT_KEEP_CAPS : others;
  return 0;
}

/** What is locked stays, locks stay, and only whoever may set capabilities may set the bits. */
function setSecurebits(capabilities: Capabilities, value: bigint): number {
  const old = capabilities.securebits;
  const known = SECURE_ALL_BITS | SECURE_ALL_LOCKS;
  const bits = Number(value & 0xffffffffn);
  const isKnown = value <= 0xffffffffn && (bits & ~known) === 0;
  const locked = (old & SECURE_ALL_LOCKS) >> 1;
  const keepsLocked = (locked & (old ^ bits)) === 0;
  const keepsLocks = (old & SECURE_ALL_LOCKS & ~bits) === 0;
  const isAllowed = isKnown && keepsLocked && keepsLocks && capabilities.has(CAP_SETPCAP);
  if (!isAllowed) throw new SystemError(EPERM);
  capabilities.securebits = bits;
  return 0;
}

function changeAmbient(call: Call, capabilities: Capabilities, change: number): number {
  const [capability, ...rest] = [2, 3, 4].map((i) => register(call, i));
  if (rest.some((argument) => argument !== 0n)) throw new SystemError(EINVAL);
  if (change === PR_CAP_AMBIENT_CLEAR_ALL) {
    if (capability !== 0n) throw new SystemError(EINVAL);
    capabilities.ambient = 0n;
    return 0;
  }
  const bit = bitOf(capability ?? 0n);
  switch (change) {
    case PR_CAP_AMBIENT_IS_SET:
      return (capabilities.ambient & bit) === 0n ? 0 : 1;
    case PR_CAP_AMBIENT_RAISE: {
      const { permitted, inheritable, securebits } = capabilities;
      const isHeld = (permitted & inheritable & bit) !== 0n;
      const isForbidden = (securebits & SECBIT_NO_CAP_AMBIENT_RAISE) !== 0;
      if (!isHeld || isForbidden) throw new SystemError(EPERM);
      capabilities.ambient |= bit;
      return 0;
    }
    case PR_CAP_AMBIENT_LOWER:
      capabilities.ambient &= ~bit;
      return 0;
    default:
      throw new SystemError(EINVAL);
  }
}

/** System calls on capabilities, by number. */
export const capabilityCalls: SystemCallGroup = {
  90: { name: "capget", call: capget, args: ["hdrp", "datap"] },
  91: { name: "capset", call: capset, args: ["hdrp", "datap"] },
};
