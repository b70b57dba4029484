// Do page tables map, share and copy as a plain map of pages would, and leak no frame?
import fc from "npm:fast-check@4";
import { assert, assertEquals, assertNotEquals, assertThrows } from "../../std_assert.ts";
import { EXECUTE, READ, SHARED, USER_PAGES, WRITE } from "./layout.ts";
import { PageTable } from "./page_table.ts";
import { OutOfFrames, PhysicalMemory } from "./physical_memory.ts";

/** Writes one byte as a guest's store would: into a frame that is the table's own. */
function poke(table: PageTable, page: number, byte: number): void {
  const frame = table.frameForWriting(page);
  assert(frame >= 0);
  table.memory.writeFrame(frame, 0, new Uint8Array([byte]));
}

function peek(table: PageTable, page: number): number | undefined {
  const frame = table.frameAt(page);
  return frame < 0 ? undefined : table.memory.frameBytes(frame)[0];
}

function tableWith(pages: readonly number[], framesMax = 1000): PageTable {
  const table = new PageTable(new PhysicalMemory({ framesMax }));
  for (const page of pages) table.map(page, table.memory.allocateFrame(), READ | WRITE);
  return table;
}

Deno.test("is a page that was never mapped absent, in every respect?", () => {
  const table = tableWith([5]);
  for (const page of [0, 4, 6, 517, USER_PAGES - 1]) {
    assertEquals([table.frameAt(page), table.permissionsAt(page)], [-1, 0]);
    assertEquals([table.isDirty(page), table.frameForWriting(page)], [false, -1]);
    table.unmap(page);
    table.protect(page, READ);
  }
  assertEquals(table.presentPages(), [5]);
});

Deno.test("is a number that is no page of the user's refused, and never another page?", () => {
  const table = tableWith([0, 5]);
  const frame = table.memory.allocateFrame();
  for (const page of [-1, USER_PAGES, 2 ** 32, 2 ** 32 + 5, 0.5, NaN]) {
    assertThrows(() => table.map(page, frame, READ), RangeError, "Cannot map page");
    assertEquals([table.frameAt(page), table.permissionsAt(page)], [-1, 0]);
    assertEquals(table.frameForWriting(page), -1);
    table.unmap(page);
    table.protect(page, 0);
  }
  assertEquals(table.presentPages(), [0, 5]);
  assertEquals(table.permissionsAt(5), READ | WRITE);
});

Deno.test("does mapping take one reference over, and mapping over something release it?", () => {
  const table = tableWith([7]);
  const { memory } = table;
  const old = table.frameAt(7);
  const frame = memory.allocateFrame();
  table.map(7, frame, EXECUTE);
  assertEquals([memory.references(old), memory.references(frame)], [0, 1]);
  assertEquals([table.frameAt(7), table.permissionsAt(7)], [frame, EXECUTE]);
  memory.retainFrame(frame);
  table.map(7, frame, READ); // the same frame again
  assertEquals(memory.references(frame), 1);
  table.unmap(7);
  assertEquals([table.frameAt(7), memory.framesInUse], [-1, 0]);
});

Deno.test("are permissions the three bits, and no other bit of what was passed?", () => {
  const table = tableWith([1]);
  for (let permissions = 0; permissions < 8; permissions++) {
    const frame = table.frameAt(1);
    table.protect(1, permissions | 0xff00);
    assertEquals([table.permissionsAt(1), table.frameAt(1)], [permissions, frame]);
    assert(!table.isDirty(1));
  }
  table.map(2, table.memory.allocateFrame(), 0xfff8);
  assertEquals([table.permissionsAt(2), table.isDirty(2)], [0, false]);
});

Deno.test("is a page dirty from the first write until it is mapped anew?", () => {
  const table = tableWith([3]);
  assert(!table.isDirty(3));
  const frame = table.frameAt(3);
  assertEquals(table.frameForWriting(3), frame); // nobody shares it
  assert(table.isDirty(3));
  table.protect(3, READ);
  assert(table.isDirty(3));
  table.map(3, table.memory.allocateFrame(), READ);
  assert(!table.isDirty(3));
});

Deno.test("does the first write to a shared frame copy it, and the next one not?", () => {
  const table = tableWith([]);
  const { memory } = table;
  memory.retainFrame(memory.zeroFrame);
  table.map(9, memory.zeroFrame, READ | WRITE);
  poke(table, 9, 1);
  const own = table.frameAt(9);
  assertNotEquals(own, memory.zeroFrame);
  assertEquals(memory.references(memory.zeroFrame), 1);
  assertEquals(memory.frameBytes(memory.zeroFrame)[0], 0);
  poke(table, 9, 2);
  assertEquals([table.frameAt(9), peek(table, 9)], [own, 2]);
});

