/**
 * How a guest program is built, and how a built one is committed: as a TypeScript module with the
 * ELF file in base64, so that it can be imported by URL.
 *
 * @module
 */

/** The cross compiler. */
export const compilerCommand = "riscv64-linux-gnu-gcc";

/** The Debian package that brings the cross compiler. */
export const compilerPackage = "gcc-riscv64-linux-gnu";

/**
 * No C library, no start files, and nothing in the result that depends on where or when it was
 * built. Small, and on as few pages as can be: the pages are what an image of the guest holds.
 */
const compilerOptions = [
  ...["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-msmall-data-limit=0"],
  ...["-std=gnu11", "-Os", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-math-errno"],
  ...["-fno-pic", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fno-ident"],
  ...["-ffunction-sections", "-fdata-sections", "-mno-riscv-attribute"],
  ...["-static", "-no-pie", "-nostdlib", "-s", "-Wl,--gc-sections", "-Wl,--build-id=none"],
  ...["-Wl,-z,noseparate-code", "-Wl,-z,norelro", "-Wl,-z,max-page-size=4096"],
  "-Wl,--fatal-warnings",
];

/** A guest as it is committed. */
export interface BuiltGuest {
  /** The compiler that built it: the first line of `--version`. */
  readonly compiler: string;
  /** The ELF file. */
  readonly elf: Uint8Array;
}

/** Thrown when the compiler is not on this machine; the message names the Debian package. */
export class CompilerMissing extends Error {
  override readonly name = "CompilerMissing";

  /** Takes nothing: there is one thing to say. */
  constructor() {
    super(`Cannot find "${compilerCommand}": install the Debian package ${compilerPackage}`);
  }
}

/** Thrown when the compiler refuses a source; the message is what it said. */
export class CompilerFailed extends Error {
  override readonly name = "CompilerFailed";
}

/** The first line of what the compiler says about itself. Throws `CompilerMissing`. */
export async function compilerVersion(): Promise<string> {
  const said = await runCompiler(["--version"], ".");
  return said.split("\n", 1)[0] ?? "";
}

/**
 * Builds `NAME.c` of the directory `sources`, a path, and returns the ELF file.
 * Throws `CompilerMissing` or `CompilerFailed`.
 */
export async function buildGuest(name: string, sources: string): Promise<Uint8Array> {
  const scratch = await Deno.makeTempDir({ dir: "/tmp", prefix: "crucible-" });
  try {
    // A relative source name, from its own directory: no path of this machine can get in.
    await runCompiler([...compilerOptions, "-o", `${scratch}/${name}`, `${name}.c`], sources);
    return await Deno.readFile(`${scratch}/${name}`);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

async function runCompiler(args: string[], cwd: string): Promise<string> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(compilerCommand, { args, cwd }).output();
  } catch (error) {
    // With an allow list, Deno reports a name that is nowhere on the PATH as not permitted.
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    throw isMissing ? new CompilerMissing() : error;
  }
  const text = new TextDecoder();
  if (!output.success) throw new CompilerFailed(text.decode(output.stderr).trim());
  return text.decode(output.stdout);
}

const base64Columns = 96;

/** The text of the module under `built/` that holds a guest. */
export function formatModule(name: string, { compiler, elf }: BuiltGuest): string {
  const base64 = btoa(String.fromCharCode(...elf));
  const lines = base64.match(new RegExp(`.{1,${base64Columns}}`, "g")) ?? [];
  return [
    `// Made by \`deno task programs --write\` from scenarios/programs/${name}.c; do not edit.`,
    ``,
    `/** The compiler that built this guest. */`,
    `export const compiler: string = ${JSON.stringify(compiler)};`,
    ``,
    `/** The ELF file. */`,
    `export const base64: string = \``,
    ...lines,
    `\`;`,
    ``,
  ].join("\n");
}

/** Reads the text of such a module back; `null` when it is not one. */
export function parseModule(text: string): BuiltGuest | null {
  const compiler = /^export const compiler: string = "([^"\\]*)";$/m.exec(text)?.[1];
  const base64 = /^export const base64: string = `([A-Za-z0-9+/=\n]*)`;$/m.exec(text)?.[1];
  if (compiler === undefined || base64 === undefined) return null;
  try {
    return { compiler, elf: Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)) };
  } catch {
    return null; // not base64
  }
}
