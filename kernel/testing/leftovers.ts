/** What is still there of programs that have all ended, and should not be. */

import { S_IFDIR } from "../abi/stat.ts";
import { DirectoryInode, type Inode } from "../fs/inode.ts";
import type { Kernel } from "../kernel.ts";

/** What a machine without tasks holds all the same; no more than before there were any when all is as it should be. */
export function leftovers(kernel: Kernel): readonly string[] {
  const { tasks, scheduler, timers, network, fileSystem, ipc } = kernel;
  const { sockets } = network;
  const counts: Readonly<Record<string, number>> = {
    tasks: tasks.size,
    "runnable tasks": scheduler.queue.length,
    deadlines: scheduler.deadline_ns === null ? 0 : 1,
    timers: timers.deadline_ns === null ? 0 : 1,
    sockets: sockets.open.length,
    "sockets in flight": sockets.inFlight,
    "open message queues": [...ipc.mqueues.queues].filter(({ opens }) => opens > 0).length,
    "mount namespaces": fileSystem.mountTable.namespaces.size - 1,
    "mounts out of sight": fileSystem.mountTable.detached.size,
    terminals: fileSystem.devpts.terminals.length,
  };
  const left = Object.entries(counts).flatMap(([name, count]) =>
    count === 0 ? [] : [`${count} ${name}`]
  );
  return [...left, ...openInodes(fileSystem.root.inode)];
}

/** Inodes in memory that somebody seems to have open. */
function openInodes(root: Inode): string[] {
  const found: string[] = [];
  const [seen, left] = [new Set([root]), [root]];
  for (let inode = left.pop(); inode !== undefined; inode = left.pop()) {
    if (inode.opens !== 0) found.push(`inode ${inode.ino} opened ${inode.opens} times`);
    if (!(inode instanceof DirectoryInode) || inode.type !== S_IFDIR) continue;
    for (const { name } of inode.list(0, Number.MAX_SAFE_INTEGER)) {
      const inside = inode.lookup(name);
      if (inside === null || seen.has(inside)) continue;
      seen.add(inside);
      left.push(inside);
    }
  }
  return found;
}
