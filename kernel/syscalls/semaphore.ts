/**
 * System calls on System V semaphores.
 *
 * Source: `ipc/sem.c`; semget(2), semop(2), semctl(2).
 */

import { numberSeenBy } from "../pid_namespace.ts";
import { E2BIG, EAGAIN, EFAULT, EFBIG, EINVAL, ERANGE, SystemError } from "../abi/errno.ts";
import {
  ALL_SEMAPHORES_MAX,
  IPC_64,
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_SETS_MAX,
  IPC_STAT,
  OPERATIONS_MAX,
  SEM_GETALL,
  SEM_GETNCNT,
  SEM_GETPID,
  SEM_GETVAL,
  SEM_GETZCNT,
  SEM_INFO,
  SEM_SETALL,
  SEM_SETVAL,
  SEM_STAT,
  SEM_STAT_ANY,
  SEMAPHORE_MAX,
  SEMAPHORES_MAX,
  SEMBUF_BYTES,
  SEMID_BYTES,
  SEMINFO_BYTES,
} from "../abi/ipc.ts";
import { S_IRUGO, S_IWUGO } from "../abi/stat.ts";
import { KTIME_MAX } from "../abi/time.ts";
import { failsAtOnce, type SemaphoreOperation, SemaphoreSet } from "../ipc/semaphore_set.ts";
import { failWaiters, operateForWaiters, waitersAt } from "../ipc/wake.ts";
import type { SemaphoreWait, Wait } from "../wait.ts";
import { int, pointer, readTimespec, register, size } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { atPlace, ipcOf, nowSeconds, ownershipIn, statusOf } from "./ipc_control.ts";

function semget(call: Call): number {
  const { credentials } = call.task;
  const count = int(call, 1);
  if (count < 0 || count > SEMAPHORES_MAX) throw new SystemError(EINVAL);
  const request = { key: int(call, 0), flags: int(call, 2), credentials };
  return ipcOf(call).semaphores.obtain(request, {
    make: (id, ownership) => {
      if (count === 0) throw new SystemError(EINVAL);
      return new SemaphoreSet(id, ownership, count, nowSeconds(call));
    },
    check: ({ semaphores }) => {
      if (count > semaphores.length) throw new SystemError(EINVAL);
    },
  });
}

function semop(call: Call): number | Wait {
  return operate(call, null);
}

function semtimedop(call: Call): number | Wait {
  const address = register(call, 3);
  return operate(call, address === 0n ? null : readTimespec(call.task.mm.user, address));
}

function operate(call: Call, timeout_ns: bigint | null): number | Wait {
  const { kernel, task } = call;
  const { clock } = kernel;
  const ipc = ipcOf(call);
  if (task.wait?.kind === "semaphores") return goOn(call, task.wait);
  const [id, count] = [int(call, 0), size(call, 2)];
  if (count < 1 || id < 0) throw new SystemError(EINVAL);
  if (count > OPERATIONS_MAX) throw new SystemError(E2BIG);
  const operations = readOperations(call, count);
  const set = ipc.semaphores.get(id);
  if (operations.some(({ number }) => number >= set.semaphores.length)) {
    throw new SystemError(EFBIG);
  }
  const isChange = operations.some(({ change }) => change !== 0);
  set.requirePermission(task.credentials, isChange ? S_IWUGO : S_IRUGO);
  const blocked = set.operate(operations, task.tgid);
  if (blocked === null) {
    set.operated_s = nowSeconds(call);
    if (isChange) operateForWaiters(kernel, ipc, set);
    return 0;
  }
  if (failsAtOnce(blocked)) throw new SystemError(EAGAIN);
  const deadline_ns = timeout_ns === null
    ? null
    : earlier(clock.monotonic_ns + timeout_ns, KTIME_MAX);
  if (deadline_ns !== null && clock.monotonic_ns >= deadline_ns) throw new SystemError(EAGAIN);
  const turn = set.turnNext++;
  const what = { operations, blocked, turn, deadline_ns };
  return { kind: "semaphores", id, ...what, woken: false, result: 0 };
}

/** The call has been waiting: it has its result, its time is up, or it goes on waiting. */
function goOn({ kernel: { clock } }: Call, wait: SemaphoreWait): number | Wait {
  if (wait.woken) return wait.result;
  const { deadline_ns } = wait;
  if (deadline_ns !== null && clock.monotonic_ns >= deadline_ns) throw new SystemError(EAGAIN);
  return wait;
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function readOperations(call: Call, count: number): SemaphoreOperation[] {
  const bytes = call.task.mm.user.read(pointer(call, 1), count * SEMBUF_BYTES);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, i) => ({
    number: view.getUint16(i * SEMBUF_BYTES, true),
    change: view.getInt16(i * SEMBUF_BYTES + 2, true),
    flags: view.getInt16(i * SEMBUF_BYTES + 4, true),
  }));
}

