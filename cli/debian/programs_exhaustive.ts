// Do Debian's programs, unmodified, do here what they do under QEMU, with the same root?
//
// The root comes from `deno task guests`; see PACKAGES in packages.ts.

import { assertEquals } from "../../std_assert.ts";
import { qemuUserStatic, testWith, type Tool } from "../../testing/tools.ts";
import { runTask } from "../testing/tasks.ts";
import { PACKAGES } from "./packages.ts";

const CHECKOUT = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const ROOT = `${CHECKOUT}guests/root`;
const HERE = decodeURIComponent(new URL(".", import.meta.url).pathname);
const ENVIRONMENT = {
  PATH: "/usr/bin:/bin",
  HOME: "/home",
  TMPDIR: "/tmp",
  LC_ALL: "C.UTF-8",
} as const;

const debianRoot: Tool = {
  remedy: `run: deno task guests ${PACKAGES.join(" ")}`,
  isThere: () => exists(`${ROOT}/usr/bin/python3`),
};

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** What a program wrote, and how it ended. */
interface Outcome {
  readonly stdout: string;
  readonly code: number;
}

async function runHere(command: readonly string[], more: readonly string[]): Promise<Outcome> {
  const { stdout, code } = await runTask("run", [
    ...["--mount", `${ROOT}:/:ro`, "--mount", `${HERE}work:/home:ro`, "--tmpfs", "/tmp"],
    ...["--cwd", "/home"],
    ...Object.entries(ENVIRONMENT).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ...more,
    ...command,
  ]);
  return { stdout, code };
}

async function runThere(command: readonly string[]): Promise<Outcome> {
  const { stdout, code } = await new Deno.Command("unshare", {
    args: [
      ...["--user", "--map-root-user", "--mount", "--pid", "--fork"],
      ...[`${HERE}judge.sh`, ROOT, `${HERE}work`],
      ...command,
    ],
    stdin: "null",
  }).output();
  return { stdout: new TextDecoder().decode(stdout), code };
}

/**
 * A program is judged as it is, and once more moved to a fresh machine every `moves` instructions, with
 * all processes that there are.
 */
function judged(name: string, command: readonly string[], moves: number): void {
  const there = memoized(() => runThere(command));
  testWith([qemuUserStatic, debianRoot], name, async () => {
    assertEquals(await runHere(command, []), await there());
  });
  testWith([qemuUserStatic, debianRoot], `${name}; moved every ${moves} instructions`, async () => {
    assertEquals(await runHere(command, ["--restart-every", String(moves)]), await there());
  });
}

function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

judged("85 applets of busybox", ["/usr/bin/dash", "busybox.sh"], 100_000);
judged("a session of bash: functions, arrays, pipes, traps, jobs", [
  "/usr/bin/bash",
  "session.bash",
], 100_000);
judged(
  "grep, sed, awk, find, tar, gzip, bc, coreutils, sqlite3",
  ["/usr/bin/dash", "tools.sh"],
  100_000,
);
judged(
  "python3: threads, subprocess, sqlite3, json, hashlib",
  ["/usr/bin/python3", "threads.py"],
  1_000_000,
);
judged("perl: text, files, fork, signals", ["/usr/bin/perl", "report.pl"], 100_000);
judged("lua: coroutines, files, popen", ["/usr/bin/lua5.4", "report.lua"], 100_000);
judged("gcc builds a program, which runs", [
  ...["/usr/bin/dash", "-c"],
  "gcc -O1 -o /tmp/hello hello.c -lm -pthread && /tmp/hello",
], 2_000_000);
judged("musl-gcc builds a static program, which runs", [
  ...["/usr/bin/dash", "-c"],
  "musl-gcc -static -O1 -o /tmp/hello hello.c -lm && /tmp/hello",
], 2_000_000);

/** Programs of one task: whatever instant they are moved at, they are not refused. */
const SINGLE: Readonly<Record<string, readonly string[]>> = {
  "bash-static": [
    "/usr/bin/bash-static",
    "-c",
    "for ((i = 0; i < 3000; i++)); do s+=$i; done; echo ${#s}",
  ],
  busybox: ["/usr/bin/busybox", "sha256sum", "threads.py"],
  bc: ["/usr/bin/bc", "-lq", "digits.bc"],
  gawk: ["/usr/bin/gawk", "{ n += length($0) } END { print n, NR }", "session.bash"],
  grep: ["/usr/bin/grep", "-n", "-E", "^(def|import)", "threads.py"],
  sed: ["/usr/bin/sed", "-n", "s/echo/ECHO/gp", "session.bash"],
  tac: ["/usr/bin/tac", "session.bash"],
  sort: ["/usr/bin/sort", "-n", "session.bash"],
  python3: ["/usr/bin/python3", "-c", "print(sum(range(10**4)))"],
  lua: [
    "/usr/bin/lua5.4",
    "-e",
    "local t = {} for i = 1, 2000 do t[i] = i % 17 end table.sort(t) print(t[1000])",
  ],
  perl: ["/usr/bin/perl", "-e", "print join(',', map { $_ ** 2 } 1 .. 200), qq(\\n)"],
  sqlite3: ["/usr/bin/sqlite3", ":memory:", "select sum(value) from generate_series(1, 1000)"],
};

for (const [name, command] of Object.entries(SINGLE)) judged(name, command, 100_000);
