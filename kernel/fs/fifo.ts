/**
 * FIFOs: pipes with a name. A FIFO is a pipe as long as somebody has it open; what is in it then is gone with
 * the last who closes it.
 *
 * Source: fifo(7), `fs/pipe.c` (`fifo_open`).
 */

import type { Cloning } from "./cloning.ts";
import type { Access, FileKind } from "./file_object.ts";
import { Inode } from "./inode.ts";
import { NO_INO } from "./anonymous.ts";
import { endOf, Pipe, type PipeEnd } from "./pipe.ts";

/** The name of a pipe. */
export abstract class FifoInode extends Inode {
  override readonly kind: FileKind = "fifo";
  /** What its ends share while somebody has one open; otherwise `null`. */
  pipe: Pipe | null = null;

  /** Whether somebody has it open for reading: a writer that does not wait gets ENXIO otherwise. */
  get hasReader(): boolean {
    return this.pipe !== null && this.pipe.readers > 0;
  }

  /** An end of the pipe that it is. */
  override openObject(access: Access): PipeEnd {
    if (this.pipe !== null) return endOf(this.pipe, access);
    const now_ns = this.superblock.environment.now();
    // Its attributes are the FIFO's own; it has no number among the pipes.
    const pipe = new Pipe({ ino: NO_INO, uid: this.uid, gid: this.gid, now_ns });
    pipe.settle(this);
    return endOf(pipe, access);
  }

  abstract override clone(cloning: Cloning): FifoInode;
}
