import { assertEquals, assertThrows } from "../../std_assert.ts";
import fc from "npm:fast-check@4";
import { ByteQueue } from "./byte_queue.ts";

Deno.test("does the queue give back what was put in, in order?", () => {
  const step = fc.oneof(
    fc.record({ push: fc.uint8Array({ maxLength: 20 }) }),
    fc.record({ take: fc.nat(30) }),
  );
  fc.assert(fc.property(fc.array(step), (steps) => {
    const queue = new ByteQueue();
    let model: number[] = [];
    for (const entry of steps) {
      if ("push" in entry) {
        queue.push(entry.push);
        model.push(...entry.push);
      } else {
        const bytes = queue.peek(entry.take);
        assertEquals([...bytes], model.slice(0, entry.take));
        queue.consume(bytes.length);
        model = model.slice(entry.take);
      }
      assertEquals(queue.length, model.length);
    }
  }));
});

Deno.test("does a clone keep its bytes when the original loses them?", () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(1, 2, 3));
  queue.consume(1);
  const copy = queue.clone();
  queue.consume(2);
  assertEquals([...copy.peek(9)], [2, 3]);
  assertThrows(() => queue.consume(1), RangeError);
});
