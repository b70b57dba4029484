/**
 * `deno task guests`: fetches Debian's riscv64 packages with apt's own client and unpacks them into a
 * folder, so that real programs can be run. Nothing is installed on this machine: apt works in a
 * private root of its own, and trusts Debian's archive keyring.
 *
 * @module
 */
import { exitWith, hostReason, readOptions, UsageError } from "./command.ts";

const USAGE = `Usage: deno task guests [options] [PACKAGE …]

Fetches riscv64 packages of Debian and unpacks them; run what they bring with
deno task run --mount DIR/root:/ PROGRAM. Without a name, fetches busybox-static and bash-static.

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

async function fetchPackages(
  folder: string,
  packages: readonly string[],
  suites: readonly string[],
): Promise<void> {
  for (const part of ["state/lists/partial", "cache/archives/partial", "debs", "root"]) {
    await Deno.mkdir(`${folder}/${part}`, { recursive: true });
  }
  await Deno.writeTextFile(`${folder}/state/status`, "");
  await updateIndex(folder, suites);
  await runTool("apt-get", [...privateRoot(folder), "download", ...packages], `${folder}/debs`);
  for await (const { name } of Deno.readDir(`${folder}/debs`)) {
    await runTool("dpkg-deb", ["-x", `${folder}/debs/${name}`, `${folder}/root`], folder);
  }
}

/** Fetches the index of the first suite that can be had; a mirror in mid-update has none for a while. */
async function updateIndex(folder: string, suites: readonly string[]): Promise<void> {
  const failures: string[] = [];
  for (const suite of suites) {
    const source = `deb [arch=riscv64 signed-by=${KEYRING}] ${MIRROR} ${suite} main\n`;
    await Deno.writeTextFile(`${folder}/sources.list`, source);
    try {
      return await runTool("apt-get", [...privateRoot(folder), "--error-on=any", "update"], folder);
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

async function runTool(command: string, args: readonly string[], cwd: string): Promise<void> {
  let result: Deno.CommandOutput;
  try {
    result = await new Deno.Command(command, { args: [...args], cwd }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(`There is no ${command}; install the Debian package ${PACKAGE[command]}`);
  }
  if (result.success) return;
  const [line = "it says nothing"] = new TextDecoder().decode(result.stderr).split("\n")
    .filter((text) => text.startsWith("E:") || text.startsWith("dpkg"));
  throw new ToolFailed(`${command} failed: ${line}`);
}

const PACKAGE: Readonly<Record<string, string>> = { "apt-get": "apt", "dpkg-deb": "dpkg" };

if (import.meta.main) await exitWith("guests", main);
