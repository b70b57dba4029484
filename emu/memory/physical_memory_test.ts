// Are frames counted, zero when handed out, and never handed out twice?
import fc from "npm:fast-check@4";
import { assert, assertEquals, assertNotEquals, assertThrows } from "../../std_assert.ts";
import { FRAMES_BASE, PAGE_SIZE } from "./layout.ts";
import { OutOfFrames, PhysicalMemory } from "./physical_memory.ts";

const ONES = new Uint8Array(PAGE_SIZE).fill(0xff);

function isZero(memory: PhysicalMemory, frame: number): boolean {
  return memory.frameBytes(frame).every((byte) => byte === 0);
}

Deno.test("is a frame zero when it is handed out, also the second time?", () => {
  const memory = new PhysicalMemory();
  const first = memory.allocateFrame();
  assert(isZero(memory, first));
  memory.writeFrame(first, 0, ONES);
  memory.releaseFrame(first);
  const second = memory.allocateFrame();
  assertEquals(second, first); // otherwise this test asks nothing
  assert(isZero(memory, second));
});

Deno.test("does a frame live as long as one reference, and no longer?", () => {
  const memory = new PhysicalMemory();
  const frame = memory.allocateFrame();
  memory.retainFrame(frame);
  assertEquals(memory.references(frame), 2);
  memory.releaseFrame(frame);
  assertEquals([memory.references(frame), memory.framesInUse], [1, 1]);
  memory.releaseFrame(frame);
  assertEquals([memory.references(frame), memory.framesInUse], [0, 0]);
});

Deno.test("is a reference too many dropped, or added to a free frame, an error?", () => {
  const memory = new PhysicalMemory();
  const frame = memory.allocateFrame();
  memory.releaseFrame(frame);
  assertThrows(() => memory.releaseFrame(frame), Error, "released more often than retained");
  assertThrows(() => memory.retainFrame(frame), Error, "is free");
  assertThrows(() => memory.retainFrame(12345), Error, "is free");
  assertEquals(memory.framesInUse, 0);
  const [a, b] = [memory.allocateFrame(), memory.allocateFrame()];
  assertNotEquals(a, b);
});

Deno.test("is the zero frame zero, permanent and not counted?", () => {
  const memory = new PhysicalMemory({ framesMax: 1 });
  assert(isZero(memory, memory.zeroFrame));
  assertEquals([memory.references(memory.zeroFrame), memory.framesInUse], [1, 0]);
  memory.retainFrame(memory.zeroFrame);
  memory.releaseFrame(memory.zeroFrame);
  assertNotEquals(memory.allocateFrame(), memory.zeroFrame);
});

Deno.test("does the limit hold for allocated and for copied frames, to the last one?", () => {
  for (const framesMax of [1, 2, 15, 16, 17, 300]) {
    const memory = new PhysicalMemory({ framesMax });
    const frames = Array.from({ length: framesMax }, () => memory.allocateFrame());
    assertEquals(new Set(frames).size, framesMax);
    assertEquals(memory.framesInUse, framesMax);
    assertThrows(() => memory.allocateFrame(), OutOfFrames, `all ${framesMax} frames are in use`);
    assertThrows(() => memory.copyFrame(frames[0]!), OutOfFrames);
    assertEquals(memory.framesInUse, framesMax);
    memory.releaseFrame(frames[0]!);
    assertEquals(memory.allocateFrame(), frames[0]);
    for (const frame of frames) memory.releaseFrame(frame);
    assertEquals(memory.framesInUse, 0);
  }
});

Deno.test("is a limit refused that no memory can hold?", () => {
  for (const framesMax of [0, -1, 1.5, NaN, 2 ** 20]) {
    assertThrows(() => new PhysicalMemory({ framesMax }), RangeError, "Cannot create a memory");
  }
});