Deno.test("does a fork see what was, and neither side what the other writes later?", () => {
  const parent = tableWith([1, 2, 600]);
  for (const page of [1, 2, 600]) poke(parent, page, page % 256);
  const child = parent.fork();
  assertEquals(parent.memory.framesInUse, 3);
  poke(parent, 1, 101);
  poke(child, 2, 102);
  assertEquals([1, 2, 600].map((page) => peek(parent, page)), [101, 2, 600 % 256]);
  assertEquals([1, 2, 600].map((page) => peek(child, page)), [1, 102, 600 % 256]);
  assertEquals(parent.memory.framesInUse, 5);
  parent.unmap(600);
  assertEquals(peek(child, 600), 600 % 256);
  child.protect(600, EXECUTE);
  parent.dispose();
  assertEquals([1, 2, 600].map((page) => peek(child, page)), [1, 102, 600 % 256]);
  child.dispose();
  assertEquals(child.memory.framesInUse, 0);
});

Deno.test("does a failed copy leave everything as it was?", () => {
  const parent = tableWith([1], 1);
  const child = parent.fork();
  assertThrows(() => child.frameForWriting(1), OutOfFrames);
  assertEquals(child.frameAt(1), parent.frameAt(1));
  assert(!child.isDirty(1));
  child.dispose();
  assertEquals(parent.memory.framesInUse, 1);
  poke(parent, 1, 5);
  parent.dispose();
  assertEquals(parent.memory.framesInUse, 0);
});

Deno.test("are the present pages those of the range, ascending?", () => {
  const pages = [USER_PAGES - 1, 0, 511, 512, 513, 1024, 70000];
  const table = tableWith(pages);
  const sorted = pages.toSorted((a, b) => a - b);
  assertEquals(table.presentPages(), sorted);
  for (const from of [0, 1, 511, 512, 1025, USER_PAGES]) {
    for (const to of [0, 1, 512, 513, 1024, 70001, USER_PAGES]) {
      const expected = sorted.filter((page) => page >= from && page < to);
      assertEquals(table.presentPages(from, to), expected, `${from} to ${to}`);
    }
  }
});

Deno.test("is every address given its page, and none outside the user's range?", () => {
  assertEquals(PageTable.pageOf(0n), 0);
  assertEquals(PageTable.pageOf(4095n), 0);
  assertEquals(PageTable.pageOf(4096n), 1);
  assertEquals(PageTable.pageOf(2n ** 38n - 1n), USER_PAGES - 1);
  for (const address of [2n ** 38n, 2n ** 63n, 2n ** 64n - 1n, -1n, 2n ** 64n]) {
    assertEquals(PageTable.pageOf(address), -1);
  }
});

Deno.test("is a listener told of every change that makes a translation wrong?", () => {
  const table = tableWith([1, 2]);
  const news: string[] = [];
  table.onChange({
    changed: (first, end) => news.push(`changed ${first}…${end}`),
    appeared: (page) => news.push(`appeared ${page}`),
    allChanged: () => news.push("all"),
  });
  const told = (change: () => unknown) => {
    news.length = 0;
    change();
    return news.join();
  };
  const { memory } = table;
  const map = (page: number) => table.map(page, memory.allocateFrame(), READ);
  assertEquals(told(() => map(3)), "appeared 3");
  assertEquals(told(() => map(3)), "changed 3…4");
  assertEquals(told(() => table.protect(1, READ)), "changed 1…2");
  assertEquals(told(() => table.unmap(3)), "changed 3…4");
  assertEquals(told(() => table.unmap(3)), "", "it was not there");
  assertEquals(told(() => map(3)), "appeared 3", "and is again");
  [600, 2000].forEach(map);
  assertEquals(told(() => table.unmapRange(3, 2000)), "changed 3…601");
  assertEquals(table.presentPages(), [1, 2, 2000]);
  assertEquals(told(() => table.unmapRange(3, 2000)), "", "nothing is there");
  assertEquals(told(() => table.frameForWriting(1)), "", "a write in place changes no translation");
  let child = table;
  assertEquals(told(() => child = table.fork()), "all");
  assertEquals(told(() => poke(child, 1, 1)), "", "a fork has no listener");
  child.dispose();
  memory.retainFrame(table.frameAt(2));
  assertEquals(told(() => table.frameForWriting(2)), "changed 2…3", "a copy");
  assertEquals(told(() => table.dispose()), "all");
  table.onChange(undefined);
  assertEquals(told(() => map(1)), "");
});

// The model: each table is a map from page to its byte, permissions and dirtiness; no sharing.
interface ModelPage {
  byte: number;
  permissions: number;
  dirty: boolean;
}

