import { assertEquals } from "../../std_assert.ts";
import { O_CREAT, O_NONBLOCK, O_RDWR } from "../abi/fcntl.ts";
import { POLLHUP, POLLIN, POLLNVAL, POLLOUT } from "../abi/poll.ts";
import { type Guest, NOWHERE, withGuest } from "./testing/file_guest.ts";

function pollfds(
  guest: Guest,
  ...polls: readonly (readonly [fd: number, events: number])[]
): number {
  const bytes = new Uint8Array(polls.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, [fd, events]] of polls.entries()) {
    view.setInt32(8 * i, fd, true);
    view.setUint16(8 * i + 4, events, true);
    view.setUint16(8 * i + 6, 0xffff, true);
  }
  return guest.put(bytes);
}

function revents(guest: Guest, address: number, count: number): number[] {
  const view = guest.view(address, 8 * count);
  return Array.from({ length: count }, (_, i) => view.getUint16(8 * i + 6, true));
}

Deno.test("which descriptors are ready for what?", () => {
  withGuest((guest) => {
    const file = guest.open("/tmp/f", O_CREAT | O_RDWR);
    const ends = guest.room(8);
    guest.must("pipe2", ends, O_NONBLOCK);
    const polls = pollfds(
      guest,
      [0, POLLIN],
      [1, POLLOUT],
      [file, POLLIN | POLLOUT],
      [-5, POLLIN],
      [
        77,
        POLLIN,
      ],
      [4, POLLIN],
      [5, POLLOUT],
    );
    assertEquals(guest.call("ppoll", polls, 7, 0, 0, 8), 4);
    assertEquals(revents(guest, polls, 7), [
      0,
      POLLOUT,
      POLLIN | POLLOUT,
      0,
      POLLNVAL,
      0,
      POLLOUT,
    ]);
    guest.must("write", 5, "x", 1);
    guest.must("close", 5);
    const half = pollfds(guest, [4, 0], [4, POLLIN]);
    assertEquals(guest.call("ppoll", half, 2, 0, 0, 8), 2);
    assertEquals(revents(guest, half, 2), [POLLHUP, POLLIN | POLLHUP]);
  });
});

Deno.test("does poll wait for a stream, and for its time, and tell what was left?", () => {
  withGuest((guest) => {
    const { clock, streams } = guest.kernel;
    const polls = pollfds(guest, [0, POLLIN]);
    const timeout = guest.words(1, 500);
    const start = clock.monotonic_ns;
    assertEquals(guest.call("ppoll", polls, 1, timeout, 0, 8), "blocked");
    assertEquals(guest.task.wait, {
      kind: "poll",
      files: [{ fd: 0, events: POLLIN }],
      isExclusive: false,
      deadline_ns: start + 1_000_000_500n,
    });
    clock.idleUntil(start + 300n);
    assertEquals(guest.again(), "blocked");
    streams[0]?.push(Uint8Array.of(1));
    assertEquals(guest.again(), 1);
    assertEquals(revents(guest, polls, 1), [POLLIN]);
    assertEquals([
      guest.view(timeout, 16).getBigInt64(0, true),
      guest.view(timeout, 16).getBigInt64(8, true),
    ], [
      1n,
      200n,
    ]);
    streams[0]?.consume(1);
    assertEquals(guest.call("ppoll", polls, 1, timeout, 0, 8), "blocked");
    clock.idleUntil(clock.monotonic_ns + 1_000_000_200n);
    assertEquals(guest.again(), 0);
    assertEquals(revents(guest, polls, 1), [0]);
    assertEquals(guest.view(timeout, 16).getBigInt64(8, true), 0n);
    assertEquals(guest.call("ppoll", polls, 1, guest.words(0, 0), 0, 8), 0);
  });
});

Deno.test("does the mask hold for the call alone?", () => {
  withGuest((guest) => {
    const { signals } = guest.task;
    signals.blocked = 0b100n;
    const polls = pollfds(guest, [0, POLLIN]);
    assertEquals(guest.call("ppoll", polls, 1, 0, guest.words(0b1000), 8), "blocked");
    assertEquals(signals.blocked, 0b1000n);
    assertEquals(guest.again(), "blocked");
    guest.kernel.streams[0]?.end();
    assertEquals(guest.again(), 1);
    assertEquals(signals.blocked, 0b100n);
  });
});

Deno.test("what does ppoll refuse?", () => {
  withGuest((guest) => {
    const polls = pollfds(guest, [0, POLLIN]);
    assertEquals(guest.call("ppoll", NOWHERE, 1, 0, 0, 8), "EFAULT");
    assertEquals(guest.call("ppoll", polls, 1025, 0, 0, 8), "EINVAL");
    assertEquals(guest.call("ppoll", polls, 1, guest.words(-1, 0), 0, 8), "EINVAL");
    assertEquals(guest.call("ppoll", polls, 1, guest.words(0, 1_000_000_000), 0, 8), "EINVAL");
    assertEquals(guest.call("ppoll", polls, 1, 0, guest.words(0), 4), "EINVAL");
    assertEquals(guest.call("ppoll", 0, 0, guest.words(0, 0), 0, 8), 0);
  });
});

Deno.test("which bits does pselect6 leave in the sets?", () => {
  withGuest((guest) => {
    guest.must("dup3", 0, 70, 0);
    const [reads, writes] = [guest.words(0b111, 1 << 6), guest.words(0b11, 0)];
    const bits = (address: number) => {
      const view = guest.view(address, 16);
      return [view.getBigUint64(0, true), view.getBigUint64(8, true)];
    };
    assertEquals(guest.call("pselect6", 71, reads, writes, 0, 0, 0), 2);
    assertEquals([bits(reads), bits(writes)], [[0n, 0n], [0b11n, 0n]]);
    const both = guest.words(1, 1 << 6);
    assertEquals(guest.call("pselect6", 71, both, 0, 0, 0, 0), "blocked");
    guest.kernel.streams[0]?.end();
    assertEquals(guest.again(), 2);
    assertEquals(bits(both), [1n, 64n]);
    assertEquals(guest.call("pselect6", 5, guest.words(0b10000), 0, 0, 0, 0), "EBADF");
    assertEquals(guest.call("pselect6", -1, 0, 0, 0, 0, 0), "EINVAL");
    assertEquals(guest.call("pselect6", 4, guest.words(0b10000), 0, 0, guest.words(0, 0), 0), 0);
    assertEquals(guest.call("pselect6", 1, NOWHERE, 0, 0, 0, 0), "EFAULT");
    const sleep = guest.words(0, 5);
    assertEquals(guest.call("pselect6", 0, 0, 0, 0, sleep, 0), "blocked");
    guest.kernel.clock.idleUntil(guest.kernel.clock.monotonic_ns + 5n);
    assertEquals(guest.again(), 0);
    const pair = guest.words(guest.words(0), 7);
    assertEquals(guest.call("pselect6", 0, 0, 0, 0, guest.words(0, 0), pair), "EINVAL");
  });
});
