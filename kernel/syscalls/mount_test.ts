// What becomes of mounts with a machine, its clone, an image, and the last who uses them?

import { assert, assertEquals, assertThrows } from "../../std_assert.ts";
import { O_CREAT, O_RDONLY, O_RDWR } from "../abi/fcntl.ts";
import { MNT_DETACH, MS_BIND, MS_PRIVATE, MS_RDONLY, MS_REMOUNT, MS_SHARED } from "../abi/mount.ts";
import { CLONE_NEWNS } from "../abi/process.ts";
import { checkpoint, planRestart, Refusal } from "../checkpoint/mod.ts";
import { exitGroup } from "../exit.ts";
import { DirectoryInode } from "../fs/inode.ts";
import { namespacesOf } from "../namespaces.ts";
import { type Guest, HERE, withGuest } from "./testing/file_guest.ts";

const NONE = 0;

/** Mounts a tmpfs at a directory that is made, and writes a page into a file in it. Answers the open file. */
function mountWithFile(guest: Guest, path: string): number {
  guest.must("mkdirat", HERE, path, 0o755);
  guest.must("mount", "own", path, "tmpfs", NONE, NONE);
  const fd = guest.open(`${path}/file`, O_RDWR | O_CREAT);
  guest.must("write", fd, "x".repeat(4096), 4096);
  return fd;
}

/** The check that refuses a checkpoint of the guest, or `null`. */
function refusalOf({ kernel, task }: Guest): string | null {
  try {
    checkpoint(kernel, task);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.check;
    throw error;
  }
}

Deno.test("are the pages of a tmpfs given back with its last mount, and not before?", () => {
  withGuest((guest) => {
    const { memory, fileSystem } = guest.kernel;
    const fd = mountWithFile(guest, "m");
    guest.must("mkdirat", HERE, "n", 0o755);
    guest.must("mount", "m", "n", NONE, MS_BIND, NONE);
    guest.must("umount2", "m", MNT_DETACH);
    guest.must("close", fd);
    const frames = memory.framesInUse;
    const kept = guest.open("n/file", O_RDONLY);
    guest.must("umount2", "n", MNT_DETACH);
    assertEquals([memory.framesInUse, fileSystem.mountTable.detached.size], [frames, 1]);
    guest.must("close", kept);
    assertEquals([memory.framesInUse, fileSystem.mountTable.detached.size], [frames - 1, 0]);
  });
});

Deno.test("does a clone of the machine have the same mounts, and change its own?", () => {
  withGuest((guest) => {
    const { kernel, task } = guest;
    const fd = mountWithFile(guest, "m");
    guest.must("unshare", CLONE_NEWNS);
    guest.must("mount", "", "m", NONE, MS_REMOUNT | MS_BIND | MS_RDONLY, NONE);
    guest.must("chdir", "m");
    guest.must("umount2", "/tmp/m", MNT_DETACH);
    const fork = kernel.fork();
    const copy = fork.tasks.get(task.pid);
    assert(copy !== undefined);
    const { mnt } = namespacesOf(fork, copy);
    assertEquals(mnt.outline, namespacesOf(kernel, task).mnt.outline);
    assertEquals(fork.fileSystem.mountTable.detached.size, 1);
    assertEquals(copy.fs.cwd.mount.readOnly, true);
    assertEquals(fork.fileSystem.readFile("/tmp/m/file").length, 4096);
    const [open, original] = [copy.files.get(fd), task.files.get(fd)];
    assertEquals([open.place?.mount.opens, original.place?.mount.opens], [1, 1]);
    fork.dispose();
    guest.must("chdir", "/");
    assertEquals(kernel.fileSystem.mountTable.detached.size, 0);
  });
});

