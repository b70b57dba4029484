// In which order, and how many at a time, does a queue wake its waiters?

import fc from "npm:fast-check@4";
import { assertEquals } from "../../std_assert.ts";
import { type Waiter, WaitQueue } from "./wait_queue.ts";

/** A waiter that notes when it is woken, and goes on as it is told. */
class Sleeper implements Waiter {
  readonly ticket: number;
  readonly isExclusive: boolean;
  readonly #woken: number[];
  readonly #goesOn: boolean;

  constructor(woken: number[], ticket: number, isExclusive: boolean, goesOn = true) {
    this.#woken = woken;
    this.ticket = ticket;
    this.isExclusive = isExclusive;
    this.#goesOn = goesOn;
  }

  wake(): boolean {
    this.#woken.push(this.ticket);
    return this.#goesOn;
  }
}

Deno.test("all shared waiters go on, and one exclusive one that can", () => {
  const woken: number[] = [];
  const queue = new WaitQueue();
  const unable = new Sleeper(woken, 1, true, false);
  queue.add(unable);
  for (const ticket of [2, 4]) queue.add(new Sleeper(woken, ticket, true));
  queue.add(new Sleeper(woken, 3, false));
  assertEquals(queue.wake(1), true);
  assertEquals(woken, [3, 1, 2]);
  queue.remove(unable);
  woken.length = 0;
  queue.wakeAll();
  assertEquals(woken, [3, 2, 4]);
});

Deno.test("nobody takes what only shared waiters are woken for", () => {
  const queue = new WaitQueue();
  assertEquals([queue.isEmpty, queue.first], [true, 0]);
  queue.add(new Sleeper([], 7, false));
  assertEquals([queue.isEmpty, queue.first, queue.wake(1)], [false, 7, false]);
});

Deno.test("waiters are woken by their tickets, in whatever order they were entered", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(99)), fc.boolean(), (tickets, isExclusive) => {
      const woken: number[] = [];
      const queue = new WaitQueue();
      for (const ticket of tickets) queue.add(new Sleeper(woken, ticket, isExclusive, false));
      queue.wake(1);
      assertEquals(woken, tickets.sort((a, b) => a - b));
    }),
    { seed: 1 },
  );
});
