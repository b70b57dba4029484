/**
 * inotify_init1(2), inotify_add_watch(2), inotify_rm_watch(2).
 *
 * Source: `fs/notify/inotify/inotify_user.c`.
 */

import { EINVAL, EMFILE, ENOTDIR, SystemError } from "../abi/errno.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY } from "../abi/fcntl.ts";
import {
  IN_DONT_FOLLOW,
  IN_INIT_FLAGS,
  IN_MASK_ADD,
  IN_MASK_CREATE,
  IN_ONLYDIR,
  IN_WATCH_BITS,
  INOTIFY_INSTANCES_MAX,
} from "../abi/inotify.ts";
import { InotifyFile } from "../fs/inotify.ts";
import { DirectoryInode } from "../fs/inode.ts";
import { OpenFile } from "../fs/open_file.ts";
import { resolvePath } from "../fs/path.ts";
import { MAY_READ, requirePermission } from "../fs/permissions.ts";
import { int, unsignedInt } from "./arguments.ts";
import {
  contextFrom,
  file,
  install,
  path,
  requireDescriptor,
  requireFlags,
} from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

function inotifyInit1(call: Call): number {
  const flags = int(call, 0);
  requireFlags(flags, IN_INIT_FLAGS);
  const owner = call.task.credentials.euid;
  if (instancesOf(call, owner) >= INOTIFY_INSTANCES_MAX) throw new SystemError(EMFILE);
  requireDescriptor(call);
  const object = new InotifyFile(owner);
  const parts = { object, place: null, flags: O_RDONLY | (flags & O_NONBLOCK) };
  return install(call, new OpenFile(parts), (flags & O_CLOEXEC) !== 0);
}

/** How many instances the processes have open that a user has made. */
function instancesOf({ kernel }: Call, owner: number): number {
  const found = new Set<InotifyFile>();
  for (const { files } of kernel.tasks.all) {
    for (const [, { file: { object } }] of files.entries()) {
      if (object instanceof InotifyFile && object.owner === owner) found.add(object);
    }
  }
  return found.size;
}

/** The instance behind the descriptor at argument 0. Throws EBADF, EINVAL. */
function instance(call: Call): InotifyFile {
  const { object } = file(call, 0);
  if (!(object instanceof InotifyFile)) throw new SystemError(EINVAL);
  return object;
}

function inotifyAddWatch(call: Call): number {
  const { task: { credentials, fs } } = call;
  const mask = unsignedInt(call, 2);
  const has = (flag: number) => (mask & flag) !== 0;
  if (mask === 0 || (mask & ~IN_WATCH_BITS) !== 0) throw new SystemError(EINVAL);
  const { object } = file(call, 0);
  if (has(IN_MASK_ADD) && has(IN_MASK_CREATE)) throw new SystemError(EINVAL);
  if (!(object instanceof InotifyFile)) throw new SystemError(EINVAL);
  const name = path(call, 1);
  const place = resolvePath(contextFrom(call, fs.cwd), name, { follow: !has(IN_DONT_FOLLOW) });
  if (has(IN_ONLYDIR) && !(place.inode instanceof DirectoryInode)) throw new SystemError(ENOTDIR);
  requirePermission(place, credentials, MAY_READ);
  return object.add(place.inode, mask);
}

function inotifyRmWatch(call: Call): number {
  instance(call).remove(int(call, 1));
  return 0;
}

/** System calls of inotify, by number. */
export const inotifyCalls: SystemCallGroup = {
  26: { name: "inotify_init1", call: inotifyInit1, args: ["flags"] },
  27: { name: "inotify_add_watch", call: inotifyAddWatch, args: ["fd", "pathname", "mask"] },
  28: { name: "inotify_rm_watch", call: inotifyRmWatch, args: ["fd", "wd"] },
};