function semctl(call: Call): number {
  const { credentials } = call.task;
  const { semaphores } = ipcOf(call);
  const [id, command] = [int(call, 0), int(call, 2) & ~IPC_64];
  if (id < 0) throw new SystemError(EINVAL);
  switch (command) {
    case IPC_INFO:
    case SEM_INFO:
      return tellLimits(call, command);
    case IPC_STAT:
      return tellStatus(call, semaphores.get(id), true);
    case SEM_STAT:
    case SEM_STAT_ANY: {
      const set = atPlace(semaphores.all, id);
      tellStatus(call, set, command === SEM_STAT);
      return set.id;
    }
    case IPC_SET: {
      const permission = ownershipIn(call, call.task.mm.user.read(pointer(call, 3), SEMID_BYTES));
      const set = semaphores.get(id);
      set.requireControl(credentials);
      set.setOwnership(permission);
      set.changed_s = nowSeconds(call);
      return 0;
    }
    case IPC_RMID: {
      const set = semaphores.get(id);
      set.requireControl(credentials);
      failWaiters(call.kernel, ipcOf(call), set);
      semaphores.remove(set);
      return 0;
    }
    case SEM_SETVAL:
      return setValue(call, id);
    case SEM_SETALL:
      return setAll(call, semaphores.get(id));
    case SEM_GETALL:
      return getAll(call, semaphores.get(id));
    case SEM_GETVAL:
    case SEM_GETPID:
    case SEM_GETNCNT:
    case SEM_GETZCNT:
      return getOne(call, semaphores.get(id), command);
    default:
      throw new SystemError(EINVAL);
  }
}

/** The number at argument 1. Throws EINVAL when the set has none such. */
function numberIn(call: Call, set: SemaphoreSet): number {
  const number = int(call, 1);
  if (number < 0 || number >= set.semaphores.length) throw new SystemError(EINVAL);
  return number;
}

function setValue(call: Call, id: number): number {
  const { task } = call;
  const value = int(call, 3);
  if (value < 0 || value > SEMAPHORE_MAX) throw new SystemError(ERANGE);
  const set = ipcOf(call).semaphores.get(id);
  const number = numberIn(call, set);
  set.requirePermission(task.credentials, S_IWUGO);
  return change(call, set, number, [value]);
}

function setAll(call: Call, set: SemaphoreSet): number {
  const { mm, credentials } = call.task;
  set.requirePermission(credentials, S_IWUGO);
  const bytes = mm.user.read(pointer(call, 3), set.semaphores.length * 2);
  const view = new DataView(bytes.buffer);
  const values = set.semaphores.map((_, i) => view.getUint16(i * 2, true));
  if (values.some((value) => value > SEMAPHORE_MAX)) throw new SystemError(ERANGE);
  return change(call, set, 0, values);
}

function change(call: Call, set: SemaphoreSet, first: number, values: readonly number[]): number {
  set.set(first, values, call.task.tgid);
  set.changed_s = nowSeconds(call);
  operateForWaiters(call.kernel, ipcOf(call), set);
  return 0;
}

function getAll(call: Call, set: SemaphoreSet): number {
  set.requirePermission(call.task.credentials, S_IRUGO);
  const values = Uint16Array.from(set.semaphores, ({ value }) => value);
  call.task.mm.user.write(pointer(call, 3), new Uint8Array(values.buffer));
  return 0;
}

function getOne(call: Call, set: SemaphoreSet, command: number): number {
  set.requirePermission(call.task.credentials, S_IRUGO);
  const number = numberIn(call, set);
  const semaphore = set.semaphores[number];
  switch (command) {
    case SEM_GETVAL:
      return semaphore?.value ?? 0;
    case SEM_GETPID:
      return numberSeenBy(call.task, semaphore?.pid ?? 0);
    default: {
      const wantsZero = command === SEM_GETZCNT;
      return waitersAt(call.kernel, ipcOf(call), set).filter(({ wait: { blocked } }) =>
        blocked.number === number && (blocked.change === 0) === wantsZero
      ).length;
    }
  }
}

function tellStatus(call: Call, set: SemaphoreSet, needsRight: boolean): number {
  if (needsRight) set.requirePermission(call.task.credentials, S_IRUGO);
  const view = statusOf(call, set, SEMID_BYTES);
  view.setBigInt64(48, set.operated_s, true);
  view.setBigInt64(56, set.changed_s, true);
  view.setBigUint64(64, BigInt(set.semaphores.length), true);
  call.task.mm.user.write(register(call, 3), new Uint8Array(view.buffer));
  return 0;
}

/** The limits, or with SEM_INFO how much there is; answers the highest place in use. */
function tellLimits(call: Call, command: number): number {
  const { all } = ipcOf(call).semaphores;
  const total = all.reduce((sum, { semaphores }) => sum + semaphores.length, 0);
  const isInfo = command === SEM_INFO;
  const info = Int32Array.of(
    ALL_SEMAPHORES_MAX,
    IPC_SETS_MAX,
    ALL_SEMAPHORES_MAX,
    ALL_SEMAPHORES_MAX,
    SEMAPHORES_MAX,
    OPERATIONS_MAX,
    OPERATIONS_MAX,
    isInfo ? all.length : 20,
    SEMAPHORE_MAX,
    isInfo ? total : SEMAPHORE_MAX,
  );
  const address = register(call, 3);
  if (address === 0n) throw new SystemError(EFAULT);
  call.task.mm.user.write(address, new Uint8Array(info.buffer).subarray(0, SEMINFO_BYTES));
  return Math.max(0, ...all.map(({ id }) => id % 2 ** 15));
}

/** System calls on semaphores, by number. */
export const semaphoreCalls: SystemCallGroup = {
  190: { name: "semget", call: semget, args: ["key", "nsems", "semflg"] },
  191: { name: "semctl", call: semctl, args: ["semid", "semnum", "cmd", "arg"] },
  192: {
    name: "semtimedop",
    call: semtimedop,
    args: ["semid", "sops", "nsops", "timeout"],
    onSignal: "fail",
  },
  193: { name: "semop", call: semop, args: ["semid", "sops", "nsops"], onSignal: "fail" },
};
