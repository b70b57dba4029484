/**
 * The options of file systems, as mount(2) is given them in one text: "size=1m,mode=755".
 *
 * Source: `fs/fs_context.c` (`generic_parse_monolithic`, `vfs_parse_sb_flag`), `mm/shmem.c`
 * (`shmem_parse_one`), `lib/cmdline.c` (`memparse`); tmpfs(5).
 */

import { EINVAL, SystemError } from "../abi/errno.ts";
import { S_IALLUGO } from "../abi/stat.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";

/** Options by their names; `null` for one without a value. */
export type MountOptions = ReadonlyMap<string, string | null>;

/** What any file system can be told, and whether it makes it read-only, writable, or neither. */
const COMMON: Readonly<Record<string, boolean | null>> = {
  ro: true,
  rw: false,
  sync: null,
  async: null,
  dirsync: null,
  lazytime: null,
  nolazytime: null,
  mand: null,
  nomand: null,
};

/** Options of a tmpfs that change nothing here: numbers have as many bits as they need, nothing is swapped. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(["inode32", "inode64", "noswap"]);

/** Powers of 1024 by their letters. */
const UNITS = "kmgtpe";

/** What a text of options asks for. */
export interface ParsedOptions {
  /** Whether the file system is to be read-only; `null` where nothing is said. */
  readonly readOnly: boolean | null;
  /** The options of one file system. */
  readonly own: MountOptions;
}

/** Reads options. An empty one is none. */
export function parseOptions(text: string): ParsedOptions {
  let readOnly: boolean | null = null;
  const own = new Map<string, string | null>();
  for (const option of text.split(",")) {
    const [, name = "", , value] = /^([^=]*)(=(.*))?$/s.exec(option) ?? [];
    const common = Object.hasOwn(COMMON, name) ? COMMON[name] : undefined;
    if (common === undefined) {
      if (name !== "") own.set(name, value ?? null);
    } else if (common !== null) {
      readOnly = common;
    }
  }
  return { readOnly, own };
}

/** Throws EINVAL unless there are no options. */
export function requireNoOptions(options: MountOptions): void {
  if (options.size > 0) throw new SystemError(EINVAL);
}

/** What a tmpfs is told. What is absent stays as it is by default. */
export interface TmpfsSettings {
  /** Pages of its files, `Infinity` for as many as there are. */
  pagesMax?: number;
  /** Inodes, `Infinity` for as many as there are. */
  inodesMax?: number;
  /** Permission bits of its root. */
  mode?: number;
  /** The owner of its root, as the caller names it. */
  uid?: number;
  /** The group of its root, as the caller names it. */
  gid?: number;
}

/** Reads the options of a tmpfs in a machine of so many frames. Throws EINVAL. */
export function tmpfsSettings(options: MountOptions, frames: number): TmpfsSettings {
  const settings: TmpfsSettings = {};
  for (const [name, value] of options) {
    switch (name) {
      case "size":
        settings.pagesMax = bound(Math.ceil(sizeOf(value, frames) / PAGE_SIZE));
        break;
      case "nr_blocks":
        settings.pagesMax = bound(numberWithUnit(value));
        break;
      case "nr_inodes":
        settings.inodesMax = bound(numberWithUnit(value));
        break;
      case "mode":
        settings.mode = number(value, /^[0-7]+$/, 8) & S_IALLUGO;
        break;
      case "uid":
      case "gid":
        settings[name] = number(value, /^\d+$/, 10);
        break;
      case "huge":
        if (value !== "never") throw new SystemError(EINVAL);
        break;
      default:
        if (!WITHOUT_EFFECT.has(name) || value !== null) throw new SystemError(EINVAL);
    }
  }
  return settings;
}

/** 0 stands for no bound. */
function bound(count: number): number {
  return count === 0 ? Infinity : count;
}

/** Bytes, or percents of the machine's memory. */
function sizeOf(value: string | null, frames: number): number {
  if (value?.endsWith("%") !== true) return numberWithUnit(value);
  return Math.floor((numberWithUnit(value.slice(0, -1)) * frames * PAGE_SIZE) / 100);
}

function numberWithUnit(value: string | null): number {
  const [, digits, unit = ""] = /^(0x[0-9a-f]+|\d+)([kmgtpe]?)$/i.exec(value ?? "") ?? [];
  if (digits === undefined) throw new SystemError(EINVAL);
  const base = /^0\d/.test(digits) ? parseInt(digits, 8) : Number(digits);
  const count = base * 1024 ** (UNITS.indexOf(unit.toLowerCase()) + (unit === "" ? 0 : 1));
  if (!Number.isSafeInteger(count)) throw new SystemError(EINVAL);
  return count;
}

function number(value: string | null, digits: RegExp, base: number): number {
  const count = digits.test(value ?? "") ? parseInt(value ?? "", base) : NaN;
  if (!(count <= 0xffffffff)) throw new SystemError(EINVAL);
  return count;
}
