/**
 * Tests that need a program of Debian's: they are skipped, with the package's name, where it is
 * missing, and must not be skipped where `CRUCIBLE_REQUIRE_TOOLS=1` says that it cannot be.
 *
 * @module
 */

/** Something that some tests need, and how to get it. */
export interface Tool {
  /** What to do where it is missing, such as "install the Debian package qemu-user". */
  readonly remedy: string;
  /** Whether it is there. */
  isThere(): boolean;
}

/** A command, and the Debian package or packages that bring it. */
export interface CommandTool extends Tool {
  /** The name it is run by. */
  readonly command: string;
}

/** A command that comes with a Debian package or several. Default of `isThere`: it can be run. */
export function debianTool(
  command: string,
  debianPackage: string,
  isThere: () => boolean = () => have(command),
): CommandTool {
  return { command, remedy: `install the Debian package ${debianPackage}`, isThere };
}

/** The cross compiler, with nothing but its own headers: enough for the freestanding guests. */
export const crossCompiler: CommandTool = debianTool(
  "riscv64-linux-gnu-gcc",
  "gcc-riscv64-linux-gnu",
);

/** The cross compiler together with glibc's headers and static libraries. */
export const crossLibc: CommandTool = debianTool(
  "riscv64-linux-gnu-gcc",
  "gcc-riscv64-linux-gnu libc6-dev-riscv64-cross",
  () => have("riscv64-linux-gnu-gcc") && hasCrossLibc(),
);

/** QEMU's user-mode emulator, the independent judge. */
export const qemuUser: CommandTool = debianTool("qemu-riscv64", "qemu-user");

/** The same without shared libraries, for use in another root. */
export const qemuUserStatic: CommandTool = debianTool("qemu-riscv64-static", "qemu-user-static");

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
  const missing = tools.filter((tool) => !tool.isThere());
  if (missing.length === 0) {
    Deno.test(name, body);
    return;
  }
  const remedy = [...new Set(missing.map((tool) => tool.remedy))].join("; ");
  if (Deno.env.get("CRUCIBLE_REQUIRE_TOOLS") === "1") {
    Deno.test(name, () => {
      throw new Error(`Missing: ${remedy}`);
    });
    return;
  }
  Deno.test({ name: `${name} (to run it, ${remedy})`, ignore: true, fn: body });
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
