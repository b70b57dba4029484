/** Runs the tasks of deno.json as a user does, with the permissions that they have there. */

/** What a task printed, and how it ended. */
export interface TaskResult {
  /** Exit status. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error, without colours and without what downloads print. */
  readonly stderr: string;
}

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** Runs `deno task NAME ARGS…`, with `input` on standard input. */
export async function runTask(
  name: string,
  args: readonly string[],
  input: string | Uint8Array = "",
): Promise<TaskResult> {
  const child = new Deno.Command("deno", {
    args: ["task", "--quiet", name, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const writer = child.stdin.getWriter();
  // The task may end without reading.
  await writer.write(bytes).then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const decode = (part: Uint8Array) => new TextDecoder().decode(part);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** Calls `use` with a folder that is removed afterwards. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
