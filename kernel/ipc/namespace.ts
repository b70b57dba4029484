/**
 * An IPC namespace: the System V objects that its tasks see. Each kind of object has its own table here.
 *
 * Source: `include/linux/ipc_namespace.h`; ipc_namespaces(7).
 */

import type { Cloning } from "../fs/cloning.ts";

/** The System V objects of a namespace. */
export class IpcNamespace {
  /** The same objects in a machine's clone. */
  clone(cloning: Cloning): IpcNamespace {
    return cloning.once(this, () => new IpcNamespace());
  }
}
