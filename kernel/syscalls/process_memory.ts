/**
 * System calls on the memory of other processes.
 *
 * Source: `mm/process_vm_access.c`; process_vm_readv(2).
 */

import { PAGE_SIZE } from "../../emu/mod.ts";
import { CAP_SYS_NICE } from "../abi/capability.ts";
import { EACCES, EINVAL, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import { MADV_COLD, MADV_COLLAPSE, MADV_PAGEOUT, MADV_WILLNEED } from "../abi/mman.ts";
import { madvise } from "../mm/madvise.ts";
import type { UserMemory } from "../mm/user_memory.ts";
import { pidFileOf } from "../pidfd.ts";
import type { Task } from "../task.ts";
import { mayAccess } from "../task_access.ts";
import { int, pointer, size, unsignedInt } from "./arguments.ts";
import { type Buffer, buffersAt, vectorsFrom } from "./file_transfer.ts";
import type { Call, SystemCallGroup } from "./group.ts";

function processVmReadv(call: Call): number {
  return transfer(call, (mine, theirs, bytes) => {
    theirs.user.readInto(theirs.address, bytes);
    mine.user.write(mine.address, bytes);
  });
}

function processVmWritev(call: Call): number {
  return transfer(call, (mine, theirs, bytes) => {
    mine.user.readInto(mine.address, bytes);
    theirs.user.write(theirs.address, bytes);
  });
}

/** A place in somebody's memory. */
interface End {
  readonly user: UserMemory;
  readonly address: number;
}

/** Moves bytes that lie in one page on both sides. Throws EFAULT, with nothing moved. */
type Move = (mine: End, theirs: End, bytes: Uint8Array) => void;

function transfer(call: Call, move: Move): number {
  if (size(call, 5) !== 0) throw new SystemError(EINVAL);
  const local = buffersAt(call, 1);
  if (local.every(({ length }) => length === 0)) return 0;
  const remote = vectorsFrom(call, pointer(call, 3), size(call, 4));
  if (remote.every(({ length }) => length === 0)) return 0;
  const theirs = memoryOf(call, int(call, 0));
  let done = 0;
  try {
    for (const piece of piecesOf(local, remote)) {
      move(
        { user: call.task.mm.user, address: piece.local },
        { user: theirs, address: piece.remote },
        new Uint8Array(piece.length),
      );
      done += piece.length;
    }
  } catch (error) {
    if (done === 0 || !(error instanceof SystemError)) throw error;
  }
  return done;
}

/** The memory of a task that the caller may look into. Throws ESRCH, EPERM. */
function memoryOf({ kernel, task }: Call, pid: number): UserMemory {
  const target = kernel.tasks.get(pid);
  if (target === undefined || !target.isAlive) throw new SystemError(ESRCH);
  if (target.mm !== task.mm && !mayAccess(task, target)) throw new SystemError(EPERM);
  return target.mm.user;
}

/** What goes from where to where, in pieces that cross no page; as much as both sides have. */
function* piecesOf(
  local: readonly Buffer[],
  remote: readonly Buffer[],
): Generator<{ readonly local: number; readonly remote: number; readonly length: number }> {
  const [mine, theirs] = [new Cursor(local), new Cursor(remote)];
  for (;;) {
    const length = Math.min(mine.inPage, theirs.inPage);
    if (length === 0) return;
    yield { local: mine.address, remote: theirs.address, length };
    mine.advance(length);
    theirs.advance(length);
  }
}

/** Goes through buffers. */
class Cursor {
  readonly #buffers: readonly Buffer[];
  #index = 0;
  #offset = 0;

  constructor(buffers: readonly Buffer[]) {
    this.#buffers = buffers;
    this.advance(0);
  }

  get address(): number {
    return (this.#buffers[this.#index]?.address ?? 0) + this.#offset;
  }

  /** Bytes from here to the end of the page or of the buffer; 0 behind the last. */
  get inPage(): number {
    const buffer = this.#buffers[this.#index];
    if (buffer === undefined) return 0;
    return Math.min(buffer.length - this.#offset, PAGE_SIZE - this.address % PAGE_SIZE);
  }

  advance(length: number): void {
    this.#offset += length;
    for (let at = this.#buffers[this.#index]; at && this.#offset === at.length;) {
      this.#offset = 0;
      at = this.#buffers[++this.#index];
    }
  }
}

/** The advice that may be given about others' memory: what takes nothing away. */
const ADVICE_TO_OTHERS = new Set([MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED, MADV_COLLAPSE]);

function processMadvise(call: Call): number {
  const { task } = call;
  if (unsignedInt(call, 4) !== 0) throw new SystemError(EINVAL);
  const ranges = vectorsFrom(call, pointer(call, 1), size(call, 2));
  const target = processAt(call);
  const advice = int(call, 3);
  if (!ADVICE_TO_OTHERS.has(advice)) throw new SystemError(EINVAL);
  if (!target.isAlive) throw new SystemError(ESRCH);
  const isOwn = target.mm === task.mm;
  if (!isOwn && !mayAccess(task, target)) throw new SystemError(EACCES);
  if (!isOwn && !task.credentials.has(CAP_SYS_NICE)) throw new SystemError(EPERM);
  let done = 0;
  try {
    for (const { address, length } of ranges) {
      const end = address + Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
      madvise(target.mm, address, end, advice);
      done += length;
    }
  } catch (error) {
    if (done === 0 || !(error instanceof SystemError)) throw error;
  }
  return done;
}

/** The first thread of the process that the descriptor at argument 0 stands for. Throws EBADF, ESRCH. */
function processAt(call: Call): Task {
  const { task } = pidFileOf(call.task.files, int(call, 0));
  if (task === undefined) throw new SystemError(ESRCH);
  return task;
}

/** Gives back the memory of who is being killed: here it is gone by the time that anybody can ask. */
function processMrelease(call: Call): number {
  if (unsignedInt(call, 1) !== 0) throw new SystemError(EINVAL);
  throw new SystemError(processAt(call).group.isAlive ? EINVAL : ESRCH);
}

const args = ["pid", "local_iov", "liovcnt", "remote_iov", "riovcnt", "flags"];

/** System calls on others' memory, by number. */
export const processMemoryCalls: SystemCallGroup = {
  270: { name: "process_vm_readv", call: processVmReadv, args },
  271: { name: "process_vm_writev", call: processVmWritev, args },
  440: {
    name: "process_madvise",
    call: processMadvise,
    args: ["pidfd", "iov", "vlen", "advice", "flags"],
  },
  448: { name: "process_mrelease", call: processMrelease, args: ["pidfd", "flags"] },
};
