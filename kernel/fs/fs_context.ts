/** Where a task stands in the tree, Linux's `fs_struct`; tasks may share one (CLONE_FS). */

import type { Cloning } from "./cloning.ts";
import type { Place } from "./mount.ts";

/** A task's current directory, root and umask. */
export class FsContext {
  /** Where `/` leads: chroot(2). */
  root: Place;
  /** Where a relative path begins: chdir(2). */
  cwd: Place;
  /** Permission bits that new files do not get: umask(2), 0 … 0o777. */
  umask: number;

  /** `umask`: default 0o022. */
  constructor(parts: { readonly root: Place; readonly cwd: Place; readonly umask?: number }) {
    this.root = parts.root;
    this.cwd = parts.cwd;
    this.umask = parts.umask ?? 0o022;
  }

  /** The context of a child: begins equal, goes its own way. */
  fork(): FsContext {
    return new FsContext(this);
  }

  /** The context of a machine's clone. */
  clone(cloning: Cloning): FsContext {
    return cloning.once(this, () =>
      new FsContext({
        root: this.root.clone(cloning),
        cwd: this.cwd.clone(cloning),
        umask: this.umask,
      }));
  }
}
