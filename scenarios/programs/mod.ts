/**
 * The guest programs that ship with Crucible: static riscv64 Linux programs without a C library,
 * built from the sources beside this file and held as text, so that they come with an import by URL.
 *
 * @module
 */

import * as ckpt from "./built/ckpt.ts";
import * as family from "./built/family.ts";
import * as helloLoop from "./built/hello_loop.ts";
import * as layoutBrk from "./built/layout_brk.ts";
import * as layoutMmap from "./built/layout_mmap.ts";
import * as layoutStack from "./built/layout_stack.ts";
import * as rstr from "./built/rstr.ts";
import * as sharedMemory from "./built/shared_memory.ts";

/** A guest program. */
export interface Guest {
  /** Its name, as in {@linkcode guests} and as its source is called. */
  readonly name: GuestName;
  /** One line on what it does. */
  readonly description: string;
  /** The compiler that built it: the first line of its `--version`. */
  readonly compiler: string;
  /** The ELF file, a fresh copy each time. Decoded on the first call. */
  bytes(): Uint8Array;
}

/** The names of the guests. */
export type GuestName =
  | "ckpt"
  | "rstr"
  | "family"
  | "hello_loop"
  | "layout_brk"
  | "layout_mmap"
  | "layout_stack"
  | "shared_memory";

/** What a module under `built/` exports. */
interface Built {
  readonly compiler: string;
  readonly base64: string;
}

function guest(name: GuestName, built: Built, description: string): Guest {
  let decoded: Uint8Array | undefined;
  return {
    name,
    description,
    compiler: built.compiler,
    bytes() {
      decoded ??= Uint8Array.from(atob(built.base64), (character) => character.charCodeAt(0));
      return decoded.slice();
    },
  };
}

/**
 * The guests by name.
 *
 * @example
 * ```ts
 * import { guests } from "./mod.ts";
 * import { assertEquals } from "../../std_assert.ts";
 *
 * const elf = guests.ckpt.bytes();
 * assertEquals(new TextDecoder().decode(elf.subarray(1, 4)), "ELF");
 * ```
 */
export const guests: Readonly<Record<GuestName, Guest>> = {
  ckpt: guest("ckpt", ckpt, "saves itself to standard output, says so, and loops for ever"),
  rstr: guest("rstr", rstr, "becomes the process whose image stands on standard input"),
  family: guest(
    "family",
    family,
    "works with child processes, a thread, a pipe, signals, a zombie and an orphan",
  ),
  hello_loop: guest(
    "hello_loop",
    helloLoop,
    "counts to twelve, with values in integer and floating-point registers, sleeping in between",
  ),
  layout_brk: guest(
    "layout_brk",
    layoutBrk,
    "grows and shrinks its heap by brk and sums what it finds there",
  ),
  layout_mmap: guest(
    "layout_mmap",
    layoutMmap,
    "maps memory with holes and mixed protections and runs code that it wrote itself",
  ),
  layout_stack: guest(
    "layout_stack",
    layoutStack,
    "recurses deeply on the main stack and on one of its own above a guard page",
  ),
  shared_memory: guest(
    "shared_memory",
    sharedMemory,
    "shares memory with a child: a page without a name, and a sealed file of memfd_create(2)",
  ),
};
