/**
 * Where things lie in a user address space of riscv64 with three-level page tables (Sv39), without
 * randomisation, so that the same program always gets the same addresses.
 *
 * ```
 * 0x00_0000_0000  nothing below MMAP_MIN_ADDR
 * 0x00_0001_0000  a program linked at fixed addresses, then its heap (brk)
 * 0x2a_aaaa_a000  ELF_ET_DYN_BASE: a position-independent program with an interpreter, then its heap
 *      …          mappings grow down from mmap_base: interpreter, libraries, [vdso], mmap()
 * 0x3f_f800_0000  mmap_base, at least 128 MiB (or RLIMIT_STACK) below …
 * 0x40_0000_0000  TASK_SIZE, the top of the stack
 * ```
 *
 * Source: `arch/riscv/include/asm/{processor,elf,pgtable}.h`, `mm/util.c` (`mmap_base`).
 */

import { PAGE_SIZE } from "../../emu/mod.ts";

/** The first address that is not user space: 2^38. */
export const TASK_SIZE = 2 ** 38;
/** The end of the stack of a fresh program. */
export const STACK_TOP: number = TASK_SIZE;
/** Where position-independent programs with an interpreter are loaded: two thirds of the space. */
export const ELF_ET_DYN_BASE: number = pageFloor((TASK_SIZE / 3) * 2);
/** Where a search for free space begins when there is none below mmap_base. */
export const TASK_UNMAPPED_BASE: number = pageCeil(TASK_SIZE / 3);
/** Bytes kept free below a stack that grows: `stack_guard_gap`, 256 pages. */
export const STACK_GUARD_BYTES: number = 256 * PAGE_SIZE;

/** The least and the most that mmap_base leaves to the stack. */
const STACK_GAP_MIN = 128 * 2 ** 20;
const STACK_GAP_MAX = Math.floor(TASK_SIZE / 6) * 5;

/** Where mappings grow down from, given RLIMIT_STACK in bytes (`Infinity` for none). */
export function mmapBase(stackLimitBytes: number): number {
  const gap = stackLimitBytes + STACK_GUARD_BYTES;
  return pageFloor(STACK_TOP - Math.min(Math.max(gap, STACK_GAP_MIN), STACK_GAP_MAX));
}

/** `address` rounded down to a page. Exact for 0 … 2^53. */
export function pageFloor(address: number): number {
  return pageOf(address) * PAGE_SIZE;
}

/** `address` rounded up to a page. Exact for 0 … 2^53 - 4096. */
export function pageCeil(address: number): number {
  return Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
}

/** Whether `address` is the beginning of a page. */
export function isPageAligned(address: number): boolean {
  return pageOffset(address) === 0;
}

/** The page that holds `address`: its number, address / 4096. */
export function pageOf(address: number): number {
  return Math.floor(address / PAGE_SIZE);
}

/** Where in its page `address` is. (Its remainder; of numbers over 2^31, `%` calls the C library's `fmod`.) */
export function pageOffset(address: number): number {
  return address - pageFloor(address);
}
