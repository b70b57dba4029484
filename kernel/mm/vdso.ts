/**
 * The page that the kernel maps into every program: the code that a signal handler returns to, because
 * riscv64 has no sa_restorer. The guest sees it as `[vdso]`; it is no ELF image, and so it is not
 * announced by AT_SYSINFO_EHDR.
 *
 * Source: `arch/riscv/kernel/vdso/rt_sigreturn.S`.
 */

import type { PhysicalMemory } from "../../emu/mod.ts";
import { VM_DONTEXPAND, VM_EXEC, VM_MAY_ACCESS_FLAGS, VM_READ } from "../abi/mman.ts";
import type { Cloning } from "../fs/cloning.ts";
import type { SpecialMapping } from "./vma.ts";

/** `li a7, __NR_rt_sigreturn` and `ecall`. Debuggers and unwinders know a signal frame by them. */
const TRAMPOLINE = new Uint32Array([0x08b00893, 0x00000073]);

/** The flags of its VMA. */
export const VDSO_FLAGS: number = VM_READ | VM_EXEC | VM_MAY_ACCESS_FLAGS | VM_DONTEXPAND;

/** The one page of trampoline code that all programs of a machine share. */
export class Vdso implements SpecialMapping {
  /** How it is shown. */
  readonly name = "[vdso]";
  readonly #memory: PhysicalMemory;
  /** -1 until the first program needs it: an idle machine holds no frame. */
  #frame = -1;

  /** Takes its frame from `memory`, when it is first needed. */
  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
  }

  /** The frame of page `index`; -1 behind the first. Throws OutOfFrames. */
  pageFrame(index: number): number {
    if (index !== 0) return -1;
    if (this.#frame < 0) {
      this.#frame = this.#memory.allocateFrame();
      this.#memory.writeFrame(this.#frame, 0, new Uint8Array(TRAMPOLINE.buffer));
    }
    return this.#frame;
  }

  /** The same page for a machine's clone. */
  clone(cloning: Cloning): Vdso {
    return cloning.once(this, () => {
      const clone = new Vdso(this.#memory);
      clone.#frame = this.#frame;
      if (this.#frame >= 0) this.#memory.retainFrame(this.#frame);
      return clone;
    });
  }

  /** Gives the frame back. */
  dispose(): void {
    if (this.#frame >= 0) this.#memory.releaseFrame(this.#frame);
    this.#frame = -1;
  }
}
