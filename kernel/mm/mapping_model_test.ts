// Does a random sequence of mmap, munmap, mprotect, mremap, madvise and accesses do to each page what a
// plain table of pages says?

import fc from "npm:fast-check@4";
import { assert, assertEquals } from "../../std_assert.ts";
import { PAGE_SIZE, PhysicalMemory } from "../../emu/mod.ts";
import { SystemError } from "../abi/errno.ts";
import {
  MADV_DONTNEED,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_READ,
  PROT_WRITE,
  VM_ACCESS_FLAGS,
} from "../abi/mman.ts";
import { Limits } from "../limits.ts";
import { AddressSpace } from "./address_space.ts";
import { madvise } from "./madvise.ts";
import { mmap, munmap } from "./mmap.ts";
import { mprotect } from "./mprotect.ts";
import { mremap } from "./mremap.ts";

const BASE_PAGE = 0x100;
const PAGES = 24;

/** What the model knows of a page: its rights, and the byte at its beginning. */
interface ModelPage {
  readonly access: number;
  readonly byte: number;
}

const page = fc.integer({ min: 0, max: PAGES - 1 });
const count = fc.integer({ min: 1, max: 8 });
const access = fc.constantFrom(0, PROT_READ, PROT_READ | PROT_WRITE, PROT_WRITE);
const step = fc.oneof(
  fc.record({ kind: fc.constant("map" as const), page, count, access }),
  fc.record({ kind: fc.constant("unmap" as const), page, count }),
  fc.record({ kind: fc.constant("protect" as const), page, count, access }),
  fc.record({ kind: fc.constant("forget" as const), page, count }),
  fc.record({ kind: fc.constant("move" as const), page, count, to: page, newCount: count }),
  fc.record({ kind: fc.constant("write" as const), page, byte: fc.integer({ min: 1, max: 255 }) }),
);
type Step = (typeof step) extends fc.Arbitrary<infer T> ? T : never;

const addressOf = (index: number) => (BASE_PAGE + index) * PAGE_SIZE;

function succeeds(call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}

/** Carries a step out in both worlds. */
function apply(mm: AddressSpace, model: (ModelPage | null)[], step: Step): void {
  const address = addressOf(step.page);
  switch (step.kind) {
    case "map":
      mmap(mm, {
        address,
        length: step.count * PAGE_SIZE,
        protection: step.access,
        flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
        file: null,
        offset: 0,
      });
      model.fill({ access: step.access, byte: 0 }, step.page, step.page + step.count);
      return;
    case "unmap":
      munmap(mm, address, step.count * PAGE_SIZE);
      model.fill(null, step.page, step.page + step.count);
      return;
    case "protect": {
      const done = succeeds(() => mprotect(mm, address, step.count * PAGE_SIZE, step.access));
      for (let i = step.page; i < step.page + step.count; i++) {
        const before = model[i];
        // Up to the first hole it is done also when it fails.
        if (!before) return assert(!done);
        model[i] = { ...before, access: step.access };
      }
      return assert(done);
    }
    case "forget":
      succeeds(() => madvise(mm, address, address + step.count * PAGE_SIZE, MADV_DONTNEED));
      for (let i = step.page; i < step.page + step.count; i++) {
        const before = model[i];
        if (before) model[i] = { ...before, byte: 0 };
      }
      return;
    case "move":
      return move(mm, model, step);
    case "write": {
      const before = model[step.page];
      const done = succeeds(() => mm.user.write(address, new Uint8Array([step.byte])));
      const allowed = before !== null && before !== undefined &&
        (before.access & PROT_WRITE) !== 0;
      assertEquals(done, allowed);
      if (allowed) model[step.page] = { ...before, byte: step.byte };
    }
  }
}

function move(
  mm: AddressSpace,
  model: (ModelPage | null)[],
  step: Extract<Step, { kind: "move" }>,
): void {
  const old = model.slice(step.page, step.page + step.count);
  const done = succeeds(() =>
    mremap(mm, {
      address: addressOf(step.page),
      oldLength: step.count * PAGE_SIZE,
      newLength: step.newCount * PAGE_SIZE,
      flags: MREMAP_MAYMOVE | MREMAP_FIXED,
      newAddress: addressOf(step.to),
    })
  );
  if (!done) return;
  const first = old[0];
  assert(first, "What is moved must be there");
  model.fill(null, step.page, step.page + step.count);
  for (let i = 0; i < step.newCount; i++) {
    model[step.to + i] = old[i] ?? { access: first.access, byte: 0 };
  }
}

function check(mm: AddressSpace, model: readonly (ModelPage | null)[]): void {
  let end = 0;
  for (const vma of mm.vmas) {
    assert(vma.start >= end && vma.end > vma.start, "VMAs ascend without overlap");
    assertEquals([vma.start % PAGE_SIZE, vma.end % PAGE_SIZE], [0, 0]);
    end = vma.end;
  }
  for (const [i, vma] of mm.vmas.all.entries()) {
    const next = mm.vmas.all[i + 1];
    assert(next === undefined || !vma.continuesAs(next), "Neighbours that are alike are united");
  }
  for (let i = 0; i < model.length; i++) {
    const expected = model[i] ?? null;
    const vma = mm.vmas.lookup(addressOf(i));
    assertEquals(vma === undefined ? null : vma.flags & VM_ACCESS_FLAGS, expected?.access ?? null);
    if (expected === null) {
      assertEquals(mm.pageTable.frameAt(BASE_PAGE + i), -1);
    } else if (expected.access !== 0) {
      assertEquals(mm.user.readU8(addressOf(i)), expected.byte);
    }
  }
}

Deno.test("pages are what a plain table says they are", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const memory = new PhysicalMemory({ framesMax: 256 });
      const mm = new AddressSpace(memory, Limits.atBoot());
      const model: (ModelPage | null)[] = new Array(PAGES + 16).fill(null);
      for (const step of steps) {
        apply(mm, model, step);
        check(mm, model);
      }
      mm.release();
      assertEquals(memory.framesInUse, 0);
      assertEquals(memory.references(memory.zeroFrame), 1);
    }),
    { numRuns: 300 },
  );
});
