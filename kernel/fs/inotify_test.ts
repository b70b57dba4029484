/** What does an instance of inotify know after the machine was cloned, and is it refused at a checkpoint? */
import { assertEquals, assertThrows } from "../../std_assert.ts";
import { O_RDONLY } from "../abi/fcntl.ts";
import { IN_ALL_EVENTS, IN_CREATE, IN_DELETE } from "../abi/inotify.ts";
import { checkpoint } from "../checkpoint/checkpoint.ts";
import { Refusal } from "../checkpoint/refusal.ts";
import { makeWorld, startLooping } from "../checkpoint/testing/world.ts";
import type { Kernel } from "../kernel.ts";
import { InotifyFile } from "./inotify.ts";
import { OpenFile } from "./open_file.ts";

const world = makeWorld();

/** A machine with a task whose descriptor 3 watches /tmp for events. */
function watching(mask: number): Kernel {
  const kernel = world.fork();
  const object = new InotifyFile(0);
  object.add(kernel.fileSystem.resolve("/tmp").inode, mask);
  startLooping(kernel).files.install(new OpenFile({ object, place: null, flags: O_RDONLY }));
  return kernel;
}

/** The masks and names of what descriptor 3 has to tell, which is taken. */
function told(kernel: Kernel): string[] {
  const { object } = kernel.tasks.all[0]!.files.get(3);
  if (!(object instanceof InotifyFile)) throw new Error(`Descriptor 3 is a ${object.kind}`);
  const bytes = object.take(4096);
  const view = new DataView(bytes.buffer);
  const events: string[] = [];
  for (let at = 0; at < bytes.length; at += 16 + view.getUint32(at + 12, true)) {
    const name = bytes.subarray(at + 16, at + 16 + view.getUint32(at + 12, true));
    const mask = view.getUint32(at + 4, true).toString(16);
    events.push(`${mask} ${new TextDecoder().decode(name).replaceAll("\0", "")}`);
  }
  return events;
}

Deno.test("a machine's clone has the events that waited, and watches its own files only", () => {
  const kernel = watching(IN_CREATE | IN_DELETE);
  kernel.fileSystem.makeDirectory("/tmp/before");
  const fork = kernel.fork();
  kernel.fileSystem.makeSymlink("x", "/tmp/here");
  fork.fileSystem.makeSymlink("x", "/tmp/there");
  fork.fileSystem.remove("/tmp/there");
  assertEquals(told(kernel), ["40000100 before", "100 here"]);
  assertEquals(told(fork), ["40000100 before", "100 there", "200 there"]);
  for (const each of [fork, kernel]) each.dispose();
});

Deno.test("a closed instance leaves nothing behind at what it watched", () => {
  const kernel = watching(IN_ALL_EVENTS);
  const { inode } = kernel.fileSystem.resolve("/tmp");
  assertEquals(inode.watches?.size, 1);
  kernel.tasks.all[0]!.files.close(3);
  assertEquals(inode.watches, null);
  kernel.dispose();
});

Deno.test("a checkpoint of a task that watches files is refused by name", () => {
  const kernel = watching(IN_ALL_EVENTS);
  const refusal = assertThrows(() => checkpoint(kernel, kernel.tasks.all[0]!), Refusal);
  assertEquals(refusal.message.includes("a inotify (anon_inode:inotify)"), true, refusal.message);
  kernel.dispose();
});
