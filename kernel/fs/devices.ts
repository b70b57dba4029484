/**
 * The character devices: what opening a device inode leads to.
 *
 * Source: null(4), full(4), random(4), tty(4); `Documentation/admin-guide/devices.txt` for the numbers.
 */

import { ENOSPC, ENXIO, SystemError } from "../abi/errno.ts";
import { majorOf, makeDevice, minorOf, S_IFCHR } from "../abi/stat.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import type { Cloning } from "./cloning.ts";
import { type Access, type Attributes, type FileKind, FileObject } from "./file_object.ts";
import type { DeviceInode } from "./inode.ts";
import type { FileCredentials } from "./permissions.ts";
import { Prefixes } from "./prefixes.ts";
import { PTS_MAJOR, type Terminal } from "./terminal/terminal.ts";

/** A device that every machine has. */
export interface StandardDevice {
  /** Its name in /dev. */
  readonly name: string;
  readonly device: number;
  /** Permission bits. */
  readonly mode: number;
}

const NULL = makeDevice(1, 3);
const ZERO = makeDevice(1, 5);
const FULL = makeDevice(1, 7);
const RANDOM = makeDevice(1, 8);
const URANDOM = makeDevice(1, 9);
const TTY = makeDevice(5, 0);
const CONSOLE = makeDevice(5, 1);
const PTMX = makeDevice(5, 2);

/** What most reads of /dev/zero see. */
const ZEROS = new Uint8Array(2 ** 16);
const zeroPrefixes = new Prefixes(ZEROS);

/** What the machine's /dev holds. */
export const STANDARD_DEVICES: readonly StandardDevice[] = [
  { name: "null", device: NULL, mode: 0o666 },
  { name: "zero", device: ZERO, mode: 0o666 },
  { name: "full", device: FULL, mode: 0o666 },
  { name: "random", device: RANDOM, mode: 0o666 },
  { name: "urandom", device: URANDOM, mode: 0o666 },
  { name: "tty", device: TTY, mode: 0o666 },
  { name: "console", device: CONSOLE, mode: 0o600 },
  { name: "ptmx", device: PTMX, mode: 0o666 },
];

/** The names in /dev that lead elsewhere. */
export const STANDARD_LINKS: readonly (readonly [name: string, target: string])[] = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
];

/** Whether the number is that of a device that can be opened. */
function isDevice(device: number): boolean {
  return STANDARD_DEVICES.some((standard) => standard.device === device);
}

/** Who opens a device. */
export interface DeviceContext {
  /** The controlling terminal of the session, or `null`. */
  readonly terminal: Terminal | null;
  readonly credentials: Pick<FileCredentials, "fsuid">;
}

/**
 * What an open file on the device stands on. Throws ENXIO for a number without a device, /dev/tty without
 * a controlling terminal, and /dev/console of a machine that has none.
 */
export function openDevice(inode: DeviceInode, access: Access, context: DeviceContext): FileObject {
  if (inode.type !== S_IFCHR) throw new SystemError(ENXIO);
  const { kernel } = inode.superblock.environment;
  switch (inode.rdev) {
    case TTY:
      return context.terminal ?? noDevice();
    case CONSOLE:
      return kernel?.streams.find(({ tty }) => tty !== null)?.tty ?? noDevice();
    case PTMX:
      if (kernel === null) return noDevice();
      return kernel.fileSystem.devpts.openMaster(inode, context.credentials.fsuid);
  }
  if (majorOf(inode.rdev) === PTS_MAJOR && kernel !== null) {
    return kernel.fileSystem.devpts.openTerminal(minorOf(inode.rdev));
  }
  return isDevice(inode.rdev) ? new MemoryDevice(inode) : inode.openObject(access);
}

function noDevice(): never {
  throw new SystemError(ENXIO);
}

/** null, zero, full, random and urandom: devices that never make anybody wait. */
class MemoryDevice extends FileObject {
  override readonly kind: FileKind = "device";
  /** The name it was opened by. */
  readonly inode: DeviceInode;

  constructor(inode: DeviceInode) {
    super();
    this.inode = inode;
  }

  /** lseek(2) on these devices succeeds, and means nothing. */
  override get seekable(): boolean {
    return true;
  }

  /** Only the source of chance has something that one might wait for. */
  override get pollable(): boolean {
    return this.inode.rdev === RANDOM || this.inode.rdev === URANDOM;
  }

  override get mapsZeros(): boolean {
    return this.inode.rdev === ZERO;
  }

  override attributes(): Attributes {
    return this.inode.attributes();
  }

  override read(_position: number, length: number): Uint8Array {
    switch (this.inode.rdev) {
      case NULL:
        return zeroPrefixes.get(0);
      case RANDOM:
      case URANDOM:
        // A piece at a time: whoever reads a gigabyte does not make the kernel hold it.
        return this.inode.superblock.environment.entropy(Math.min(length, PAGE_SIZE));
      default:
        return length <= ZEROS.length ? zeroPrefixes.get(length) : new Uint8Array(length);
    }
  }

  override write(_position: number, bytes: Uint8Array): number {
    if (this.inode.rdev === FULL) throw new SystemError(ENOSPC);
    return bytes.length;
  }

  override opened(access: Access): void {
    this.inode.opened(access);
  }

  override closed(access: Access): void {
    this.inode.closed(access);
  }

  override clone(cloning: Cloning): MemoryDevice {
    return cloning.once(this, () => new MemoryDevice(this.inode.clone(cloning)));
  }
}
