/** How a task's current directory, root and umask are saved and found again. */
import { CAP_SYS_CHROOT } from "../abi/capability.ts";
import { ENOTDIR, EPERM, SystemError } from "../abi/errno.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, objectKind, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import { padding, record, type RecordValue, u32 } from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { FsContext } from "./fs_context.ts";
import { DirectoryInode } from "./inode.ts";
import type { Place } from "./mount.ts";
import { FILE_NAME } from "./open_file_state.ts";
import { MAY_EXECUTE, requirePermission } from "./permissions.ts";

const IS_DIRECTORY = defineCheck(
  "FS.directory/enters",
  ENOTDIR,
  "a directory that the caller may enter",
);
const ROOT_ALLOWED = defineCheck("FS.root/allowed", EPERM, "the caller's root directory");

const UMASK_MAX = 0o777;

/** Where a task stands in the tree. */
export const FS = record("FS", CKPT_HDR.FS, {
  doc: "Where a task stands in the tree; the paths of its root and its current directory follow.",
  fields: {
    umask: u32({
      doc: "permission bits that new files do not get",
      max: UMASK_MAX,
      show: "octal",
    }),
    _pad: padding(4),
  },
});

/** The FS object. */
export const fsKind = objectKind(
  "FS",
  group("fs", "Root, current directory and umask", {
    is: FS,
    root: FILE_NAME,
    cwd: FILE_NAME,
  }),
);

/** Saves where a task stands, at first sight. */
export function saveFsContext(context: SaveContext, fs: FsContext): number {
  return context.share(fsKind, fs, (): TreeOf<typeof fsKind.body> => ({
    is: { umask: fs.umask },
    root: { path: context.within("root", () => context.pathOf(fs.root)) },
    cwd: { path: context.within("cwd", () => context.pathOf(fs.cwd)) },
  }));
}

/** Finds where a task stood. */
export function planFsContext(context: RestartContext, objref: number): FsContext {
  return context.once(objref, () => {
    const { is, root, cwd } = context.object(fsKind, objref);
    const rootPlace = enterDirectory(context, root);
    if (!context.mayDo(CAP_SYS_CHROOT)) {
      const isSame = rootPlace.equals(context.root);
      if (!isSame) context.refuse(ROOT_ALLOWED, root, "path", JSON.stringify(root.path));
    }
    return new FsContext({ root: rootPlace, cwd: enterDirectory(context, cwd), umask: is.umask });
  });
}

function enterDirectory(context: RestartContext, name: RecordValue<typeof FILE_NAME>): Place {
  const place = context.findPlace(name);
  const requireSearch = () => requirePermission(place, context.credentials, MAY_EXECUTE);
  try {
    if (!(place.inode instanceof DirectoryInode)) throw new SystemError(ENOTDIR);
    if (context.awaited.has(place)) context.awaited.ask(place, requireSearch);
    else requireSearch();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const found = `${JSON.stringify(name.path)}: ${error.message}`;
    context.refuse(IS_DIRECTORY, name, "path", found, { errno: error.errno });
  }
  return place;
}
