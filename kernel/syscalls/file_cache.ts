/**
 * cachestat(2): how much of a file is in memory.
 *
 * Source: `mm/filemap.c` (`filemap_cachestat`).
 */

import { EINVAL, SystemError } from "../abi/errno.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { RegularInode } from "../fs/inode.ts";
import { register, unsignedInt } from "./arguments.ts";
import { file } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const RANGE_BYTES = 16;
/** nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted. */
const COUNTS = 5;

function cachestat(call: Call): number {
  const { user } = call.task.mm;
  const { object } = file(call, 0);
  const range = new DataView(user.read(register(call, 1), RANGE_BYTES).buffer);
  if (unsignedInt(call, 3) !== 0) throw new SystemError(EINVAL);
  const [from, length] = [range.getBigUint64(0, true), range.getBigUint64(8, true)];
  // No length means the rest; one that leads past all numbers comes out before the beginning.
  const last = length === 0n ? 2n ** 64n - 1n : BigInt.asUintN(64, from + length - 1n);
  const counts = new BigUint64Array(COUNTS);
  // What is in memory is nowhere else, and is neither dirty nor ever evicted.
  if (object instanceof RegularInode) {
    counts[0] = BigInt(pagesIn(object, from, last));
  }
  user.write(register(call, 2), new Uint8Array(counts.buffer));
  return 0;
}

/** Pages of a file, from that of the byte `from` to that of the byte `last`, that are in memory. */
function pagesIn(inode: RegularInode, from: bigint, last: bigint): number {
  const end = Math.min(Number(last / BigInt(PAGE_SIZE)) + 1, Math.ceil(inode.size / PAGE_SIZE));
  let pages = 0;
  let page = Number(from / BigInt(PAGE_SIZE));
  while (page < end) {
    const data = inode.nextData(page * PAGE_SIZE);
    if (data < 0) break;
    const first = Math.floor(data / PAGE_SIZE);
    const next = Math.ceil(inode.nextHole(data) / PAGE_SIZE);
    pages += Math.max(0, Math.min(next, end) - first);
    page = next;
  }
  return pages;
}

/** cachestat(2), by number. */
export const fileCacheCalls: SystemCallGroup = {
  451: { name: "cachestat", call: cachestat, args: ["fd", "cstat_range", "cstat", "flags"] },
};
