// Who may become whom?

import { assertEquals, assertThrows } from "../std_assert.ts";
import { EINVAL, EPERM, SystemError } from "./abi/errno.ts";
import { Credentials, KEEP_ID } from "./credentials.ts";

function uids({ uid, euid, suid, fsuid }: Credentials): number[] {
  return [uid, euid, suid, fsuid];
}

/** The errno of what `change` throws, 0 when it succeeds. */
function errnoOf(change: () => void): number {
  try {
    change();
    return 0;
  } catch (error) {
    if (error instanceof SystemError) return error.errno;
    throw error;
  }
}

Deno.test("root's setuid changes all ids, and there is no way back", () => {
  const credentials = Credentials.of(0);
  credentials.setUid(1000);
  assertEquals(uids(credentials), [1000, 1000, 1000, 1000]);
  assertEquals(errnoOf(() => credentials.setUid(0)), EPERM);
  assertEquals(errnoOf(() => credentials.setResuid(KEEP_ID, 0, KEEP_ID)), EPERM);
});

Deno.test("a program may drop its effective user and take it back from the saved one", () => {
  const credentials = Credentials.of(0);
  credentials.setResuid(1000, 1000, 0);
  assertEquals(uids(credentials), [1000, 1000, 0, 1000]);
  assertEquals(credentials.isPrivileged, false);
  credentials.setUid(0);
  assertEquals(uids(credentials), [1000, 0, 0, 0]);
});

Deno.test("setreuid sets the saved user where the real one changes, or the effective becomes another", () => {
  const swapped = Credentials.of(0);
  swapped.setResuid(1000, 2000, 0);
  swapped.setReuid(2000, 1000);
  assertEquals(uids(swapped), [2000, 1000, 1000, 1000]);
  const kept = Credentials.of(1000);
  kept.setReuid(KEEP_ID, 1000);
  assertEquals(uids(kept), [1000, 1000, 1000, 1000]);
  assertEquals(errnoOf(() => kept.setReuid(2000, KEEP_ID)), EPERM);
});

Deno.test("setfsuid answers the old id and says nothing of refusals", () => {
  const credentials = Credentials.of(1000);
  assertEquals(credentials.setFsuid(0), 1000);
  assertEquals(credentials.fsuid, 1000);
  credentials.setResuid(KEEP_ID, KEEP_ID, KEEP_ID);
  assertEquals(credentials.setFsuid(1000), 1000);
});

Deno.test("groups follow the same rules by the privilege of the user", () => {
  const credentials = Credentials.of(1000, 100);
  assertEquals(errnoOf(() => credentials.setGid(0)), EPERM);
  credentials.setRegid(100, KEEP_ID);
  credentials.setResgid(KEEP_ID, 100, 100);
  assertEquals(errnoOf(() => credentials.setGroups([1])), EPERM);
  const root = Credentials.of(0);
  root.setGroups([5, 3]);
  assertEquals(root.groups, [3, 5]);
  assertEquals([root.isInGroup(3), root.isInGroup(4), root.isInGroup(0)], [true, false, true]);
});

Deno.test("an id of -1 is none", () => {
  assertEquals(errnoOf(() => Credentials.of(0).setUid(KEEP_ID)), EINVAL);
  assertEquals(errnoOf(() => Credentials.of(0).setGid(KEEP_ID)), EINVAL);
  assertThrows(() => Credentials.of(0).setGroups([KEEP_ID]), SystemError);
});

Deno.test("signals go to one's own user, and anywhere from root", () => {
  const [root, alice, bob] = [Credentials.of(0), Credentials.of(1000), Credentials.of(1001)];
  assertEquals([root.maySignal(alice), alice.maySignal(root)], [true, false]);
  assertEquals([alice.maySignal(Credentials.of(1000)), alice.maySignal(bob)], [true, false]);
  const setuid = Credentials.of(0);
  setuid.setResuid(1000, 0, 0);
  assertEquals(alice.maySignal(setuid), true);
});
