/**
 * `deno task guests`: fetches Debian's riscv64 packages with apt's own client and unpacks them into a
 * folder, so that real programs can be run. Nothing is installed on this machine: apt works in a
 * private root of its own, and trusts Debian's archive keyring.
 *
 * @module
 */
import { exitWith, hostReason, readOptions, UsageError } from "./command.ts";

const USAGE = `Usage: deno task guests [options] [PACKAGE …]

Fetches riscv64 packages of Debian with all that they depend on, and unpacks them into one root; run
what they bring with deno task run --mount DIR/root:/ PROGRAM. Packages can be added to a root later.
Without a name, fetches busybox-static and bash-static.

  --into DIR     where to (default guests)
  --suite NAME   Debian suite (default trixie; sid is tried when its index cannot be had)
  --help         print this

Exit status: 0 fetched, 1 apt or dpkg failed, 2 wrong usage.`;

const DEFAULT_PACKAGES = ["busybox-static", "bash-static"];
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const MIRROR = "http://deb.debian.org/debian";
const SUITES = ["trixie", "sid"];

/** Runs the command; returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, { values: ["into", "suite"] });
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  const packages = options.positional.length > 0 ? options.positional : DEFAULT_PACKAGES;
  for (const name of packages) {
    if (!/^[a-z0-9][a-z0-9.+-]*$/.test(name)) throw new UsageError(`'${name}' is no package name`);
  }
  const suite = options.value("suite");
  const folder = await absoluteFolder(options.value("into") ?? "guests");
  try {
    await fetchPackages(folder, packages, suite === undefined ? SUITES : [suite]);
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    console.error(`guests: ${error.message}`);
    return 1;
  }
  console.log(`Unpacked ${packages.join(", ")} into ${folder}/root`);
  return 0;
}

/** A tool ended with another status than 0. */
class ToolFailed extends Error {}

async function absoluteFolder(path: string): Promise<string> {
  try {
    await Deno.mkdir(path, { recursive: true });
    return await Deno.realPath(path);
  } catch (error) {
    throw new UsageError(`Cannot use ${path}: ${hostReason(error)}`);
  }
}

/** The directories of the root that are links into /usr, and that packages take for granted. */
const MERGED_DIRECTORIES = ["bin", "sbin", "lib", "lib64"];
/** Empty directories that every system has, and that no package brings. */
const PLAIN_DIRECTORIES = ["dev", "proc", "root", "tmp", "var/tmp"];

async function fetchPackages(
  folder: string,
  packages: readonly string[],
  suites: readonly string[],
): Promise<void> {
  for (const part of ["state/lists/partial", "cache/archives/partial"]) {
    await Deno.mkdir(`${folder}/${part}`, { recursive: true });
  }
  await makeRoot(`${folder}/root`);
  const status = await PackageStatus.read(`${folder}/state/status`);
  await updateIndex(folder, suites);
  await runTool("apt-get", [
    ...privateRoot(folder),
    "--yes",
    "--download-only",
    "--no-install-recommends",
    "install",
    ...packages,
  ], folder);
  const archives = `${folder}/cache/archives`;
  for await (const { name, isFile } of Deno.readDir(archives)) {
    if (!isFile || !name.endsWith(".deb")) continue;
    const archive = `${archives}/${name}`;
    await runTool("dpkg-deb", ["-x", archive, `${folder}/root`], folder);
    status.add(await runTool("dpkg-deb", ["-f", archive], folder));
    await Deno.remove(archive);
  }
  await status.write();
  await makeAccounts(`${folder}/root`);
}

