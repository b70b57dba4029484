/**
 * Who maps a file, as the file sees it: an address space that must be told when pages of the file get
 * other frames, or go. Linux's `i_mmap`.
 */

import type { RegularInode } from "./inode.ts";

/** Pages of a file that change. */
export interface PageRange {
  /** The first page of the file. */
  readonly first: number;
  /** The first page behind; `Infinity` for all. */
  readonly end: number;
  /** Whether a private mapping's own copies of these pages go too: they are behind the file's new end. */
  readonly evenCopies: boolean;
}

/** An address space that maps files. */
export interface FileMapper {
  /**
   * Forgets pages of `file` that it shows, so that the next access asks for them anew. The file still has
   * the frames that it has shown so far.
   */
  forgetFilePages(file: RegularInode, range: PageRange): void;
  /** How many mappings of it show `file`. */
  mappingsOf(file: RegularInode): number;
  /** Whether a shared mapping of `file` may be written to, or could be made so by mprotect(2). */
  mayWriteShared(file: RegularInode): boolean;
}
