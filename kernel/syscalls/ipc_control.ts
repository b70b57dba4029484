/** What msgctl(2) and semctl(2) have in common. */

import { NSEC_PER_SEC } from "../abi/time.ts";
import { IPC_PERM_BYTES } from "../abi/ipc.ts";
import type { IpcNamespace } from "../ipc/namespace.ts";
import { type IpcObject, permissionBytes } from "../ipc/table.ts";
import { namespacesOf } from "../namespaces.ts";
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
export function statusOf(object: IpcObject, bytes: number): DataView<ArrayBuffer> {
  const status = new Uint8Array(bytes);
  status.set(permissionBytes(object).subarray(0, IPC_PERM_BYTES));
  return new DataView(status.buffer);
}

/** The object at a place of a table, as the commands *_STAT name it. */
export function atPlace<T extends IpcObject>(objects: readonly T[], place: number): T | undefined {
  return objects.find(({ id }) => id % 2 ** 15 === place);
}
