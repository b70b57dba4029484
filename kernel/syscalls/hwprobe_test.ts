// Does riscv_hwprobe(2) answer what the hart is, as Linux would?

import { assertEquals } from "../../std_assert.ts";
import { type Guest, withGuest } from "./testing/file_guest.ts";

/** Puts pairs into the guest's memory. */
function pairs(guest: Guest, ...list: readonly (readonly [key: bigint, value: bigint])[]): number {
  return guest.put(new Uint8Array(new BigInt64Array(list.flat()).buffer));
}

function readPairs(guest: Guest, at: number, count: number): bigint[][] {
  const words = new BigInt64Array(guest.bytes(at, count * 16).slice().buffer);
  return Array.from({ length: count }, (_, i) => [words[2 * i] ?? 0n, words[2 * i + 1] ?? 0n]);
}

Deno.test("is it RV64GC, with a timebase of 10 MHz, and are unknown keys marked?", () => {
  withGuest((guest) => {
    const at = pairs(guest, [3n, 9n], [4n, 9n], [8n, 9n], [1000n, 9n]);
    assertEquals(guest.call("riscv_hwprobe", at, 4, 0, 0, 0), 0);
    assertEquals(readPairs(guest, at, 4), [[3n, 1n], [4n, 3n], [8n, 10_000_000n], [-1n, 0n]]);
  });
});

Deno.test("which harts have what is asked for?", () => {
  withGuest((guest) => {
    const which = (asked: readonly [bigint, bigint], set: number) => {
      const [at, cpus] = [pairs(guest, asked), guest.put(Uint8Array.of(set, 0, 0, 0, 0, 0, 0, 0))];
      const result = guest.call("riscv_hwprobe", at, 1, 8, cpus, 1);
      return [result, guest.bytes(cpus, 1)[0]];
    };
    assertEquals(which([4n, 2n], 0), [0, 1]); // C is there, and so are F and D
    assertEquals(which([4n, 4n], 0), [0, 0]); // no vectors
    assertEquals(which([8n, 10_000_000n], 1), [0, 1]);
    assertEquals(which([8n, 10n], 1), [0, 0]);
    assertEquals(which([4n, 2n], 2), [0, 0]); // a hart that is not there
    assertEquals(which([1000n, 0n], 0), [0, 0]);
  });
});

Deno.test("are sets without a hart, bad flags and bad pointers refused?", () => {
  withGuest((guest) => {
    const at = pairs(guest, [3n, 0n]);
    const none = guest.put(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0));
    assertEquals(guest.call("riscv_hwprobe", at, 1, 8, none, 0), "EINVAL");
    assertEquals(guest.call("riscv_hwprobe", at, 1, 0, 0, 1), "EINVAL");
    assertEquals(guest.call("riscv_hwprobe", at, 1, 0, 0, 2), "EINVAL");
    assertEquals(guest.call("riscv_hwprobe", 8, 1, 0, 0, 0), "EFAULT");
    assertEquals(guest.call("riscv_hwprobe", at, 1, 8, 8, 0), "EFAULT");
  });
});
