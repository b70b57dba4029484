/** What the file systems of a machine need from the kernel around them. */

import type { PhysicalMemory } from "../../emu/mod.ts";
import type { Kernel } from "../kernel.ts";

/** The kernel as a file system sees it. */
export interface FileSystemEnvironment {
  /** Where the pages of files lie. */
  readonly memory: PhysicalMemory;
  /** The virtual CLOCK_REALTIME, in nanoseconds since 1970. */
  now(): bigint;
  /** `length` bytes from the machine's seeded generator, for /dev/random. */
  entropy(length: number): Uint8Array;
  /** The machine around the tree, which /proc shows; `null` until it is put together. */
  kernel: Kernel | null;
}
