/**
 * /proc/PID/fd and /proc/PID/fdinfo: a task's descriptors as links to the open things themselves, and what
 * is known of each.
 *
 * Source: `fs/proc/fd.c`; proc_pid_fd(5), proc_pid_fdinfo(5).
 */

import { ENOENT, SystemError } from "../../abi/errno.ts";
import { O_CLOEXEC } from "../../abi/fcntl.ts";
import type { Kernel } from "../../kernel.ts";
import type { Task } from "../../task.ts";
import { Entry } from "../entry.ts";
import { Place } from "../mount.ts";
import type { FileObject } from "../file_object.ts";
import { NamelessObject } from "../nameless_object.ts";
import type { OpenFile } from "../open_file.ts";
import { numberOf, type ProcDirectoryNode, type ProcListing } from "./node.ts";
import { requireAccess, shownFile } from "./process.ts";
import type { Procfs } from "./procfs.ts";

/** Descriptors are listed behind `.` and `..`. */
const FIRST_COOKIE = 2;

/** The links. */
export function descriptorLinks(kernel: Kernel, proc: Procfs, task: Task): ProcDirectoryNode {
  return {
    kind: "directory",
    mode: 0o500,
    task,
    lookup(name) {
      const fd = numberOf(name);
      if (!task.files.has(fd)) return null;
      const need = () => {
        requireAccess(kernel, task);
        return needFile(task, fd);
      };
      const { readable, writable, namesOnly } = task.files.getAny(fd);
      return {
        kind: "link",
        mode: namesOnly ? 0o000 : (readable ? 0o500 : 0) | (writable ? 0o300 : 0),
        task,
        target: () => shownFile(kernel, need()),
        follow: () => placeOf(kernel, proc, need()),
      };
    },
    list: () => listing(task),
  };
}

/** The texts. */
export function descriptorTexts(task: Task): ProcDirectoryNode {
  return {
    kind: "directory",
    mode: 0o555,
    task,
    lookup(name) {
      const fd = numberOf(name);
      if (!task.files.has(fd)) return null;
      return { kind: "file", mode: 0o444, task, read: () => informationOf(task, fd) };
    },
    list: () => listing(task),
  };
}

function listing({ files }: Task): ProcListing[] {
  return files.entries().map(([fd]) => ({ name: String(fd), cookie: FIRST_COOKIE + fd }));
}

function needFile({ files }: Task, fd: number): OpenFile {
  if (!files.has(fd)) throw new SystemError(ENOENT);
  return files.getAny(fd);
}

/** Where the thing is; what has no name gets a place that leads to nothing else. */
function placeOf(kernel: Kernel, proc: Procfs, { place, object }: OpenFile): Place {
  return place ?? namelessPlace(kernel, proc, object);
}

/** A place that leads to something without a name, and to nothing else. */
export function namelessPlace(kernel: Kernel, proc: Procfs, object: FileObject): Place {
  const { mount, entry } = kernel.fileSystem.memoryRoot;
  const inode = new NamelessObject(proc, object);
  return new Place(mount, Entry.nameless(inode, object.description, entry));
}

function informationOf(task: Task, fd: number): string {
  const file = needFile(task, fd);
  const { closeOnExec } = task.files.descriptor(fd);
  const flags = file.flags | (closeOnExec ? O_CLOEXEC : 0);
  return [
    `pos:\t${file.offset}`,
    `flags:\t0${flags.toString(8)}`,
    `mnt_id:\t${file.place?.mount.id ?? 0}`,
    `ino:\t${file.attributes().ino}`,
    ...file.object.information,
    "",
  ].join("\n");
}
