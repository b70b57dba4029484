/**
 * Builds the programs under `scenarios/programs/glibc/` as any user would build theirs, for tests
 * that want real input. Such tests are declared with `testWith([crossLibc], …)`.
 *
 * @module
 */

import { crossLibc } from "./tools.ts";

/** The programs, by the names of their sources. */
export type GlibcProgram = "ckpt" | "rstr" | "hello" | "floats";

const built = new Map<GlibcProgram, Promise<Uint8Array>>();

/**
 * The static ELF file that `riscv64-linux-gnu-gcc -O2 -static` makes of the program; built once in a
 * process. Throws when the compiler fails.
 */
export function buildGlibcProgram(name: GlibcProgram): Promise<Uint8Array> {
  let elf = built.get(name);
  if (elf === undefined) {
    elf = build(name);
    built.set(name, elf);
  }
  return elf;
}

async function build(name: GlibcProgram): Promise<Uint8Array> {
  const source = new URL(`../scenarios/programs/glibc/${name}.c`, import.meta.url).pathname;
  const path = await Deno.makeTempFile({ prefix: "crucible-" });
  try {
    const args = ["-O2", "-static", "-o", path, decodeURIComponent(source), "-lm"];
    const { success, stderr } = await new Deno.Command(crossLibc.command, { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await Deno.readFile(path);
  } finally {
    await Deno.remove(path);
  }
}
