/**
 * /proc/sysvipc: the System V objects of the reader's IPC namespace, one a line, as ipcs(1) reads them.
 *
 * Source: `ipc/util.c` (`sysvipc_proc_show`), `ipc/{msg,sem,shm}.c`; proc_sysvipc(5).
 */

import type { IpcNamespace } from "../../ipc/namespace.ts";
import type { IpcObject } from "../../ipc/table.ts";
import type { Kernel } from "../../kernel.ts";
import { namespacesOf } from "../../namespaces.ts";
import { numberSeenBy } from "../../pid_namespace.ts";
import type { Task } from "../../task.ts";
import { idSeenBy } from "../../user_namespace.ts";
import { directory, file, type ProcDirectoryNode, type ProcFileNode } from "./node.ts";

/** A column: its name, how wide it is, and what stands in front of it. */
type Column = readonly [name: string, width: number, before?: string];

const TIME_WIDTH = 10;
const SIZE_WIDTH = 21;
const OWNERS: readonly Column[] = ["uid", "gid", "cuid", "cgid"].map((name) => [name, 5]);

const MESSAGE_COLUMNS: readonly Column[] = [
  ["key", 10],
  ["msqid", 10],
  ["perms", 4, " "],
  ["cbytes", 10, " "],
  ["qnum", 10],
  ["lspid", 5],
  ["lrpid", 5],
  ...OWNERS,
  ["stime", TIME_WIDTH],
  ["rtime", TIME_WIDTH],
  ["ctime", TIME_WIDTH],
];
const SEMAPHORE_COLUMNS: readonly Column[] = [
  ["key", 10],
  ["semid", 10],
  ["perms", 4, " "],
  ["nsems", 10],
  ...OWNERS,
  ["otime", TIME_WIDTH],
  ["ctime", TIME_WIDTH],
];
const SEGMENT_COLUMNS: readonly Column[] = [
  ["key", 10],
  ["shmid", 10],
  ["perms", 4, " "],
  ["size", SIZE_WIDTH],
  ["cpid", 5],
  ["lpid", 5],
  ["nattch", 5, " "],
  ...OWNERS,
  ["atime", TIME_WIDTH],
  ["dtime", TIME_WIDTH],
  ["ctime", TIME_WIDTH],
  ["rss", SIZE_WIDTH],
  ["swap", SIZE_WIDTH],
];

/** The values of a line. */
type Line = readonly (string | number | bigint)[];

/** Who reads, and what he sees. */
interface Reader {
  readonly task: Task | null;
  readonly ipc: IpcNamespace;
}

/** The directory. */
export function sysvipcNode(kernel: Kernel): ProcDirectoryNode {
  const table = (columns: readonly Column[], lines: (reader: Reader) => readonly Line[]) =>
    tableNode(kernel, columns, lines);
  return directory({
    msg: table(MESSAGE_COLUMNS, (reader) =>
      reader.ipc.messageQueues.all.map((queue) => [
        ...head(queue),
        queue.bytes,
        queue.messages.length,
        pidFor(reader, queue.lastSender),
        pidFor(reader, queue.lastReceiver),
        ...owners(reader, queue),
        queue.sent_s,
        queue.received_s,
        queue.changed_s,
      ])),
    sem: table(SEMAPHORE_COLUMNS, (reader) =>
      reader.ipc.semaphores.all.map((set) => [
        ...head(set),
        set.semaphores.length,
        ...owners(reader, set),
        set.operated_s,
        set.changed_s,
      ])),
    shm: table(SEGMENT_COLUMNS, (reader) =>
      reader.ipc.segments.all.map((segment) => [
        ...head(segment),
        segment.memory.size,
        pidFor(reader, segment.creator),
        pidFor(reader, segment.lastProcess),
        segment.mappings,
        ...owners(reader, segment),
        segment.attached_s,
        segment.detached_s,
        segment.changed_s,
        segment.memory.blocks * 512,
        0,
      ])),
  });
}

function tableNode(
  kernel: Kernel,
  columns: readonly Column[],
  lines: (reader: Reader) => readonly Line[],
): ProcFileNode {
  return file(() => {
    const task = kernel.scheduler.current ?? null;
    const ipc = task === null ? kernel.ipc : namespacesOf(kernel, task).ipc;
    // The names of the columns are as wide as Linux has typed them.
    const names = columns.map(([name, width, before = ""]) => name.padStart(width + before.length));
    const rows = lines({ task, ipc }).map((line) =>
      line.map((value, i) => {
        const [, width = 0, before = ""] = columns[i] ?? [];
        return before + String(value).padStart(width);
      })
    );
    return [names, ...rows].map((row) => `${row.join(" ")}\n`).join("");
  });
}

function head({ key, id, mode }: IpcObject): Line {
  return [key, id, mode.toString(8)];
}

function owners({ task }: Reader, { uid, gid, cuid, cgid }: IpcObject): Line {
  const seen = (kind: "uid" | "gid", id: number) =>
    task === null ? id : idSeenBy(task.credentials, kind, id);
  return [seen("uid", uid), seen("gid", gid), seen("uid", cuid), seen("gid", cgid)];
}

function pidFor({ task }: Reader, pid: number): number {
  return task === null ? pid : numberSeenBy(task, pid);
}