Deno.test("is a checkpoint refused while mounts are not those that the machine was set up with?", () => {
  withGuest((guest) => {
    const { kernel } = guest;
    assertEquals(refusalOf(guest), null);
    guest.must("close", mountWithFile(guest, "m"));
    assertEquals(refusalOf(guest), "checkpoint/mounts");
    guest.must("umount2", "m", 0);
    assertEquals(refusalOf(guest), null);
    guest.must("mount", "", "/dev/shm", NONE, MS_REMOUNT | MS_RDONLY, NONE);
    assertEquals(refusalOf(guest), "checkpoint/mounts");
    guest.must("mount", "", "/dev/shm", NONE, MS_REMOUNT, NONE);
    assertEquals(refusalOf(guest), null);
    guest.must("umount2", "/dev/shm", 0);
    // What the harness mounts now is no longer all that is different.
    kernel.fileSystem.mountTmpfs("/mnt");
    assertEquals(refusalOf(guest), "checkpoint/mounts");
    guest.must("unshare", CLONE_NEWNS);
    assertEquals(refusalOf(guest), "checkpoint/mounts");
  });
});

Deno.test("is a checkpoint refused while what was opened in a mount that is gone is open?", () => {
  withGuest((guest) => {
    guest.must("mkdirat", HERE, "m", 0o755);
    for (const [type, check] of [["tmpfs", "reachable"], ["mqueue", "file_kind"]] as const) {
      guest.must("mount", "own", "m", type, NONE, NONE);
      const fd = guest.open("m/file", O_RDWR | O_CREAT);
      guest.must("umount2", "m", MNT_DETACH);
      assertEquals(refusalOf(guest), `checkpoint/${check}`);
      guest.must("close", fd);
    }
    assertEquals(guest.kernel.fileSystem.mountTable.detached.size, 0);
  });
});

Deno.test("is what a mount shows to others not restarted by who sees something else?", () => {
  withGuest((guest) => {
    const { kernel, task } = guest;
    const image = checkpoint(kernel, task);
    guest.must("unshare", CLONE_NEWNS);
    const { check } = assertThrows(() => planRestart(kernel, image, { into: task }), Refusal);
    assertEquals(check, "plan/caller_namespaces");
  });
});

Deno.test("does the machine's own tree stay for who looks from outside, though no program sees it any more?", () => {
  withGuest((guest) => {
    const { kernel } = guest;
    const { tree, mountTable } = kernel.fileSystem;
    guest.must("close", guest.open("/tmp/file", O_RDWR | O_CREAT));
    guest.must("unshare", CLONE_NEWNS);
    guest.must("umount2", "/", MNT_DETACH);
    exitGroup(kernel, guest.task.group, 0);
    assertEquals([mountTable.namespaces.size, mountTable.detached.size], [1, 0]);
    kernel.fileSystem.mounts.table.takeOut(kernel.fileSystem.root.mount);
    kernel.fileSystem.collectMounts();
    assertEquals([kernel.fileSystem.exists("/tmp"), mountTable.detached.size], [false, 0]);
    const fork = kernel.fork();
    for (const { root } of [tree, fork.fileSystem.tree]) {
      const directory = root.lookup("tmp");
      assert(directory instanceof DirectoryInode && directory.lookup("file") !== null);
    }
    fork.dispose();
  });
});

Deno.test("is what is not kept promised to nobody?", () => {
  withGuest((guest) => {
    assertEquals(guest.call("mount", "", "/", NONE, MS_SHARED, NONE), "EINVAL");
    assertEquals(guest.call("mount", "", "/", NONE, MS_PRIVATE, NONE), 0);
    assertEquals(guest.call("mount", "pts", "/tmp", "devpts", NONE, NONE), "ENODEV");
  });
});

Deno.test("does who unmounts the root it stands on only make that read-only?", () => {
  withGuest((guest) => {
    assertEquals(guest.call("umount2", "/", 0), 0);
    assertEquals(guest.call("mkdirat", HERE, "/tmp/x", 0o755), "EROFS");
    assertEquals(guest.call("mount", "", "/", NONE, MS_REMOUNT, NONE), 0);
    assertEquals(guest.call("mkdirat", HERE, "/tmp/x", 0o755), 0);
    assertEquals(guest.call("umount2", "/", MNT_DETACH), 0);
    assertEquals(guest.call("faccessat", HERE, "/tmp/x", 0), 0);
    assertEquals(guest.kernel.fileSystem.exists("/tmp"), false);
  });
});
