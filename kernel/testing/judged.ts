/** Programs in C that are judged by QEMU: built by the stock compiler, run there and here, compared. */

import { assertEquals } from "../../std_assert.ts";
import { crossLibc, qemuUser } from "../../testing/tools.ts";
import { didExit, exitStatusOf, terminationSignalOf } from "../abi/process.ts";
import { signalName } from "../abi/signal.ts";
import { Kernel } from "../kernel.ts";
import { end } from "./machine.ts";

/** The folder of the cross compiler's C library: what `qemu-riscv64 -L` is given. */
const SYSROOT = "/usr/riscv64-linux-gnu";
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
interface Outcome {
  readonly output: string;
  /** Exit status, or the name of the signal that killed it. */
  readonly end: number | string;
}

/** Builds `programs/NAME.c`, runs it under QEMU and here, and compares output and end. */
export async function compareWithQemu(name: string, options: JudgedOptions = {}): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "crucible-" });
  try {
    const path = `${directory}/${name}`;
    await compile(name, path, options);
    assertEquals(runHere(name, await Deno.readFile(path), options), await runThere(path, options));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function compile(name: string, path: string, options: JudgedOptions): Promise<void> {
  const source = new URL(`programs/${name}.c`, import.meta.url).pathname;
  const { dynamic = false, flags = [] } = options;
  const linking = dynamic ? [] : ["-static"];
  const args = ["-O1", "-w", ...linking, ...flags, "-o", path, decodeURIComponent(source), "-lm"];
  const { success, stderr } = await new Deno.Command(crossLibc.command, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function runThere(path: string, { args = [] }: JudgedOptions): Promise<Outcome> {
  const command = new Deno.Command(qemuUser.command, {
    args: ["-L", SYSROOT, "-0", "program", path, ...args],
    clearEnv: true,
    env: { HOME: "/root" },
    stdin: "null",
  });
  const { stdout, code, signal } = await command.output();
  return { output: new TextDecoder().decode(stdout), end: signal ?? code };
}

function runHere(name: string, bytes: Uint8Array, options: JudgedOptions): Outcome {
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
  const task = kernel.spawn({
    path: "/bin/program",
    argv: ["program", ...args],
    env: { HOME: "/root" },
  });
  assertEquals(kernel.run().reason, "exited", name);
  const status = kernel.reap(task.pid);
  const output = new TextDecoder().decode(kernel.streams[1]?.output);
  end(kernel);
  return {
    output,
    end: didExit(status) ? exitStatusOf(status) : signalName(terminationSignalOf(status)),
  };
}
