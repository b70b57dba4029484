/** What msgctl(2), semctl(2) and shmctl(2) have in common. */

import { EINVAL, SystemError } from "../abi/errno.ts";
import { NSEC_PER_SEC } from "../abi/time.ts";
import { IPC_PERM_BYTES } from "../abi/ipc.ts";
import type { IpcNamespace } from "../ipc/namespace.ts";
import {
  type ChosenOwnership,
  type IpcObject,
  permissionBytes,
  readPermission,
} from "../ipc/table.ts";
import { namespacesOf } from "../namespaces.ts";
import { idMeantBy, idSeenBy } from "../user_namespace.ts";
import type { Call } from "./group.ts";

/** Seconds of CLOCK_REALTIME. */
export function nowSeconds({ kernel }: Call): bigint {
  return kernel.clock.realtime_ns / NSEC_PER_SEC;
}

/** The IPC objects that the caller sees. */
export function ipcOf({ kernel, task }: Call): IpcNamespace {
  return namespacesOf(kernel, task).ipc;
}

/** A structure that begins with an object's `ipc64_perm`, and a view of what is to follow. */
export function statusOf(call: Call, object: IpcObject, bytes: number): DataView<ArrayBuffer> {
  const { credentials } = call.task;
  const status = new Uint8Array(bytes);
  status.set(permissionBytes(object).subarray(0, IPC_PERM_BYTES));
  const view = new DataView(status.buffer);
  // Owner and maker, as the caller knows them.
  for (const [kind, ...places] of [["uid", 4, 12], ["gid", 8, 16]] as const) {
    for (const at of places) {
      view.setUint32(at, idSeenBy(credentials, kind, view.getUint32(at, true)), true);
    }
  }
  return view;
}

/** What IPC_SET takes from a `struct ipc64_perm` of the caller's. Throws EINVAL for ids that are none. */
export function ownershipIn({ task: { credentials } }: Call, bytes: Uint8Array): ChosenOwnership {
  const { uid, gid, mode } = readPermission(bytes);
  return {
    uid: idMeantBy(credentials, "uid", uid),
    gid: idMeantBy(credentials, "gid", gid),
    mode,
  };
}

/** The object at a place of a table, as the commands *_STAT name it. Throws SystemError(EINVAL) for none. */
export function atPlace<T extends IpcObject>(objects: readonly T[], place: number): T {
  const found = objects.find(({ id }) => id % 2 ** 15 === place);
  if (found === undefined) throw new SystemError(EINVAL);
  return found;
}
