/** GNU as, ld, objcopy and objdump, as judges of the assembler and the disassembler. */
import { type CommandTool, debianTool } from "../../../testing/tools.ts";
import type { Assembly } from "../assembler.ts";
import type { SectionName } from "../section.ts";

const PACKAGE = "binutils-riscv64-linux-gnu";
/** The assembler. */
export const gnuAs: CommandTool = debianTool("riscv64-linux-gnu-as", PACKAGE);
/** The linker. */
export const gnuLd: CommandTool = debianTool("riscv64-linux-gnu-ld", PACKAGE);
/** What takes sections out of files. */
export const gnuObjcopy: CommandTool = debianTool("riscv64-linux-gnu-objcopy", PACKAGE);
/** The disassembler. */
export const gnuObjdump: CommandTool = debianTool("riscv64-linux-gnu-objdump", PACKAGE);

/** What a GNU tool had to say, and whether it was content. */
export interface Outcome {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the tools. */
export async function run(tool: CommandTool, ...args: string[]): Promise<Outcome> {
  const output = await new Deno.Command(tool.command, { args }).output();
  const decoder = new TextDecoder();
  return {
    success: output.success,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** Calls `use` with a folder that is gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "crucible-asm-" });
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function must(tool: CommandTool, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await run(tool, ...args);
  if (!success) throw new Error(`${tool.command} failed: ${stderr}`);
  return stdout;
}

/** Whether GNU as takes a source. */
export function accepts(source: string): Promise<Outcome> {
  return inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.s`, source);
    return await run(gnuAs, "-march=rv64gc", "-mno-relax", `${folder}/a.s`, "-o", `${folder}/a.o`);
  });
}

/** The sections that GNU as and ld make of a source, at the addresses of `assembly`. */
export function gnuSections(
  source: string,
  assembly: Assembly,
): Promise<Map<SectionName, Uint8Array>> {
  return inFolder(async (folder) => {
    const [object, linked] = [`${folder}/a.o`, `${folder}/a.out`];
    await Deno.writeTextFile(`${folder}/a.s`, source);
    await must(gnuAs, "-march=rv64gc", "-mno-relax", `${folder}/a.s`, "-o", object);
    const sections = [...assembly.sections.values()];
    const starts = sections.map(({ name, address }) =>
      `--section-start=${name}=0x${address.toString(16)}`
    );
    await must(gnuLd, "--no-relax", "-static", "-e0", ...starts, object, "-o", linked);
    const found = new Map<SectionName, Uint8Array>();
    for (const { name } of sections) {
      if (name === ".bss") continue;
      const binary = `${folder}/${name}.bin`;
      await must(gnuObjcopy, "-O", "binary", "-j", name, linked, binary);
      found.set(name, await Deno.readFile(binary));
    }
    return found;
  });
}

/** An instruction in objdump's words. */
export interface DumpLine {
  readonly address: number;
  readonly word: number;
  readonly text: string;
}

/** objdump's disassembly of an ELF file's code. */
export async function dumpElf(file: string, options: readonly string[] = []): Promise<DumpLine[]> {
  const text = await must(gnuObjdump, "-d", "-z", ...options, file);
  const lines: DumpLine[] = [];
  for (const line of text.split("\n")) {
    const [, address, word, words] = /^ *([0-9a-f]+):\t([0-9a-f]+) *\t(.*)$/.exec(line) ?? [];
    if (address === undefined || word === undefined || words === undefined) continue;
    lines.push({ address: parseInt(address, 16), word: parseInt(word, 16), text: words });
  }
  return lines;
}

/** objdump's disassembly of code at address 0, as RV64GC and nothing more. */
export function dumpCode(code: Uint8Array, options: readonly string[] = []): Promise<DumpLine[]> {
  return inFolder(async (folder) => {
    // From here the file has the attribute that names the extensions.
    await Deno.writeTextFile(`${folder}/a.s`, "nop\n");
    await must(gnuAs, "-march=rv64gc", "-mno-relax", `${folder}/a.s`, "-o", `${folder}/a.o`);
    await Deno.writeFile(`${folder}/code`, code);
    const update = `.text=${folder}/code`;
    await must(gnuObjcopy, "--update-section", update, `${folder}/a.o`, `${folder}/b.o`);
    return await dumpElf(`${folder}/b.o`, options);
  });
}