Deno.test("can every frame be had that the largest memory may have?", () => {
  const framesMax = (2 ** 32 - FRAMES_BASE) / PAGE_SIZE - 1; // one is the zero frame
  assertThrows(() => new PhysicalMemory({ framesMax: framesMax + 1 }), RangeError);
  const memory = new PhysicalMemory({ framesMax });
  let last = 0;
  for (let i = 0; i < framesMax; i++) last = memory.allocateFrame();
  assertThrows(() => memory.allocateFrame(), OutOfFrames);
  assertEquals(memory.frameAddress(last), 2 ** 32 - PAGE_SIZE);
  memory.writeFrame(last, PAGE_SIZE - 1, new Uint8Array([7]));
  assertEquals(memory.frameBytes(last)[PAGE_SIZE - 1], 7);
});

Deno.test("does a copy begin as its source, and go its own way?", () => {
  const memory = new PhysicalMemory();
  const source = memory.allocateFrame();
  memory.writeFrame(source, 100, new Uint8Array([1, 2, 3]));
  const copy = memory.copyFrame(source);
  assertEquals(memory.frameBytes(copy), memory.frameBytes(source));
  memory.writeFrame(copy, 100, new Uint8Array([9]));
  assertEquals([...memory.frameBytes(source).subarray(99, 104)], [0, 1, 2, 3, 0]);
  assertEquals([...memory.frameBytes(copy).subarray(99, 104)], [0, 9, 2, 3, 0]);
});

Deno.test("does a write stay inside its frame?", () => {
  const memory = new PhysicalMemory();
  const [before, frame, after] = [0, 0, 0].map(() => memory.allocateFrame());
  memory.writeFrame(frame!, 0, ONES);
  assert(isZero(memory, before!) && isZero(memory, after!));
  for (const [offset, length] of [[-1, 1], [PAGE_SIZE, 1], [1, PAGE_SIZE]] as const) {
    const write = () => memory.writeFrame(frame!, offset, new Uint8Array(length));
    assertThrows(write, RangeError, "of a frame");
  }
  memory.writeFrame(frame!, PAGE_SIZE, new Uint8Array(0));
  assert(memory.frameBytes(frame!).every((byte) => byte === 0xff));
});

Deno.test("does a frame's address lead back to the frame, everywhere in it?", () => {
  const memory = new PhysicalMemory();
  for (const frame of [memory.zeroFrame, memory.allocateFrame(), 2 ** 19, 2 ** 20 - 8400]) {
    const address = memory.frameAddress(frame);
    assertEquals(address % PAGE_SIZE, 0);
    assertEquals([0, 1, 4095].map((offset) => memory.frameOf(address + offset)), [
      frame,
      frame,
      frame,
    ]);
  }
});

Deno.test("do counts and contents follow a plain model through any allocations and releases?", () => {
  const step = fc.record({
    kind: fc.constantFrom("allocate", "copy", "retain", "release", "write"),
    which: fc.nat(),
    byte: fc.nat(255),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const framesMax = 20;
    const memory = new PhysicalMemory({ framesMax });
    const model = new Map<number, { references: number; byte: number }>();
    for (const { kind, which, byte } of steps) {
      const frame = [...model.keys()][which % Math.max(1, model.size)];
      if (kind === "allocate" || (kind === "copy" && frame !== undefined)) {
        const take = () =>
          frame === undefined || kind === "allocate"
            ? memory.allocateFrame()
            : memory.copyFrame(frame);
        if (model.size === framesMax) {
          assertThrows(take, OutOfFrames);
          continue;
        }
        const taken = take();
        assert(!model.has(taken));
        const source = kind === "copy" ? model.get(frame ?? -1) : undefined;
        model.set(taken, { references: 1, byte: source?.byte ?? 0 });
      }
      const state = frame === undefined ? undefined : model.get(frame);
      if (frame === undefined || state === undefined) continue;
      if (kind === "retain") {
        memory.retainFrame(frame);
        state.references++;
      } else if (kind === "release") {
        memory.releaseFrame(frame);
        if (--state.references === 0) model.delete(frame);
      } else if (kind === "write") {
        memory.writeFrame(frame, byte, new Uint8Array(PAGE_SIZE - 255).fill(byte));
        state.byte = byte;
      }
      assertEquals(memory.references(frame), model.get(frame)?.references ?? 0);
      assertEquals(memory.framesInUse, model.size);
    }
    for (const [frame, { references, byte }] of model) {
      assertEquals(memory.references(frame), references);
      assertEquals(memory.frameBytes(frame)[2000], byte);
    }
  }));
});
