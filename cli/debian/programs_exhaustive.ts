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

function judged(name: string, command: readonly string[], more: readonly string[] = []): void {
  testWith([qemuUserStatic, debianRoot], name, async () => {
    assertEquals(await runHere(command, more), await runThere(command));
  });
}

judged("85 applets of busybox", ["/usr/bin/dash", "busybox.sh"]);
judged("a session of bash: functions, arrays, pipes, traps, jobs", [
  "/usr/bin/bash",
  "session.bash",
]);
judged("grep, sed, awk, find, tar, gzip, bc, coreutils, sqlite3", ["/usr/bin/dash", "tools.sh"]);
judged("python3: threads, subprocess, sqlite3, json, hashlib", ["/usr/bin/python3", "threads.py"]);
judged("perl: text, files, fork, signals", ["/usr/bin/perl", "report.pl"]);
judged("lua: coroutines, files, popen", ["/usr/bin/lua5.4", "report.lua"]);
judged("gcc builds a program, which runs", [
  ...["/usr/bin/dash", "-c"],
  "gcc -O1 -o /tmp/hello hello.c -lm -pthread && /tmp/hello",
]);
judged("musl-gcc builds a static program, which runs", [
  ...["/usr/bin/dash", "-c"],
  "musl-gcc -static -O1 -o /tmp/hello hello.c -lm && /tmp/hello",
]);

/** What holds a file of its own process in /proc open (sort, python3) is refused at some instants. */
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
  lua: [
    "/usr/bin/lua5.4",
    "-e",
    "local t = {} for i = 1, 2000 do t[i] = i % 17 end table.sort(t) print(t[1000])",
  ],
  perl: ["/usr/bin/perl", "-e", "print join(',', map { $_ ** 2 } 1 .. 200), qq(\\n)"],
  sqlite3: ["/usr/bin/sqlite3", ":memory:", "select sum(value) from generate_series(1, 1000)"],
};

for (const [name, command] of Object.entries(SINGLE)) {
  judged(`${name}, moved to a fresh machine every 100,000 instructions`, command, [
    "--restart-every",
    "100000",
  ]);
}
