/**
 * /proc/PID/mounts and mountinfo: what is mounted under the task's root.
 *
 * Source: `fs/proc_namespace.c`; proc_pid_mounts(5), proc_pid_mountinfo(5).
 */

import {
  majorOf,
  minorOf,
  ST_NOATIME,
  ST_NODEV,
  ST_NODIRATIME,
  ST_NOEXEC,
  ST_NOSUID,
  ST_NOSYMFOLLOW,
  ST_RELATIME,
} from "../../abi/stat.ts";
import type { Kernel } from "../../kernel.ts";
import { namespacesOf } from "../../namespaces.ts";
import type { Task } from "../../task.ts";
import { type Mount, Place } from "../mount.ts";
import { escaped } from "./format.ts";

/** What must not stand in a path of a line. */
const SEPARATORS = " \t\n\\";
/** What must not stand in the name of a source, with which the line begins: not what begins a comment. */
const SOURCE_SEPARATORS = `${SEPARATORS}#`;
/** What a mount allows, by the words for it in the order in which they are shown. */
const OPTIONS: readonly (readonly [flag: number, name: string])[] = [
  [ST_NOSUID, "nosuid"],
  [ST_NODEV, "nodev"],
  [ST_NOEXEC, "noexec"],
  [ST_NOATIME, "noatime"],
  [ST_NODIRATIME, "nodiratime"],
  [ST_RELATIME, "relatime"],
  [ST_NOSYMFOLLOW, "nosymfollow"],
];

/** A mount that the task can reach, and the path of it from the task's root. */
interface SeenMount {
  readonly mount: Mount;
  readonly path: string;
}

/** A line for each mount, as mount(8) shows them. */
export function mountsText(kernel: Kernel, task: Task): string {
  return seenBy(kernel, task).map(({ mount, path }) => {
    const { type, readOnly, options } = mount.superblock;
    const all = accessOption(mount.readOnly || readOnly) + mountOptions(mount) + options;
    const source = escaped(mount.source, SOURCE_SEPARATORS);
    return `${source} ${escaped(path, SEPARATORS)} ${type} ${all} 0 0\n`;
  }).join("");
}

/** A line for each mount, with its place among the mounts. */
export function mountInfoText(kernel: Kernel, task: Task): string {
  return seenBy(kernel, task).map(({ mount, path }) => {
    const { type, device, readOnly, options } = mount.superblock;
    const parent = mount.place?.mount.id ?? mount.id;
    const root = mount.root.path + (mount.root.deleted ? "//deleted" : "");
    return [
      mount.id,
      parent,
      `${majorOf(device)}:${minorOf(device)}`,
      escaped(root, SEPARATORS),
      escaped(path, SEPARATORS),
      accessOption(mount.readOnly) + mountOptions(mount),
      ...(mount.isUnbindable ? ["unbindable"] : []),
      "-",
      type,
      escaped(mount.source, SOURCE_SEPARATORS),
      accessOption(readOnly) + options,
    ].join(" ") + "\n";
  }).join("");
}

function accessOption(isReadOnly: boolean): string {
  return isReadOnly ? "ro" : "rw";
}

function mountOptions(mount: Mount): string {
  return OPTIONS.flatMap(([flag, name]) => mount.has(flag) ? [`,${name}`] : []).join("");
}

function seenBy(kernel: Kernel, task: Task): SeenMount[] {
  if (!task.isAlive) return [];
  return namespacesOf(kernel, task).mnt.all.flatMap((mount) => {
    const { path, reachable } = new Place(mount, mount.root).pathFrom(task.fs.root);
    return reachable ? [{ mount, path }] : [];
  });
}
