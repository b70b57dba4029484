/** A machine with files and a guest in it, for tests of checkpoint and restart. */
import { guests } from "../../../scenarios/programs/mod.ts";
import { Kernel } from "../../kernel.ts";
import type { SpawnOptions } from "../../program.ts";
import type { Task } from "../../task.ts";

/** Instructions after which `ckpt` has said hello and loops. */
const INSTRUCTIONS_TO_LOOP = 2000;

/** A machine without tasks, with the guests and some files. */
export function makeWorld(): Kernel {
  const kernel = new Kernel({ seed: 7, framesMax: 65536 });
  const { fileSystem } = kernel;
  fileSystem.writeFile("/bin/ckpt", guests.ckpt.bytes(), 0o755);
  fileSystem.writeFile("/bin/rstr", guests.rstr.bytes(), 0o755);
  fileSystem.writeFile("/tmp/a", new Uint8Array(10_000).map((_, i) => i));
  fileSystem.writeFile("/tmp/b", new TextEncoder().encode("some text\n"), 0o666);
  fileSystem.writeFile("/tmp/private", new Uint8Array(100), 0o600);
  fileSystem.writeFile("/tmp/\u00e4 name", new Uint8Array(3));
  fileSystem.makeSymlink("/tmp/b", "/tmp/link");
  fileSystem.makeDirectory("/tmp/dir", { mode: 0o755 });
  return kernel;
}

/** Starts `ckpt` and lets it run until it loops for ever. What it says and saves is thrown away. */
export function startLooping(kernel: Kernel, options: Partial<SpawnOptions> = {}): Task {
  const task = kernel.spawn({ path: "/bin/ckpt", ...options });
  kernel.run({ instructions: INSTRUCTIONS_TO_LOOP });
  for (const stream of kernel.streams) stream.takeOutput();
  return task;
}

/** What a refused restart must leave as it was, as text. */
export function fingerprint(kernel: Kernel): string {
  const { memory, tasks, clock, entropy, scheduler, fileSystem, streams } = kernel;
  const opens = ["/bin/ckpt", "/tmp/a", "/tmp/b", "/tmp/dir", "/dev/null", "/"].map((path) => {
    if (!fileSystem.exists(path)) return `${path} is gone`;
    const { inode } = fileSystem.resolve(path);
    return `${path} ${inode.opens} ${inode.atime_ns} ${inode.ctime_ns}`;
  });
  return [
    `${memory.framesInUse} frames`,
    `tasks ${tasks.all.map(({ pid, comm, state }) => `${pid} ${comm} ${state}`)}`,
    `last pid ${tasks.lastPid}`,
    `${scheduler.queue.length} runnable`,
    `${clock.instructions} + ${clock.idle_ns} ns`,
    `entropy ${entropy.state}`,
    `${kernel.checkpointCounter} checkpoints`,
    `streams ${streams.map(({ pending, bytesWritten }) => `${pending} ${bytesWritten}`)}`,
    ...opens,
  ].join("\n");
}