interface Pair {
  readonly table: PageTable;
  readonly model: Map<number, ModelPage>;
}

const PAGES = [0, 1, 2, 511, 512, 513, 40000, USER_PAGES - 1];

const STEP = fc.record({
  kind: fc.constantFrom("map", "alias", "unmap", "protect", "write", "write", "fork", "dispose"),
  table: fc.nat(),
  page: fc.constantFrom(...PAGES),
  other: fc.constantFrom(...PAGES),
  permissions: fc.nat(7),
  byte: fc.integer({ min: 1, max: 255 }),
});

type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;

function apply(pairs: Pair[], { kind, table: which, page, other, permissions, byte }: Step): void {
  const pair = pairs[which % pairs.length];
  if (pair === undefined) return;
  const { table, model } = pair;
  const { memory } = table;
  const known = model.get(page);
  switch (kind) {
    case "map": {
      const frame = memory.allocateFrame();
      memory.writeFrame(frame, 0, new Uint8Array([byte]));
      table.map(page, frame, permissions);
      model.set(page, { byte, permissions, dirty: false });
      break;
    }
    case "alias": { // another page of the same frame
      if (known === undefined) break;
      memory.retainFrame(table.frameAt(page));
      table.map(other, table.frameAt(page), permissions);
      model.set(other, { byte: known.byte, permissions, dirty: false });
      break;
    }
    case "unmap":
      table.unmap(page);
      model.delete(page);
      break;
    case "protect":
      table.protect(page, permissions);
      if (known !== undefined) known.permissions = permissions;
      break;
    case "write":
      if (known === undefined) {
        assertEquals(table.frameForWriting(page), -1);
        break;
      }
      poke(table, page, byte);
      Object.assign(known, { byte, dirty: true });
      break;
    case "fork": {
      if (pairs.length >= 5) break;
      const copies = [...model].map(([at, state]) => [at, { ...state }] as const);
      pairs.push({ table: table.fork(), model: new Map(copies) });
      break;
    }
    case "dispose":
      table.dispose();
      model.clear();
      if (pairs.length > 1) pairs.splice(pairs.indexOf(pair), 1);
  }
}

function checkAgainstModel({ table, model }: Pair): void {
  assertEquals(table.presentPages(), [...model.keys()].toSorted((a, b) => a - b));
  for (const page of PAGES) {
    const expected = model.get(page);
    assertEquals(peek(table, page), expected?.byte);
    assertEquals(table.permissionsAt(page), expected?.permissions ?? 0);
    assertEquals(table.isDirty(page), expected?.dirty ?? false);
  }
}

Deno.test("do tables and their forks follow a plain model through any changes, and leak no frame?", () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 60 }), (steps) => {
      const memory = new PhysicalMemory({ framesMax: 500 });
      const pairs: Pair[] = [{ table: new PageTable(memory), model: new Map() }];
      for (const step of steps) {
        apply(pairs, step);
        pairs.forEach(checkAgainstModel);
      }
      const frames = new Set(
        pairs.flatMap(({ table, model }) => [...model.keys()].map((page) => table.frameAt(page))),
      );
      assertEquals(memory.framesInUse, frames.size);
      for (const { table } of pairs) table.dispose();
      assertEquals(memory.framesInUse, 0);
    }),
    { numRuns: 150 },
  );
});

Deno.test("is a shared page written in place for all who have it, and a private one beside it not?", () => {
  const one = tableWith([]);
  const { memory } = one;
  const frames = [memory.allocateFrame(), memory.allocateFrame()] as const;
  const other = new PageTable(memory);
  for (const [table, flags] of [[one, SHARED], [other, SHARED]] as const) {
    frames.forEach((frame, page) => {
      memory.retainFrame(frame);
      table.map(page, frame, READ | WRITE | (page === 0 ? flags : 0));
    });
  }
  const child = one.fork();
  poke(child, 0, 1);
  poke(child, 1, 2);
  assertEquals([one, other, child].map((table) => peek(table, 0)), [1, 1, 1]);
  assertEquals([one, other, child].map((table) => peek(table, 1)), [0, 0, 2]);
  assertEquals([child.isDirty(0), one.isDirty(0)], [true, false]);
  one.protect(0, READ);
  one.protect(0, READ | WRITE);
  poke(one, 0, 3); // it is still shared
  assertEquals([peek(other, 0), one.permissionsAt(0)], [3, READ | WRITE]);
  for (const table of [one, other, child]) table.dispose();
  frames.forEach((frame) => memory.releaseFrame(frame));
  assertEquals(memory.framesInUse, 0);
});
