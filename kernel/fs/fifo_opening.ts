/**
 * Opening a FIFO: whoever opens one end waits until somebody opens the other. Meanwhile its end is open: the
 * other one finds it there.
 *
 * Source: `fs/pipe.c` (`fifo_open`); fifo(7).
 */

import { O_ACCMODE, O_RDONLY, O_RDWR } from "../abi/fcntl.ts";
import type { Task } from "../task.ts";
import type { OpenFile } from "./open_file.ts";
import { PipeEnd } from "./pipe.ts";

/** How often the other end of the FIFO that a task is opening has been opened so far. */
export function partnersOf({ opening }: Task): number {
  return opening === null ? -1 : opensOfOtherEnd(opening);
}

/** How often the other end of a FIFO, of which the file is one, has been opened so far. */
export function opensOfOtherEnd({ object, flags }: OpenFile): number {
  if (!(object instanceof PipeEnd)) return -1;
  const isReader = (flags & O_ACCMODE) === O_RDONLY;
  return isReader ? object.pipe.writerOpens : object.pipe.readerOpens;
}

/** Whether opening the file is complete only when somebody has the other end. */
export function needsPartner({ object, place, flags, nonBlocking }: OpenFile): boolean {
  if (!(object instanceof PipeEnd) || place === null || nonBlocking) return false;
  const access = flags & O_ACCMODE;
  const others = access === O_RDONLY ? object.pipe.writers : object.pipe.readers;
  return access !== O_RDWR && others === 0;
}

/** Gives up what a task is opening: a signal, or its end, has come before the other end. */
export function abandonOpening(task: Task): void {
  task.opening?.release();
  task.opening = null;
}
