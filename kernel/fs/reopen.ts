/** How a restart opens files that have names: as the caller may, and without following a link. */
import {
  EACCES,
  EBUSY,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  EXDEV,
  SystemError,
} from "../abi/errno.ts";
import { O_DIRECTORY, O_PATH, O_TMPFILE_BIT } from "../abi/fcntl.ts";
import { defineCheck } from "../checkpoint/check.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { RecordValue } from "../checkpoint/schema.ts";
import { FifoInode } from "./fifo.ts";
import { Entry } from "./entry.ts";
import { Place } from "./mount.ts";
import { MemoryFile } from "./memory_file.ts";
import { accessOf, checkFlags, openFile, requireOpenable } from "./open.ts";
import { OpenFile } from "./open_file.ts";
import type { FILE, FILE_NAME } from "./open_file_state.ts";
import { MAY_EXECUTE, MAY_READ, MAY_WRITE, requirePermission } from "./permissions.ts";
import { endOf } from "./pipe.ts";
import { planPipe } from "./pipe_state.ts";
import { ProcFile, ProcText } from "./procfs/inodes.ts";
import { Tmpfs, TmpfsDirectory } from "./tmpfs.ts";
import { planUnlinked } from "./unlinked_state.ts";

const OPENS = defineCheck(
  "FILE_NAME.path/opens",
  EACCES,
  "a file that the caller may open as it was",
);
const FIFO_FREE = defineCheck("FILE_NAME.path/fifo", EBUSY, "a FIFO that nobody has open");
/** A file of another type stands there. */
export const SAME_TYPE = defineCheck("FILE.f_type/same", EINVAL, "the kind of file that it was");

type FileRecord = RecordValue<typeof FILE>;
type NameRecord = RecordValue<typeof FILE_NAME>;

/** Opens the file of a name again. */
export function reopen(context: RestartContext, is: FileRecord, name: NameRecord): OpenFile {
  if (is.f_type === "UNLINKED") return reopenUnlinked(context, is, name);
  // Finding the place first makes sure that no link is followed, which would leave a trace.
  const place = context.findPlace(name, is.f_type === "DIRECTORY" ? "directory" : "file");
  if (is.f_type === "FIFO") return reopenFifo(context, is, name, place);
  return attempt(
    context,
    name,
    () =>
      context.awaited.has(place)
        ? openAwaited(context, place, checkFlags(is.f_flags))
        : openFile(context.openContext, name.path, is.f_flags),
  );
}

/** A file or a directory of a process that is yet to come. */
function openAwaited(context: RestartContext, place: Place, flags: number): OpenFile {
  const { inode } = place;
  const isText = inode instanceof ProcFile && (flags & O_PATH) === 0;
  const file = new OpenFile({ object: isText ? new ProcText(inode) : inode, place, flags });
  context.awaited.ask(place, (node) => {
    requireOpenable(context.openContext, place, flags);
    const takesText = node.kind !== "file" || node.write !== undefined;
    if (file.writable && !takesText) throw new SystemError(EACCES);
  });
  return file;
}

/**
 * A file without a name, in the directory in which it had one and the caller may make files. If that is gone
 * too, nothing but its name is left of it.
 */
function reopenUnlinked(context: RestartContext, is: FileRecord, name: NameRecord): OpenFile {
  const slash = name.path.lastIndexOf("/");
  const directory = { ...name, path: name.path.slice(0, slash) };
  const { at: parent, rest } = context.findDeepest(directory);
  return attempt(context, name, () => {
    requirePermission(parent, context.credentials, MAY_WRITE | MAY_EXECUTE);
    if (!(parent.inode instanceof TmpfsDirectory)) throw new SystemError(EXDEV);
    if (name.path === "/") throw new SystemError(EISDIR);
    const inode = planUnlinked(context, is.i_objref, parent.inode.superblock);
    const flags = checkFlags(is.f_flags);
    const isDirectory = inode instanceof TmpfsDirectory;
    if (isDirectory && accessOf(flags).write) throw new SystemError(EISDIR);
    const mustBeDirectory = (flags & (O_DIRECTORY | O_TMPFILE_BIT)) === O_DIRECTORY;
    if (!isDirectory && mustBeDirectory) throw new SystemError(ENOTDIR);
    if (isDirectory && rest.length > 0) throw new SystemError(ENOENT);
    const above = rest.reduce((entry, part) => nothingCalled(part, entry), parent.entry);
    const entry = Entry.nameless(inode, name.path.slice(slash + 1), above);
    return new OpenFile({ object: inode, place: new Place(parent.mount, entry), flags });
  });
}

/** A directory that was removed, which nobody can reach from the file that was in it. */
function nothingCalled(name: string, parent: Entry): Entry {
  const { superblock } = parent.inode;
  if (!(superblock instanceof Tmpfs)) throw new SystemError(EXDEV);
  return Entry.nameless(superblock.restoreNameless({ ...parent.inode, nlink: 0 }), name, parent);
}

/** Memory that can be shared, made again once for all who have it open. */
export function reopenMemory(context: RestartContext, is: FileRecord): OpenFile {
  const { memoryRoot } = context.fileSystem;
  const { superblock } = memoryRoot.inode;
  if (!(superblock instanceof Tmpfs)) throw new TypeError("Memory lies in a tmpfs");
  const inode = planUnlinked(context, is.i_objref, superblock, true);
  if (!(inode instanceof MemoryFile)) throw new TypeError("What is planned as memory is memory");
  return new OpenFile({
    object: inode,
    place: inode.placeUnder(memoryRoot),
    flags: is.f_flags & ~(O_DIRECTORY | O_TMPFILE_BIT),
  });
}

/** An end of a FIFO, which nobody else may have open: what is in it can only be in one place. */
function reopenFifo(
  context: RestartContext,
  is: FileRecord,
  name: NameRecord,
  place: Place,
): OpenFile {
  const { inode } = place;
  if (!(inode instanceof FifoInode)) context.refuse(SAME_TYPE, is, "f_type", inode.kind);
  const access = accessOf(is.f_flags);
  attempt(context, name, () => {
    const wanted = (access.read ? MAY_READ : 0) | (access.write ? MAY_WRITE : 0);
    requirePermission(place, context.credentials, wanted);
  });
  if (inode.pipe !== null) {
    context.refuse(FIFO_FREE, name, "path", `${JSON.stringify(name.path)}, which is open`);
  }
  const pipe = planPipe(context, is.f_objref);
  context.onCommit(() => pipe.settle(inode));
  return new OpenFile({ object: endOf(pipe, access), place, flags: is.f_flags });
}

/** Does what a program could do; its error is the refusal's. */
function attempt<T>(context: RestartContext, name: NameRecord, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const found = `${JSON.stringify(name.path)}: ${error.message}`;
    context.refuse(OPENS, name, "path", found, { errno: error.errno });
  }
}