async function makeRoot(root: string): Promise<void> {
  for (const name of MERGED_DIRECTORIES) {
    await Deno.mkdir(`${root}/usr/${name}`, { recursive: true });
    try {
      await Deno.symlink(`usr/${name}`, `${root}/${name}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
  for (const name of PLAIN_DIRECTORIES) await Deno.mkdir(`${root}/${name}`, { recursive: true });
}

/** Does what the package base-passwd does when it is installed: programs look for root's name. */
async function makeAccounts(root: string): Promise<void> {
  for (const name of ["passwd", "group"]) {
    try {
      const accounts = await Deno.readFile(`${root}/usr/share/base-passwd/${name}.master`);
      await Deno.writeFile(`${root}/etc/${name}`, accounts, { createNew: true });
    } catch (error) {
      const isExpected = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.AlreadyExists;
      if (!isExpected) throw error;
    }
  }
}

/** What apt is told to be installed: what has been unpacked. dpkg's `status` file. */
class PackageStatus {
  readonly #path: string;
  /** By the package's name: its control file, and that it is installed. */
  readonly #paragraphs: Map<string, string>;

  private constructor(path: string, paragraphs: Map<string, string>) {
    this.#path = path;
    this.#paragraphs = paragraphs;
  }

  /** Reads the file; without one nothing is installed. */
  static async read(path: string): Promise<PackageStatus> {
    const status = new PackageStatus(path, new Map());
    try {
      const text = await Deno.readTextFile(path);
      for (const paragraph of text.split(/\n\n+/)) status.#put(paragraph);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await status.write();
    return status;
  }

  /** Notes a package, by its control file. */
  add(control: string): void {
    this.#put(`${control.trimEnd()}\nStatus: install ok installed`);
  }

  /** Writes the file. */
  async write(): Promise<void> {
    const paragraphs = [...this.#paragraphs.values()].map((paragraph) => `${paragraph}\n\n`);
    await Deno.writeTextFile(this.#path, paragraphs.join(""));
  }

  #put(paragraph: string): void {
    const [, name] = /^Package: (.*)$/m.exec(paragraph) ?? [];
    if (name !== undefined) this.#paragraphs.set(name, paragraph.trimEnd());
  }
}

/** Fetches the index of the first suite that can be had; a mirror in mid-update has none for a while. */
async function updateIndex(folder: string, suites: readonly string[]): Promise<void> {
  const failures: string[] = [];
  for (const suite of suites) {
    const source = `deb [arch=riscv64 signed-by=${KEYRING}] ${MIRROR} ${suite} main\n`;
    await Deno.writeTextFile(`${folder}/sources.list`, source);
    try {
      await runTool("apt-get", [...privateRoot(folder), "--error-on=any", "update"], folder);
      return;
    } catch (error) {
      if (!(error instanceof ToolFailed)) throw error;
      failures.push(`${suite}: ${error.message}`);
    }
  }
  throw new ToolFailed(`No index of Debian's packages could be fetched. ${failures.join(" ")}`);
}

/** Options that keep apt out of this machine's own package state. */
function privateRoot(folder: string): string[] {
  const settings = [
    `Dir::State=${folder}/state`,
    `Dir::State::status=${folder}/state/status`,
    `Dir::Cache=${folder}/cache`,
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    "Dir::Etc::sourceparts=/dev/null",
    "APT::Architecture=riscv64",
    "APT::Architectures=riscv64",
    "APT::Sandbox::User=root",
    "Acquire::Languages=none",
  ];
  return ["-q", ...settings.flatMap((setting) => ["-o", setting])];
}

/** Runs a tool; gives what it prints. */
async function runTool(command: string, args: readonly string[], cwd: string): Promise<string> {
  let result: Deno.CommandOutput;
  try {
    result = await new Deno.Command(command, { args: [...args], cwd }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(`There is no ${command}; install the Debian package ${PACKAGE[command]}`);
  }
  if (result.success) return new TextDecoder().decode(result.stdout);
  const [line = "it says nothing"] = new TextDecoder().decode(result.stderr).split("\n")
    .filter((text) => text.startsWith("E:") || text.startsWith("dpkg"));
  throw new ToolFailed(`${command} failed: ${line}`);
}

const PACKAGE: Readonly<Record<string, string>> = { "apt-get": "apt", "dpkg-deb": "dpkg" };

if (import.meta.main) await exitWith("guests", main);
