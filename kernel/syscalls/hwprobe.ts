/**
 * riscv_hwprobe(2): what the harts of the machine are. All of them have RV64GC.
 *
 * Source: `arch/riscv/kernel/sys_hwprobe.c`.
 */

import { TIME_TICK_NS, USER_ADDRESS_LIMIT } from "../../emu/mod.ts";
import { EINVAL, SystemError } from "../abi/errno.ts";
import {
  HWPROBE_BYTES,
  RISCV_HWPROBE_BASE_BEHAVIOR_IMA,
  RISCV_HWPROBE_IMA_C,
  RISCV_HWPROBE_IMA_FD,
  RISCV_HWPROBE_KEY_BASE_BEHAVIOR,
  RISCV_HWPROBE_KEY_CPUPERF_0,
  RISCV_HWPROBE_KEY_HIGHEST_VIRT_ADDRESS,
  RISCV_HWPROBE_KEY_IMA_EXT_0,
  RISCV_HWPROBE_KEY_MARCHID,
  RISCV_HWPROBE_KEY_MIMPID,
  RISCV_HWPROBE_KEY_MISALIGNED_SCALAR_PERF,
  RISCV_HWPROBE_KEY_MVENDORID,
  RISCV_HWPROBE_KEY_TIME_CSR_FREQ,
  RISCV_HWPROBE_KEY_ZICBOZ_BLOCK_SIZE,
  RISCV_HWPROBE_MISALIGNED_UNKNOWN,
  RISCV_HWPROBE_WHICH_CPUS,
} from "../abi/hwprobe.ts";
import { NSEC_PER_SEC } from "../abi/time.ts";
import { pointer, register, size, unsignedInt } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** Most bytes of a set of harts that are looked at: `cpumask_size()`. */
const CPU_SET_BYTES = 8;
const UNKNOWN_KEY = -1n;

/** What the hart answers to each key. */
const ANSWERS: ReadonlyMap<bigint, bigint> = new Map([
  [RISCV_HWPROBE_KEY_MVENDORID, 0n],
  [RISCV_HWPROBE_KEY_MARCHID, 0n],
  [RISCV_HWPROBE_KEY_MIMPID, 0n],
  [RISCV_HWPROBE_KEY_BASE_BEHAVIOR, RISCV_HWPROBE_BASE_BEHAVIOR_IMA],
  [RISCV_HWPROBE_KEY_IMA_EXT_0, RISCV_HWPROBE_IMA_FD | RISCV_HWPROBE_IMA_C],
  [RISCV_HWPROBE_KEY_CPUPERF_0, RISCV_HWPROBE_MISALIGNED_UNKNOWN],
  [RISCV_HWPROBE_KEY_ZICBOZ_BLOCK_SIZE, 0n],
  [RISCV_HWPROBE_KEY_HIGHEST_VIRT_ADDRESS, BigInt(USER_ADDRESS_LIMIT)],
  [RISCV_HWPROBE_KEY_TIME_CSR_FREQ, NSEC_PER_SEC / TIME_TICK_NS],
  [RISCV_HWPROBE_KEY_MISALIGNED_SCALAR_PERF, RISCV_HWPROBE_MISALIGNED_UNKNOWN],
]);

/** The keys whose answers are sets of bits: having more than is asked for is enough. */
const ARE_BITS: ReadonlySet<bigint> = new Set([
  RISCV_HWPROBE_KEY_BASE_BEHAVIOR,
  RISCV_HWPROBE_KEY_IMA_EXT_0,
  RISCV_HWPROBE_KEY_CPUPERF_0,
]);

function hwprobe(call: Call): number {
  const flags = unsignedInt(call, 4);
  if (flags === 0) return answerPairs(call);
  if (flags === RISCV_HWPROBE_WHICH_CPUS) return whichHarts(call);
  throw new SystemError(EINVAL);
}

/** The address of each pair. */
function* pairsOf(call: Call): Generator<number> {
  const [first, count] = [pointer(call, 0), size(call, 1)];
  for (let i = 0; i < count; i++) yield first + i * HWPROBE_BYTES;
}

/** hwprobe_get_values(). */
function answerPairs(call: Call): number {
  const { user } = call.task.mm;
  const asksAll = size(call, 2) === 0 && register(call, 3) === 0n;
  if (!asksAll && readHarts(call).harts === 0) throw new SystemError(EINVAL);
  for (const pair of pairsOf(call)) {
    const answer = ANSWERS.get(user.readU64(pair));
    if (answer === undefined) user.writeU64(pair, BigInt.asUintN(64, UNKNOWN_KEY));
    user.writeU64(pair + 8, answer ?? 0n);
  }
  return 0;
}

/** hwprobe_get_cpus(): narrows the set to the harts that have all that is asked for. */
function whichHarts(call: Call): number {
  const { user } = call.task.mm;
  if (size(call, 2) === 0 || register(call, 3) === 0n) throw new SystemError(EINVAL);
  const { isEmpty, harts } = readHarts(call);
  let meant = isEmpty ? call.kernel.scheduler.harts : harts;
  for (const pair of pairsOf(call)) {
    const [key, asked] = [user.readU64(pair), user.readU64(pair + 8)];
    const answer = ANSWERS.get(key);
    if (answer === undefined) {
      user.writeU64(pair, BigInt.asUintN(64, UNKNOWN_KEY));
      user.writeU64(pair + 8, 0n);
      meant = 0;
    } else if ((ARE_BITS.has(key) ? answer & asked : answer) !== asked) {
      meant = 0;
    }
  }
  const set = new DataView(new ArrayBuffer(CPU_SET_BYTES));
  set.setUint32(0, meant, true);
  user.write(register(call, 3), new Uint8Array(set.buffer).subarray(0, size(call, 2)));
  return 0;
}

/** The set of harts that the caller hands over: whether it is empty, and what of it there is. */
function readHarts(call: Call): { isEmpty: boolean; harts: number } {
  const bytes = new Uint8Array(CPU_SET_BYTES);
  const length = Math.min(size(call, 2), CPU_SET_BYTES);
  bytes.set(call.task.mm.user.read(register(call, 3), length));
  const set = new DataView(bytes.buffer);
  return {
    isEmpty: set.getBigUint64(0, true) === 0n,
    harts: set.getUint32(0, true) & call.kernel.scheduler.harts,
  };
}

/** The system call on the harts, by number. */
export const hwprobeCalls: SystemCallGroup = {
  258: {
    name: "riscv_hwprobe",
    call: hwprobe,
    args: ["pairs", "pair_count", "cpusetsize", "cpus", "flags"],
  },
};
