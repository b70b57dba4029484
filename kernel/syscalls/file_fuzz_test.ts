/**
 * Invariants checked: no system call on files, whatever its arguments, throws out of the kernel; and the
 * machine gives every frame back afterwards.
 */

import fc from "npm:fast-check@4";
import { systemCalls } from "./table.ts";
import { fileCalls } from "./file.ts";
import { type Argument, Guest, HERE, MEMORY, MEMORY_BYTES } from "./testing/file_guest.ts";

const RUNS = 60;
const CALLS_PER_RUN = 300;

const paths = ["/tmp/a", "b", "../tmp/d/", "/dev/zero", "/tmp/link", "", ".", "..", "d/x", "/"];
const path = fc.constantFrom(...paths);
const descriptor = fc.constantFrom(-1, 0, 1, 2, 3, 4, 5, 6, 7, 1023, 1024, HERE);
const address = fc.constantFrom(
  0,
  16,
  MEMORY,
  MEMORY + 4095,
  MEMORY + MEMORY_BYTES - 3,
  MEMORY + MEMORY_BYTES,
  2n ** 38n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
);
const small = fc.nat(5000);
const flags = fc.integer({ min: 0, max: 31 }).chain((shift) =>
  fc.constantFrom(0, 2 ** shift, 0o102, 0o1102, 3)
);
const large = fc.constantFrom(-1, 2 ** 31 - 1, 2 ** 32, 2n ** 53n, 2n ** 62n, -(2n ** 63n));
const argument: fc.Arbitrary<Argument> = fc.oneof(
  { weight: 3, arbitrary: path },
  { weight: 4, arbitrary: descriptor },
  { weight: 3, arbitrary: address },
  { weight: 2, arbitrary: small },
  { weight: 2, arbitrary: flags },
  { weight: 1, arbitrary: large },
);
const numbers = new Set(Object.keys(fileCalls).map(Number));
const names = systemCalls().filter(([number]) => numbers.has(number)).map(([, { name }]) => name);
const oneCall = fc.record({
  name: fc.constantFrom(...names, "openat", "openat", "write", "read", "mkdirat"),
  args: fc.array(argument, { minLength: 6, maxLength: 6 }),
  pushes: fc.boolean(),
});

Deno.test("does any call on files with any arguments throw or leak?", () => {
  fc.assert(
    fc.property(fc.array(oneCall, { maxLength: CALLS_PER_RUN, size: "max" }), (calls) => {
      const guest = new Guest({ framesMax: 2000 });
      guest.kernel.fileSystem.makeSymlink("d", "/tmp/link");
      const ends = guest.room(8);
      guest.must("pipe2", ends, 0);
      for (const { name, args, pushes } of calls) {
        if (pushes) guest.kernel.streams[0]?.push(Uint8Array.of(1));
        guest.task.wait = null;
        guest.call(name, ...args);
      }
      guest.dispose();
    }),
    { numRuns: RUNS },
  );
});
