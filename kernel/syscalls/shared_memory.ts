/**
 * System calls on System V shared memory.
 *
 * Source: `ipc/shm.c`; shmget(2), shmop(2), shmctl(2).
 */

import { numberSeenBy } from "../pid_namespace.ts";
import { CAP_IPC_LOCK } from "../abi/capability.ts";
import { EINVAL, ENOMEM, ENOSPC, EPERM, SystemError } from "../abi/errno.ts";
import {
  IPC_64,
  IPC_INFO,
  IPC_OBJECTS_MAX,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  SEGMENT_BYTES_MAX,
  SEGMENTS_MAX,
  SHM_EXEC,
  SHM_HUGETLB,
  SHM_INFO,
  SHM_INFO_BYTES,
  SHM_LOCK,
  SHM_LOCKED,
  SHM_NORESERVE,
  SHM_RDONLY,
  SHM_REMAP,
  SHM_RND,
  SHM_STAT,
  SHM_STAT_ANY,
  SHM_UNLOCK,
  SHMID_BYTES,
  SHMINFO_BYTES,
} from "../abi/ipc.ts";
import { MAP_FIXED, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from "../abi/mman.ts";
import { RLIMIT_MEMLOCK } from "../abi/resource.ts";
import { S_IRUGO, S_IRWXUGO, S_IWUGO, S_IXUGO, STAT_BLOCK_BYTES } from "../abi/stat.ts";
import { SharedSegment } from "../ipc/segment.ts";
import { FILE_BYTES_MAX } from "../fs/inode.ts";
import { isPageAligned, pageCeil, pageFloor } from "../mm/layout.ts";
import { mmap, munmap } from "../mm/mmap.ts";
import type { Vma } from "../mm/vma.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { int, pointer, register } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { atPlace, ipcOf, nowSeconds, ownershipIn, statusOf } from "./ipc_control.ts";
import { lockMax } from "./memory.ts";

function shmget(call: Call): number {
  const { credentials, tgid } = call.task;
  const request = { key: int(call, 0), flags: int(call, 2), credentials };
  const bytes = register(call, 1);
  return ipcOf(call).segments.obtain(request, {
    make: (id, ownership) => {
      requirePossible(call, bytes, request.flags);
      const file = call.kernel.fileSystem.openMemory({
        name: `SYSV${(request.key >>> 0).toString(16).padStart(8, "0")}`,
        size: Number(bytes),
        mode: S_IRWXUGO,
        uid: credentials.fsuid,
        gid: credentials.fsgid,
      });
      return new SharedSegment(id, ownership, file, tgid);
    },
    check: ({ memory }) => {
      if (bytes > BigInt(memory.size)) throw new SystemError(EINVAL);
    },
  });
}

/** Refuses a segment that can never be: newseg(). Throws SystemError. */
function requirePossible(call: Call, bytes: bigint, flags: number): void {
  if (bytes < 1n || bytes > SEGMENT_BYTES_MAX) throw new SystemError(EINVAL);
  // No huge pages exist here, of whatever size.
  if ((flags & SHM_HUGETLB) !== 0) throw new SystemError(EINVAL);
  const pages = (bytes + BigInt(PAGE_SIZE) - 1n) / BigInt(PAGE_SIZE);
  if (pages + BigInt(totalPages(call)) > SEGMENT_BYTES_MAX) throw new SystemError(ENOSPC);
  if (bytes > BigInt(FILE_BYTES_MAX)) throw new SystemError(EINVAL);
  const isReserved = (flags & SHM_NORESERVE) === 0;
  if (isReserved && pages > BigInt(call.kernel.memory.framesMax)) throw new SystemError(ENOMEM);
}

function totalPages(call: Call): number {
  const { all } = ipcOf(call).segments;
  return all.reduce((sum, { memory }) => sum + pageCeil(memory.size) / PAGE_SIZE, 0);
}

function shmat(call: Call): number {
  const { task } = call;
  const [id, flags] = [int(call, 0), int(call, 2)];
  const has = (flag: number) => (flags & flag) !== 0;
  if (id < 0) throw new SystemError(EINVAL);
  const address = attachAddress(call, has);
  const isReadOnly = has(SHM_RDONLY);
  const segment = ipcOf(call).segments.get(id);
  segment.requirePermission(
    task.credentials,
    S_IRUGO | (isReadOnly ? 0 : S_IWUGO) | (has(SHM_EXEC) ? S_IXUGO : 0),
  );
  const { size } = segment.memory;
  const mayReplace = address === 0 || has(SHM_REMAP);
  const isTaken = register(call, 1) + BigInt(size) >= 2n ** 64n ||
    task.mm.vmas.intersects(address, address + pageCeil(size));
  if (!mayReplace && isTaken) throw new SystemError(EINVAL);
  const file = segment.attach(isReadOnly);
  try {
    const at = mmap(task.mm, {
      address,
      length: size,
      protection: PROT_READ | (isReadOnly ? 0 : PROT_WRITE) | (has(SHM_EXEC) ? PROT_EXEC : 0),
      flags: MAP_SHARED | (address === 0 ? 0 : MAP_FIXED),
      file,
      offset: 0,
      lockMax: lockMax(call),
    });
    segment.noteAttached(task.tgid);
    return at;
  } finally {
    file.release();
  }
}

/** Where shmat(2) is to attach, 0 for anywhere. Throws EINVAL. */
function attachAddress(call: Call, has: (flag: number) => boolean): number {
  const wanted = pointer(call, 1);
  if (wanted === 0) {
    if (has(SHM_REMAP)) throw new SystemError(EINVAL);
    return 0;
  }
  if (isPageAligned(wanted)) return wanted;
  const address = pageFloor(wanted);
  const isUnfit = !has(SHM_RND) || (address === 0 && has(SHM_REMAP));
  if (isUnfit) throw new SystemError(EINVAL);
  return address;
}

function shmdt(call: Call): number {
  const { mm, tgid } = call.task;
  const address = pointer(call, 0);
  if (!isPageAligned(address)) throw new SystemError(EINVAL);
  const { segments } = ipcOf(call);
  const segmentOf = ({ object }: Vma) => segments.all.find(({ memory }) => memory === object);
  const isPartOf = (vma: Vma) => vma.start - vma.pageOffset * PAGE_SIZE === address;
  const first = mm.vmas.all.find((vma) =>
    vma.start >= address && isPartOf(vma) && segmentOf(vma) !== undefined
  );
  const segment = first === undefined ? undefined : segmentOf(first);
  if (first === undefined || segment === undefined) throw new SystemError(EINVAL);
  segment.noteLeaving(tgid, mm);
  const end = address + pageCeil(segment.memory.size);
  const { file } = first;
  for (const vma of mm.vmas.within(address, end)) {
    if (vma.file === file && isPartOf(vma)) munmap(mm, vma.start, vma.length);
  }
  return 0;
}

function shmctl(call: Call): number {
  const { segments } = ipcOf(call);
  const [id, command] = [int(call, 0), int(call, 1) & ~IPC_64];
  if (id < 0 || command < 0) throw new SystemError(EINVAL);
  switch (command) {
    case IPC_INFO:
      return tellLimits(call);
    case SHM_INFO:
      return tellTotals(call);
    case IPC_STAT:
      return tellStatus(call, segments.get(id), true);
    case SHM_STAT:
    case SHM_STAT_ANY: {
      const segment = atPlace(segments.all, id);
      tellStatus(call, segment, command === SHM_STAT);
      return segment.id;
    }
    case IPC_SET: {
      const permission = ownershipIn(call, call.task.mm.user.read(pointer(call, 2), SHMID_BYTES));
      const segment = segments.get(id);
      segment.requireControl(call.task.credentials);
      segment.setOwnership(permission);
      segment.changed_s = nowSeconds(call);
      return 0;
    }
    case IPC_RMID: {
      const segment = segments.get(id);
      segment.requireControl(call.task.credentials);
      segment.doom();
      return 0;
    }
    case SHM_LOCK:
    case SHM_UNLOCK:
      return lock(call, segments.get(id), command === SHM_LOCK);
    default:
      throw new SystemError(EINVAL);
  }
}

/** Nothing here is ever swapped out, so that a lock is no more than a mark. */
function lock({ task }: Call, segment: SharedSegment, locks: boolean): number {
  const { credentials, limits } = task;
  if (!credentials.has(CAP_IPC_LOCK)) {
    const isOwner = credentials.euid === segment.uid || credentials.euid === segment.cuid;
    if (!isOwner || (locks && limits.soft(RLIMIT_MEMLOCK) === 0)) throw new SystemError(EPERM);
  }
  segment.mode = locks ? segment.mode | SHM_LOCKED : segment.mode & ~SHM_LOCKED;
  return 0;
}

function tellStatus(call: Call, segment: SharedSegment, needsRight: boolean): number {
  if (needsRight) segment.requirePermission(call.task.credentials, S_IRUGO);
  const view = statusOf(call, segment, SHMID_BYTES);
  view.setBigUint64(48, BigInt(segment.memory.size), true);
  view.setBigInt64(56, segment.attached_s, true);
  view.setBigInt64(64, segment.detached_s, true);
  view.setBigInt64(72, segment.changed_s, true);
  view.setInt32(80, numberSeenBy(call.task, segment.creator), true);
  view.setInt32(84, numberSeenBy(call.task, segment.lastProcess), true);
  view.setBigUint64(88, BigInt(segment.mappings), true);
  call.task.mm.user.write(register(call, 2), new Uint8Array(view.buffer));
  return 0;
}

function tellLimits(call: Call): number {
  const view = new DataView(new ArrayBuffer(SHMINFO_BYTES));
  const limits = [SEGMENT_BYTES_MAX, 1n, SEGMENTS_MAX, SEGMENTS_MAX, SEGMENT_BYTES_MAX];
  for (const [i, limit] of limits.entries()) {
    view.setBigUint64(i * 8, BigInt(limit), true);
  }
  call.task.mm.user.write(register(call, 2), new Uint8Array(view.buffer));
  return highestPlace(call);
}

/** How much there is of everything; nothing is ever swapped out. */
function tellTotals(call: Call): number {
  const { all } = ipcOf(call).segments;
  const blocks = all.reduce((sum, { memory }) => sum + memory.blocks, 0);
  const view = new DataView(new ArrayBuffer(SHM_INFO_BYTES));
  view.setInt32(0, all.length, true);
  view.setBigUint64(8, BigInt(totalPages(call)), true);
  view.setBigUint64(16, BigInt(blocks * STAT_BLOCK_BYTES / PAGE_SIZE), true);
  call.task.mm.user.write(register(call, 2), new Uint8Array(view.buffer));
  return highestPlace(call);
}

function highestPlace(call: Call): number {
  return Math.max(0, ...ipcOf(call).segments.all.map(({ id }) => id % IPC_OBJECTS_MAX));
}

/** System calls on shared memory, by number. */
export const sharedMemoryCalls: SystemCallGroup = {
  194: { name: "shmget", call: shmget, args: ["key", "size", "shmflg"] },
  195: { name: "shmctl", call: shmctl, args: ["shmid", "cmd", "buf"] },
  196: { name: "shmat", call: shmat, args: ["shmid", "shmaddr", "shmflg"] },
  197: { name: "shmdt", call: shmdt, args: ["shmaddr"] },
};
