/** Programs in C that are judged by QEMU: built by the stock compiler, run there and here, compared. */

import { assertEquals } from "../../std_assert.ts";
import { crossLibc, qemuUser } from "../../testing/tools.ts";
import { didExit, exitStatusOf, terminationSignalOf } from "../abi/process.ts";
import { signalName } from "../abi/signal.ts";
import { Kernel } from "../kernel.ts";
import { end } from "./machine.ts";

/** The folder of the cross compiler's C library: what `qemu-riscv64 -L` is given. */
const SYSROOT = "/usr/riscv64-linux-gnu";
/** The folder of `report.h`. */
const HEADERS = decodeURIComponent(new URL("programs/", import.meta.url).pathname);
/** A program that runs longer has come to hang. */
const TIME_MAX_S = 10;
const INSTRUCTIONS_MAX = 4_000_000_000;
const LIBRARIES = ["ld-linux-riscv64-lp64d.so.1", "libc.so.6", "libm.so.6"];

/** How a program is built and run. */
export interface JudgedOptions {
  /** Whether it is linked against shared libraries. Default: false, static. */
  readonly dynamic?: boolean;
  /** Further arguments of the compiler. */
  readonly flags?: readonly string[];
  /** Arguments of the program. */
  readonly args?: readonly string[];
}

/** Output and end of a program. */
export interface Outcome {
  /** What it wrote to its standard output. */
  readonly output: string;
  /** Exit status, or the name of the signal that killed it. */
  readonly end: number | string;
}

/** What a program does in the two worlds. */
export interface Verdict {
  /** In a machine of ours. */
  readonly here: Outcome;
  /** Under QEMU. */
  readonly there: Outcome;
}

/** Builds `programs/NAME.c`, runs it under QEMU and here, and compares output and end. */
export async function compareWithQemu(name: string, options: JudgedOptions = {}): Promise<void> {
  const source = new URL(`programs/${name}.c`, import.meta.url);
  const { here, there } = await judgeWithQemu(source, options);
  assertEquals(here, there);
}

/** Builds a program from its one source file, and runs it under QEMU and here. */
export async function judgeWithQemu(source: URL, options: JudgedOptions = {}): Promise<Verdict> {
  const directory = await Deno.makeTempDir({ prefix: "crucible-" });
  try {
    const path = `${directory}/program`;
    await compile(source, path, options);
    const there = await runThere(path, directory, options);
    return { here: runHere(await Deno.readFile(path), options), there };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function compile(source: URL, path: string, options: JudgedOptions): Promise<void> {
  const { dynamic = false, flags = [] } = options;
  const file = decodeURIComponent(source.pathname);
  const linking = dynamic ? [] : ["-static"];
  const args = ["-O1", "-w", "-I", HEADERS, ...linking, ...flags, "-o", path, file, "-lm"];
  const { success, stderr } = await new Deno.Command(crossLibc.command, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function runThere(
  path: string,
  directory: string,
  { args = [] }: JudgedOptions,
): Promise<Outcome> {
  const work = `${directory}/work`;
  await Deno.mkdir(work);
  // Kills also the children that a program leaves, and one that ignores every other signal.
  const command = new Deno.Command("timeout", {
    args: [
      ...["--signal=KILL", String(TIME_MAX_S)],
      ...[qemuUser.command, "-L", SYSROOT, "-0", "program", path],
      ...args,
    ],
    cwd: work,
    clearEnv: true,
    env: { HOME: "/root" },
    stdin: "null",
  });
  const { stdout, code, signal } = await command.output();
  return { output: new TextDecoder().decode(stdout), end: signal ?? code };
}

function runHere(bytes: Uint8Array, options: JudgedOptions): Outcome {
  const { dynamic = false, args = [] } = options;
  const kernel = new Kernel({ framesMax: 16384 });
  kernel.streams[0]?.end();
  kernel.fileSystem.writeFile("/bin/program", bytes, 0o755);
  for (const library of dynamic ? LIBRARIES : []) {
    kernel.fileSystem.writeFile(
      `/lib/${library}`,
      Deno.readFileSync(`${SYSROOT}/lib/${library}`),
      0o755,
    );
  }
  kernel.fileSystem.makeDirectory("/work");
  const task = kernel.spawn({
    path: "/bin/program",
    argv: ["program", ...args],
    env: { HOME: "/root" },
    cwd: "/work",
  });
  assertEquals(kernel.run({ instructions: INSTRUCTIONS_MAX }).reason, "exited", "Does not end");
  const status = kernel.reap(task.pid);
  const output = new TextDecoder().decode(kernel.streams[1]?.output);
  end(kernel);
  return {
    output,
    end: didExit(status) ? exitStatusOf(status) : signalName(terminationSignalOf(status)),
  };
}
