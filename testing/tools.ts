/**
 * Tests that need a program of Debian's: they are skipped, with the package's name, where it is
 * missing, and must not be skipped where `CRUCIBLE_REQUIRE_TOOLS=1` says that it cannot be.
 *
 * @module
 */

/** A command that some tests need, and the Debian package that brings it. */
export interface Tool {
  /** The name it is run by. */
  readonly command: string;
  /** The Debian package, or packages, to install. */
  readonly debianPackage: string;
}

/** The cross compiler, with nothing but its own headers: enough for the freestanding guests. */
export const crossCompiler: Tool = {
  command: "riscv64-linux-gnu-gcc",
  debianPackage: "gcc-riscv64-linux-gnu",
};

/** The cross compiler together with glibc's headers and static libraries. */
export const crossLibc: Tool = {
  command: "riscv64-linux-gnu-gcc",
  debianPackage: "gcc-riscv64-linux-gnu libc6-dev-riscv64-cross",
};

/** QEMU's user-mode emulator, the independent judge. */
export const qemuUser: Tool = { command: "qemu-riscv64", debianPackage: "qemu-user" };

const known = new Map<string, boolean>();

/** Whether `command` can be run on this machine. Needs `--allow-run` for it. */
export function have(command: string): boolean {
  let found = known.get(command);
  if (found === undefined) {
    found = runs(command);
    known.set(command, found);
  }
  return found;
}

function runs(command: string): boolean {
  try {
    return ask(command, "--version").success;
  } catch (error) {
    // With an allow list, Deno reports a name that is nowhere on the PATH as not permitted.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) {
      return false;
    }
    throw error;
  }
}

/**
 * Declares a test that needs `tools`. Where one is missing the test is skipped and says which Debian
 * package brings it; with `CRUCIBLE_REQUIRE_TOOLS=1` (CI) it runs, and fails, instead.
 */
export function testWith(
  tools: readonly Tool[],
  name: string,
  body: (context: Deno.TestContext) => void | Promise<void>,
): void {
  const missing = tools.filter((tool) => !isThere(tool));
  if (missing.length === 0) {
    Deno.test(name, body);
    return;
  }
  const packages = [...new Set(missing.map((tool) => tool.debianPackage))].join(" ");
  if (Deno.env.get("CRUCIBLE_REQUIRE_TOOLS") === "1") {
    Deno.test(name, () => {
      throw new Error(`Missing tool: install the Debian package ${packages}`);
    });
    return;
  }
  Deno.test({ name: `${name} (needs the Debian package ${packages})`, ignore: true, fn: body });
}

function isThere(tool: Tool): boolean {
  return have(tool.command) && (tool !== crossLibc || hasCrossLibc());
}

/** The compiler may be there without the C library that static programs are linked with. */
function hasCrossLibc(): boolean {
  const { stdout } = ask(crossLibc.command, "-print-file-name=libc.a");
  // An unknown file comes back as the bare name that was asked for.
  return new TextDecoder().decode(stdout).includes("/");
}

function ask(command: string, question: string): Deno.CommandOutput {
  return new Deno.Command(command, { args: [question] }).outputSync();
}
