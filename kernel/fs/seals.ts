/**
 * Seals of a file in memory: what its owner has promised that nobody does with it any more. All that a
 * seal forbids is EPERM.
 *
 * Source: `mm/{memfd,shmem}.c`; fcntl(2), "File Sealing".
 */

import { PAGE_SIZE } from "../../emu/mod.ts";
import { EBUSY, EINVAL, EPERM, SystemError } from "../abi/errno.ts";
import {
  F_SEAL_ALL,
  F_SEAL_EXEC,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
} from "../abi/memfd.ts";
import { S_IXUGO } from "../abi/stat.ts";
import type { RegularInode } from "./inode.ts";

/** What the seal on the rights of a program brings along: its contents stay what they are too. */
const OF_PROGRAM = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;

/** The seals on a file: F_GET_SEALS. Throws EINVAL for one that takes none. */
export function sealsOf({ seals }: RegularInode): number {
  if (seals === null) throw new SystemError(EINVAL);
  return seals;
}

/**
 * Puts seals (F_SEAL_* bits) on a file: F_ADD_SEALS. Throws SystemError: EINVAL, EPERM when it takes no
 * more, EBUSY for F_SEAL_WRITE while somebody could write through a mapping.
 */
export function addSeals(file: RegularInode, seals: number): void {
  if ((seals & ~F_SEAL_ALL) !== 0) throw new SystemError(EINVAL);
  const old = sealsOf(file);
  if ((old & F_SEAL_SEAL) !== 0) throw new SystemError(EPERM);
  const isProgram = (seals & F_SEAL_EXEC) !== 0 && (file.mode & S_IXUGO) !== 0;
  const added = (isProgram ? seals | OF_PROGRAM : seals) & ~old;
  if ((added & F_SEAL_WRITE) !== 0 && file.isMappedForWriting) throw new SystemError(EBUSY);
  file.seals = old | added;
}

/** Whether a file with these seals and permission bits can be: a sealed program never changes. */
export function canBeSealed(seals: number, mode: number): boolean {
  const isProgram = (seals & F_SEAL_EXEC) !== 0 && (mode & S_IXUGO) !== 0;
  return !isProgram || (seals & OF_PROGRAM) === OF_PROGRAM;
}

/** Whether nobody may begin to write to the file: neither a call nor a mapping that is yet to be made. */
export function isWriteSealed({ seals }: RegularInode): boolean {
  return seals !== null && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0;
}

/** Throws EPERM when the file may not get another size. */
export function requireResizable({ seals, size }: RegularInode, newSize: number): void {
  const forbidden = newSize < size ? F_SEAL_SHRINK : newSize > size ? F_SEAL_GROW : 0;
  if (seals !== null && (seals & forbidden) !== 0) throw new SystemError(EPERM);
}

/** Throws EPERM when the file may not get other permission bits. */
export function requireModeAllowed({ seals, mode }: RegularInode, newMode: number): void {
  const isSealed = seals !== null && (seals & F_SEAL_EXEC) !== 0;
  if (isSealed && ((mode ^ newMode) & S_IXUGO) !== 0) throw new SystemError(EPERM);
}

/**
 * How many of `length` bytes the seals let be written at `position`: a write that would make the file
 * longer goes as far as the last page before. Throws EPERM for none.
 */
export function writableUnderSeals(file: RegularInode, position: number, length: number): number {
  if (isWriteSealed(file)) throw new SystemError(EPERM);
  const { seals, size } = file;
  const grows = position + length > size;
  if (seals === null || (seals & F_SEAL_GROW) === 0 || !grows) return length;
  const allowed = Math.floor(size / PAGE_SIZE) * PAGE_SIZE - position;
  if (allowed <= 0) throw new SystemError(EPERM);
  return allowed;
}
