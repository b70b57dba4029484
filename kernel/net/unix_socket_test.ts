// Do calls on local sockets wait as data, does garbage in flight go, and is a checkpoint refused by name?

import { assert, assertEquals, assertThrows } from "../../std_assert.ts";
import { EAGAIN } from "../abi/errno.ts";
import { AF_UNIX, SCM_RIGHTS, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from "../abi/socket.ts";
import { checkpoint, Refusal } from "../checkpoint/mod.ts";
import { Socket } from "./socket.ts";
import type { SocketWait } from "../wait.ts";
import { Guest } from "../syscalls/testing/file_guest.ts";

function pair(guest: Guest, type = SOCK_STREAM): [number, number] {
  const at = guest.room(8);
  guest.must("socketpair", AF_UNIX, type, 0, at);
  const view = new DataView(guest.bytes(at, 8).buffer);
  return [view.getInt32(0, true), view.getInt32(4, true)];
}

/** A `struct msghdr` with these bytes and descriptors. */
function header(guest: Guest, text: string, descriptors: readonly number[]): number {
  const bytes = new TextEncoder().encode(text);
  const iov = new DataView(new ArrayBuffer(16));
  iov.setBigUint64(0, BigInt(guest.put(bytes)), true);
  iov.setBigUint64(8, BigInt(bytes.length), true);
  const control = new DataView(new ArrayBuffer(16 + 4 * descriptors.length));
  control.setBigUint64(0, BigInt(control.byteLength), true);
  control.setInt32(8, SOL_SOCKET, true);
  control.setInt32(12, SCM_RIGHTS, true);
  descriptors.forEach((fd, i) => control.setInt32(16 + 4 * i, fd, true));
  const message = new DataView(new ArrayBuffer(56));
  message.setBigUint64(16, BigInt(guest.put(new Uint8Array(iov.buffer))), true);
  message.setBigUint64(24, 1n, true);
  message.setBigUint64(32, BigInt(guest.put(new Uint8Array(control.buffer))), true);
  message.setBigUint64(40, BigInt(control.byteLength), true);
  return guest.put(new Uint8Array(message.buffer));
}

function blockedIn({ task: { wait } }: Guest): SocketWait {
  if (wait?.kind !== "socket") throw new Error("Not blocked on a socket");
  return wait;
}

Deno.test("a read waits for a message, and a send for room, as plain data", () => {
  const guest = new Guest();
  const [a, b] = pair(guest);
  const into = guest.room(8);
  assertEquals(guest.call("read", a, into, 8), "blocked");
  const { wait } = guest.task;
  assertEquals(wait, {
    kind: "socket",
    fd: a,
    event: "input",
    peer: 0,
    done: 0,
    messages: 0,
    deadline_ns: null,
  });
  assert(wait !== null && !guest.kernel.scheduler.isReady(guest.task, wait));
  guest.task.wait = null;
  assertEquals(guest.call("write", b, "hello"), 0);
  assertEquals(guest.call("write", b, "hello", 5), 5);
  assert(guest.kernel.scheduler.isReady(guest.task, wait));
  assertEquals(guest.call("read", a, into, 8), 5);

  const length = 1 << 20;
  assertEquals(guest.call("write", a, guest.room(length), length), "blocked");
  const { event, done } = blockedIn(guest);
  assertEquals([event, done > 0, done < length], ["output", true, true]);
  guest.kernel.dispose();
});

Deno.test("a clone of the machine has its own queues, whatever lies in them", () => {
  const guest = new Guest();
  const [a, b] = pair(guest, SOCK_DGRAM);
  // Both ends lie in the queue of one of them.
  guest.must("sendmsg", a, header(guest, "both", [a, b]), 0);
  const fork = guest.kernel.fork();
  const [original, copy] = [guest.kernel, fork].map((kernel) => kernel.network.sockets);
  assertEquals([original?.inFlight, copy?.inFlight], [2, 2]);
  assertEquals(
    copy?.open.map(({ ino, charged }) => [ino, charged]),
    original?.open.map((socket) => [
      socket.ino,
      socket.charged,
    ]),
  );
  const files = fork.tasks.get(2)?.files;
  assertEquals([a, b].map((fd) => files?.get(fd).references), [2, 2]);
  fork.dispose();
  assertEquals(copy?.open, []);
  assertEquals(original?.open.length, 2);
  guest.kernel.dispose();
  assertEquals([original?.open, original?.inFlight], [[], 0]);
});

Deno.test("sockets that only their own queues hold are closed, those that others hold are not", () => {
  const guest = new Guest();
  const { sockets } = guest.kernel.network;
  const [a, b] = pair(guest, SOCK_DGRAM);
  const [c, d] = pair(guest, SOCK_DGRAM);
  guest.must("sendmsg", a, header(guest, "cycle", [a, b]), 0);
  guest.must("sendmsg", c, header(guest, "alive", [c]), 0);
  for (const fd of [a, b, c]) guest.must("close", fd);
  assertEquals(sockets.open.length, 4);
  // Closing any local socket lets the collector look.
  const [e, f] = pair(guest);
  guest.must("close", e);
  guest.must("close", f);
  assertEquals(sockets.open.length, 2);
  assertEquals(guest.call("read", d, guest.room(8), 8), 5);
  assertEquals([sockets.inFlight, sockets.open.length], [0, 1]);
  guest.kernel.dispose();
});

Deno.test("a chain of sockets in each other's queues is taken apart without recursion", () => {
  const guest = new Guest();
  const { files } = guest.task;
  let [a, b] = pair(guest);
  for (let i = 0; i < 2000; i++) {
    const [c, d] = pair(guest);
    const { object } = files.get(c);
    if (!(object instanceof Socket)) throw new Error("No socket");
    const message = { bytes: Uint8Array.of(1), to: null, identity: null, caller: null };
    assertEquals(object.send({ ...message, files: [files.get(b)] }), 1);
    files.close(a);
    files.close(b);
    [a, b] = [c, d];
  }
  guest.must("close", a);
  guest.must("close", b);
  assertEquals(guest.kernel.network.sockets.open, []);
  guest.kernel.dispose();
});

Deno.test("a checkpoint of a task with a socket is refused by name", () => {
  const guest = new Guest();
  pair(guest);
  const refusal = assertThrows(() => checkpoint(guest.kernel, guest.task), Refusal);
  assert(/socket \(socket:\[\d+\]\)/.test(refusal.message), refusal.message);
  guest.kernel.dispose();
});

Deno.test("a time-out of SO_RCVTIMEO ends the wait at its time", () => {
  const guest = new Guest();
  const [a] = pair(guest);
  const time = new BigInt64Array([1n, 0n]);
  guest.must("setsockopt", a, SOL_SOCKET, 20, new Uint8Array(time.buffer), 16);
  assertEquals(guest.call("recvfrom", a, guest.room(8), 8, 0, 0, 0), "blocked");
  guest.kernel.clock.idleUntil(1_000_000_000n);
  assertEquals(guest.again(), "EAGAIN");
  assertEquals(EAGAIN, 11);
  guest.kernel.dispose();
});
