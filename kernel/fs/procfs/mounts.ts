/**
 * /proc/PID/mounts and mountinfo: what is mounted under the task's root.
 *
 * Source: `fs/proc_namespace.c`; proc_pid_mounts(5), proc_pid_mountinfo(5).
 */

import { majorOf, minorOf } from "../../abi/stat.ts";
import type { Kernel } from "../../kernel.ts";
import type { Task } from "../../task.ts";
import { type Mount, Place } from "../mount.ts";
import { escaped } from "./format.ts";

/** What must not stand in a field of a line. */
const SEPARATORS = " \t\\#";

/** A mount that the task can reach, and the path of it from the task's root. */
interface SeenMount {
  readonly mount: Mount;
  readonly path: string;
}

/** A line for each mount, as mount(8) shows them. */
export function mountsText(kernel: Kernel, task: Task): string {
  return seenBy(kernel, task).map(({ mount, path }) => {
    const { type } = mount.superblock;
    const isReadOnly = mount.readOnly || mount.superblock.readOnly;
    const options = `${isReadOnly ? "ro" : "rw"}${timeOption(mount)}`;
    return `${type} ${escaped(path, SEPARATORS)} ${type} ${options} 0 0\n`;
  }).join("");
}

/** A line for each mount, with its place among the mounts. */
export function mountInfoText(kernel: Kernel, task: Task): string {
  return seenBy(kernel, task).map(({ mount, path }) => {
    const { type, device, readOnly } = mount.superblock;
    const parent = mount.place?.mount.id ?? mount.id;
    const root = new Place(mount, mount.root).pathFrom(new Place(mount, rootEntryOf(mount))).path;
    return [
      mount.id,
      parent,
      `${majorOf(device)}:${minorOf(device)}`,
      escaped(root, SEPARATORS),
      escaped(path, SEPARATORS),
      `${mount.readOnly ? "ro" : "rw"}${timeOption(mount)}`,
      "-",
      type,
      type,
      readOnly ? "ro" : "rw",
    ].join(" ") + "\n";
  }).join("");
}

/** The entry of the file system's root, of which the mount may show a part. */
function rootEntryOf({ root }: Mount) {
  let entry = root;
  while (entry.parent !== null) entry = entry.parent;
  return entry;
}

function timeOption({ superblock }: Mount): string {
  return superblock.keepsTimes ? ",relatime" : "";
}

function seenBy({ fileSystem }: Kernel, { fs, isAlive }: Task): SeenMount[] {
  if (!isAlive) return [];
  return fileSystem.mounts.all.flatMap((mount) => {
    const { path, reachable } = new Place(mount, mount.root).pathFrom(fs.root);
    return reachable || fs.root.mount === mount ? [{ mount, path }] : [];
  });
}
