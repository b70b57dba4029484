// What does the clock show while instructions retire, and when nobody can run?

import { assertEquals } from "../std_assert.ts";
import { BOOT_REALTIME_NS, Clock } from "./clock.ts";

Deno.test("an instruction is a nanosecond, and idle time comes on top", () => {
  const clock = new Clock();
  clock.instructions = 1234n;
  clock.idle_ns = 10n;
  assertEquals(clock.monotonic_ns, 1244n);
  assertEquals(clock.realtime_ns, BOOT_REALTIME_NS + 1244n);
});

Deno.test("every retired instruction counts, also where numbers are no longer exact", () => {
  const clock = new Clock();
  clock.instructions = 2n ** 60n;
  for (const count of [0, 1, 2 ** 53 - 1, 1, 2]) clock.retire(count);
  assertEquals(clock.instructions, 2n ** 60n + 2n ** 53n + 3n);
  assertEquals(clock.clone().instructions, clock.instructions);
});

Deno.test("an idle jump leads exactly to the deadline, and never back", () => {
  const clock = new Clock();
  clock.instructions = 100n;
  clock.idleUntil(150n);
  assertEquals([clock.monotonic_ns, clock.idle_ns], [150n, 50n]);
  clock.idleUntil(20n);
  assertEquals(clock.monotonic_ns, 150n);
});

Deno.test("the machine boots on the day of the first patch", () => {
  assertEquals(
    new Date(Number(BOOT_REALTIME_NS / 1_000_000n)).toISOString(),
    "2008-07-30T00:00:00.000Z",
  );
});

Deno.test("a clone goes its own way", () => {
  const clock = new Clock();
  clock.instructions = 5n;
  const clone = clock.clone();
  clock.instructions = 6n;
  assertEquals(clone.instructions, 5n);
});
