// Does a queue give back what was put in, in order, whatever its clones do?
import { assertEquals, assertThrows } from "../../std_assert.ts";
import fc from "npm:fast-check@4";
import { ByteQueue } from "./byte_queue.ts";

/** Few or many bytes, each unlike its neighbours. */
function bytesOf({ length, first }: { length: number; first: number }): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => first + i * 7);
}

const LENGTH = fc.oneof(fc.nat(20), fc.nat(10_000), fc.constantFrom(4095, 4096, 4097));

Deno.test("does every clone of a queue give back what was put in, in order?", () => {
  const step = fc.record({
    which: fc.nat(),
    what: fc.oneof(
      fc.record({ length: LENGTH, first: fc.nat(255) }),
      fc.record({ take: fc.oneof(LENGTH, fc.constant(Infinity)) }),
      fc.constant("clone" as const),
    ),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const sides = [{ queue: new ByteQueue(), model: new Uint8Array(0) }];
    for (const { which, what } of steps) {
      const side = sides[which % sides.length]!;
      const { queue, model } = side;
      if (what === "clone") {
        sides.push({ queue: queue.clone(), model });
      } else if ("take" in what) {
        const expected = model.slice(0, what.take);
        assertEquals(queue.peek(what.take), expected);
        assertEquals(queue.view(what.take), expected);
        queue.consume(expected.length);
        side.model = model.slice(expected.length);
      } else {
        const bytes = bytesOf(what);
        queue.push(bytes);
        bytes.fill(0xee); // the queue has a copy
        side.model = Uint8Array.of(...model, ...bytesOf(what));
      }
    }
    for (const { queue, model } of sides) {
      assertEquals(queue.length, model.length);
      assertEquals(queue.peek(Infinity), model);
      assertThrows(() => queue.consume(model.length + 1), RangeError);
    }
  }));
});

Deno.test("is a byte that goes through again and again held in one place?", () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(1));
  const { buffer } = queue.view(1);
  for (let i = 0; i < 10_000; i++) {
    queue.consume(1);
    queue.push(Uint8Array.of(i));
  }
  assertEquals(queue.view(1).buffer, buffer);
});
