/**
 * Segments of System V shared memory: memory without a name that programs attach to theirs.
 *
 * Each attachment is an open file of its own on that memory, which its mappings hold; with the last of
 * them it ends. A segment that is marked for removal goes with its last attachment.
 *
 * Source: `ipc/shm.c`; shmop(2), shmctl(2).
 */

import { O_RDONLY, O_RDWR } from "../abi/fcntl.ts";
import { SHM_DEST } from "../abi/ipc.ts";
import { NSEC_PER_SEC } from "../abi/time.ts";
import type { Cloning } from "../fs/cloning.ts";
import { RegularInode } from "../fs/inode.ts";
import { OpenFile, type Watcher } from "../fs/open_file.ts";
import type { AddressSpace } from "../mm/address_space.ts";
import { IpcObject, type IpcOwnership } from "./table.ts";

/** A segment. Times are seconds of CLOCK_REALTIME, 0 for never. */
export class SharedSegment extends IpcObject implements Watcher {
  /** The memory; the segment holds a reference until it is gone. */
  readonly file: OpenFile;
  /** The process that made it. */
  readonly creator: number;
  /** Last shmat(2). */
  attached_s = 0n;
  /** When an attachment last ended. */
  detached_s = 0n;
  /** When it was made, or last changed by shmctl(2). */
  changed_s: bigint;
  /** Process of the last shmat(2), or of the end of an attachment; 0 for none. */
  lastProcess = 0;
  readonly #attachments = new Set<OpenFile>();

  /** Takes over the reference to `file`, which is open on memory, and is made now. */
  constructor(id: number, ownership: IpcOwnership, file: OpenFile, creator: number) {
    super(id, ownership);
    this.file = file;
    this.creator = creator;
    this.changed_s = this.#now_s;
  }

  /** The memory. */
  get memory(): RegularInode {
    const { object } = this.file;
    if (object instanceof RegularInode) return object;
    throw new TypeError("A segment is open on memory");
  }

  /** Mappings that show it: shm_nattch. */
  get mappings(): number {
    let total = 0;
    for (const mapper of this.memory.mappers) total += mapper.mappingsOf(this.memory);
    return total;
  }

  /** An open file for one more attachment, with a reference that the caller holds. */
  attach(isReadOnly: boolean): OpenFile {
    const { place } = this.file;
    const flags = isReadOnly ? O_RDONLY : O_RDWR;
    const file = new OpenFile({ object: this.memory, place, flags });
    this.#attachments.add(file);
    file.watch(this);
    return file;
  }

  /** Notes that a process has attached it. */
  noteAttached(pid: number): void {
    this.attached_s = this.#now_s;
    this.lastProcess = pid;
  }

  /** Notes that a process is about to detach it, or to give up its memory with it, if it is in it. */
  noteLeaving(pid: number, mm: AddressSpace): void {
    if (mm.mappingsOf(this.memory) === 0) return;
    this.lastProcess = pid;
    this.detached_s = this.#now_s;
  }

  /** An attachment has ended. */
  forget(file: OpenFile): void {
    this.#attachments.delete(file);
    this.detached_s = this.#now_s;
    this.#removeIfUnused();
  }

  /** IPC_RMID: nobody finds it by its key any more, and it goes with its last attachment. */
  doom(): void {
    this.loseKey();
    this.mode |= SHM_DEST;
    this.#removeIfUnused();
  }

  /** See {@link IpcObject.clone}. */
  override clone(cloning: Cloning): SharedSegment {
    return cloning.once(this, () => {
      const copy = new SharedSegment(this.id, this, this.file.clone(cloning), this.creator);
      copy.attached_s = this.attached_s;
      copy.detached_s = this.detached_s;
      copy.changed_s = this.changed_s;
      copy.lastProcess = this.lastProcess;
      // Those who map them copy them.
      cloning.later(() => {
        for (const file of this.#attachments) {
          const attachment = cloning.copyOf(file);
          copy.#attachments.add(attachment);
          attachment.watch(copy);
        }
      });
      return copy;
    });
  }

  get #now_s(): bigint {
    return this.memory.superblock.environment.now() / NSEC_PER_SEC;
  }

  #removeIfUnused(): void {
    if ((this.mode & SHM_DEST) === 0 || this.#attachments.size > 0) return;
    this.leaveTable();
    this.file.release();
  }
}
