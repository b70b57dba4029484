// Do identifiers, keys and permissions of System V IPC follow Linux's rules?

import { assertEquals, assertThrows } from "../../std_assert.ts";
import { EACCES, EEXIST, EINVAL, ENOENT, ENOSPC, EPERM, SystemError } from "../abi/errno.ts";
import { IPC_CREAT, IPC_EXCL, IPC_PRIVATE } from "../abi/ipc.ts";
import { Credentials } from "../credentials.ts";
import { IpcObject, type IpcOwnership, IpcTable, permissionBytes } from "./table.ts";

class Thing extends IpcObject {
  override clone(): Thing {
    return new Thing(this.id, this);
  }
}

const things = { make: (id: number, ownership: IpcOwnership) => new Thing(id, ownership) };
const root = new Credentials();

function obtain(table: IpcTable<Thing>, key: number, flags: number, credentials = root): number {
  return table.obtain({ key, flags, credentials }, things);
}

function refuses(errno: number, act: () => unknown): void {
  assertEquals(assertThrows(act, SystemError).errno, errno);
}

Deno.test("a key leads to its object, IPC_PRIVATE always to a new one", () => {
  const table = new IpcTable<Thing>();
  refuses(ENOENT, () => obtain(table, 7, 0o600));
  const id = obtain(table, 7, IPC_CREAT | 0o600);
  assertEquals(obtain(table, 7, 0), id);
  assertEquals(obtain(table, 7, IPC_CREAT), id);
  refuses(EEXIST, () => obtain(table, 7, IPC_CREAT | IPC_EXCL));
  const privateOnes = [1, 2].map(() => obtain(table, IPC_PRIVATE, 0o600));
  assertEquals(new Set([id, ...privateOnes]).size, 3);
});

Deno.test("a place is used again last, and an old identifier leads nowhere", () => {
  const table = new IpcTable<Thing>();
  const ids = Array.from({ length: 65 }, () => {
    const id = obtain(table, IPC_PRIVATE, 0o600);
    table.remove(table.get(id));
    return id;
  });
  assertEquals(ids.slice(0, 3), [0, 1, 2]);
  assertEquals(ids[63], 63);
  assertEquals(ids[64], 1 << 15);
  table.add(new Thing(1 << 15, { key: 0, uid: 0, gid: 0, cuid: 0, cgid: 0, mode: 0 }));
  refuses(EINVAL, () => table.get(0));
  refuses(EINVAL, () => table.get(-1));
  assertEquals(table.get(1 << 15).id, 1 << 15);
});

Deno.test("a full table has no room", () => {
  const table = new IpcTable<Thing>(2);
  obtain(table, IPC_PRIVATE, 0);
  obtain(table, IPC_PRIVATE, 0);
  refuses(ENOSPC, () => obtain(table, IPC_PRIVATE, 0));
});

Deno.test("owner, group and others have the rights of the mode", () => {
  const table = new IpcTable<Thing>();
  const [owner, member] = [Credentials.of(5, 6), Credentials.of(7, 6)];
  const everybody = [owner, member, Credentials.of(7, 7), root];
  const thing = table.get(obtain(table, 1, IPC_CREAT | 0o640, owner));
  const read = everybody.map((who) => thing.permits(who, 0o400));
  assertEquals(read, [true, true, false, true]);
  const write = everybody.map((who) => thing.permits(who, 0o200));
  assertEquals(write, [true, false, false, true]);
  refuses(EACCES, () => obtain(table, 1, 0o600, member));
  refuses(EPERM, () => thing.requireControl(member));
  thing.requireControl(owner);
  thing.setOwnership({ uid: 7, gid: 8, mode: 0o7600 });
  thing.requireControl(member);
  assertEquals([thing.cuid, thing.uid, thing.gid, thing.mode], [5, 7, 8, 0o600]);
  refuses(EINVAL, () => thing.setOwnership({ uid: 0xffffffff, gid: 0, mode: 0 }));
});

Deno.test("ipc64_perm has everything in its place", () => {
  const thing = new Thing((3 << 15) + 2, {
    key: -2,
    uid: 3,
    gid: 4,
    cuid: 5,
    cgid: 6,
    mode: 0o640,
  });
  const view = new DataView(permissionBytes(thing).buffer);
  assertEquals([0, 4, 8, 12, 16, 20].map((at) => view.getInt32(at, true)), [-2, 3, 4, 5, 6, 0o640]);
  assertEquals(view.getUint16(24, true), 3);
});
