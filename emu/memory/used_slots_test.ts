// Is a table empty after it was emptied, however many of its slots were filled, and nothing else touched?
import { assert } from "../../std_assert.ts";
import { ENTRIES } from "./layout.ts";
import { PhysicalMemory } from "./physical_memory.ts";
import { UsedSlots } from "./used_slots.ts";

const START = ENTRIES.base;
const END = START + ENTRIES.entries * ENTRIES.size;

function isEmpty({ view }: PhysicalMemory): boolean {
  for (let slot = START; slot < END; slot += ENTRIES.size) {
    if (view.getBigInt64(slot, true) !== -1n) return false;
  }
  return true;
}

Deno.test("is every filled slot emptied: few, as many as are remembered, all, some twice?", () => {
  const memory = new PhysicalMemory();
  const used = new UsedSlots(START, END);
  const edges = [START - 1, END];
  for (const edge of edges) memory.view.setUint8(edge, 0x5a);
  used.empty(memory);
  assert(isEmpty(memory), "A table of which nothing is known");
  for (const count of [0, 1, 2, 255, 256, 257, 258, ENTRIES.entries, 3]) {
    for (let i = 0; i < count; i++) {
      // Not in order, and the last of many again and again.
      const slot = START + (Math.min(i * 37, 37 * 1000) % ENTRIES.entries) * ENTRIES.size;
      used.add(slot);
      memory.view.setBigInt64(slot, BigInt(i), true);
    }
    used.empty(memory);
    assert(isEmpty(memory), `${count} slots`);
  }
  assert(edges.every((edge) => memory.view.getUint8(edge) === 0x5a));
});
