// Which pages come when they are touched, and which do not?

import { assert, assertEquals, assertNotEquals, assertThrows } from "../../std_assert.ts";
import { PAGE_SIZE, PhysicalMemory } from "../../emu/mod.ts";
import { SystemError } from "../abi/errno.ts";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_PRIVATE,
  MMAP_MIN_ADDR,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from "../abi/mman.ts";
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK } from "../abi/resource.ts";
import { Cloning } from "../fs/cloning.ts";
import { Limits } from "../limits.ts";
import { AddressSpace } from "./address_space.ts";
import { brk } from "./brk.ts";
import { NOT_ALLOWED, NOT_MAPPED } from "./fault.ts";
import { mmapBase, STACK_GUARD_BYTES, TASK_SIZE } from "./layout.ts";
import { mmap, munmap } from "./mmap.ts";

const BASE = 0x100000;
const READ_WRITE = PROT_READ | PROT_WRITE;

function withSpace(use: (mm: AddressSpace, memory: PhysicalMemory) => void): void {
  const memory = new PhysicalMemory({ framesMax: 1024 });
  const mm = new AddressSpace(memory, Limits.atBoot());
  use(mm, memory);
  mm.release();
  assertEquals(memory.framesInUse, 0);
  assertEquals(memory.references(memory.zeroFrame), 1);
}

function mapAt(
  mm: AddressSpace,
  address: number,
  pages: number,
  protection = READ_WRITE,
  flags = 0,
) {
  return mmap(mm, {
    address,
    length: pages * PAGE_SIZE,
    protection,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | (address === 0 ? 0 : MAP_FIXED) | flags,
    file: null,
    offset: 0,
  });
}

Deno.test("a page that is only read costs no frame, and one that is written costs one", () => {
  withSpace((mm, memory) => {
    mapAt(mm, BASE, 4);
    assertEquals(mm.fault(BASE, "read"), null);
    assertEquals(mm.pageTable.frameAt(BASE / PAGE_SIZE), memory.zeroFrame);
    assertEquals(memory.framesInUse, 0);
    mm.user.write(BASE, new Uint8Array([1]));
    assertEquals(memory.framesInUse, 1);
    assertEquals(mm.fault(BASE + PAGE_SIZE, "write"), null);
    assertEquals(memory.framesInUse, 2);
    assertEquals([...mm.user.read(BASE, 2)], [1, 0]);
  });
});

Deno.test("an access is judged by the VMA's rights; what may be written may be read", () => {
  withSpace((mm) => {
    mapAt(mm, BASE, 1, PROT_READ);
    mapAt(mm, BASE + 2 * PAGE_SIZE, 1, PROT_WRITE);
    mapAt(mm, BASE + 4 * PAGE_SIZE, 1, PROT_EXEC);
    mapAt(mm, BASE + 6 * PAGE_SIZE, 1, PROT_NONE);
    const judge = (page: number) =>
      (["read", "write", "execute"] as const).map((access) => {
        mm.zap(BASE, BASE + 7 * PAGE_SIZE);
        return mm.fault(BASE + page * PAGE_SIZE, access);
      });
    assertEquals(judge(0), [null, NOT_ALLOWED, NOT_ALLOWED]);
    assertEquals(judge(1), [NOT_MAPPED, NOT_MAPPED, NOT_MAPPED]);
    assertEquals(judge(2), [null, null, NOT_ALLOWED]);
    assertEquals(judge(4), [NOT_ALLOWED, NOT_ALLOWED, null]);
    assertEquals(judge(6), [NOT_ALLOWED, NOT_ALLOWED, NOT_ALLOWED]);
  });
});

Deno.test("mappings without a place grow down from mmap_base, side by side", () => {
  withSpace((mm) => {
    const base = mmapBase(8 * 2 ** 20);
    const first = mapAt(mm, 0, 2);
    assertEquals(first, base - 2 * PAGE_SIZE);
    assertEquals(mapAt(mm, 0, 3), first - 3 * PAGE_SIZE);
    assertEquals(mm.vmas.length, 1);
    munmap(mm, first, PAGE_SIZE);
    assertEquals(mapAt(mm, 0, 1), first);
    assertEquals(mapAt(mm, 0, 2), first - 5 * PAGE_SIZE);
  });
});

Deno.test("a hint is taken where there is room, and rounded up to a page", () => {
  withSpace((mm) => {
    const hinted = (address: number) =>
      mmap(mm, {
        address,
        length: PAGE_SIZE,
        protection: PROT_READ,
        flags: MAP_PRIVATE | MAP_ANONYMOUS,
        file: null,
        offset: 0,
      });
    assertEquals(hinted(BASE + 1), BASE + PAGE_SIZE);
    assertNotEquals(hinted(BASE + PAGE_SIZE), BASE + PAGE_SIZE);
    assertEquals(hinted(TASK_SIZE), mmapBase(0) - 2 * PAGE_SIZE);
  });
});

Deno.test("when nothing is free below mmap_base, the search begins anew from below", () => {
  withSpace((mm) => {
    mapAt(mm, MMAP_MIN_ADDR, (mm.mmap_base - MMAP_MIN_ADDR) / PAGE_SIZE, PROT_NONE);
    const found = mm.findFree(PAGE_SIZE);
    assertEquals(found, mm.mmap_base);
    assertThrows(() => mm.findFree(2 ** 30), SystemError, "ENOMEM");
  });
});

Deno.test("a stack grows down to its limit, and not into the gap above its neighbour", () => {
  withSpace((mm) => {
    const top = TASK_SIZE;
    mapAt(mm, top - PAGE_SIZE, 1, READ_WRITE, MAP_GROWSDOWN);
    const limit = 8 * 2 ** 20;
    assertEquals(mm.fault(top - limit, "write"), null);
    assertEquals(mm.fault(top - limit - 1, "write"), NOT_MAPPED);
    mm.limits.set(RLIMIT_STACK, { soft: BigInt(2 * limit), hard: BigInt(2 * limit) }, true);
    mapAt(mm, top - limit - STACK_GUARD_BYTES - 2 * PAGE_SIZE, 1);
    assertEquals(mm.fault(top - limit - PAGE_SIZE, "write"), null);
    assertEquals(mm.fault(top - limit - 2 * PAGE_SIZE, "write"), NOT_MAPPED);
  });
});

Deno.test("the gap below a stack is not given to mappings", () => {
  withSpace((mm) => {
    const stack = mm.mmap_base - PAGE_SIZE;
    mapAt(mm, stack, 1, READ_WRITE, MAP_GROWSDOWN);
    assertEquals(mapAt(mm, 0, 1), stack - STACK_GUARD_BYTES - PAGE_SIZE);
  });
});

Deno.test("limits on memory are kept, for data apart", () => {
  withSpace((mm) => {
    mm.limits.set(RLIMIT_DATA, { soft: BigInt(2 * PAGE_SIZE), hard: BigInt(2 * PAGE_SIZE) }, true);
    mapAt(mm, BASE, 2);
    assertThrows(() => mapAt(mm, BASE + 4 * PAGE_SIZE, 1), SystemError, "ENOMEM");
    mapAt(mm, BASE + 4 * PAGE_SIZE, 1, PROT_READ);
    mm.limits.set(RLIMIT_AS, { soft: BigInt(4 * PAGE_SIZE), hard: BigInt(4 * PAGE_SIZE) }, true);
    mapAt(mm, BASE + 8 * PAGE_SIZE, 1, PROT_READ);
    assertThrows(() => mapAt(mm, BASE + 16 * PAGE_SIZE, 1, PROT_READ), SystemError, "ENOMEM");
  });
});

Deno.test("the heap is where brk says, and leaves a page to its upper neighbour", () => {
  withSpace((mm) => {
    mm.start_brk = mm.brk = BASE;
    assertEquals(brk(mm, 0), BASE);
    assertEquals(brk(mm, BASE + 100), BASE + 100);
    mm.user.write(BASE, new Uint8Array([7]));
    const [heap] = mm.vmas;
    assert(heap !== undefined);
    assertEquals([heap.start, heap.end, mm.nameOf(heap)], [BASE, BASE + PAGE_SIZE, "[heap]"]);
    mapAt(mm, BASE + 4 * PAGE_SIZE, 1);
    assertEquals(brk(mm, BASE + 3 * PAGE_SIZE), BASE + 3 * PAGE_SIZE);
    assertEquals(brk(mm, BASE + 3 * PAGE_SIZE + 1), BASE + 3 * PAGE_SIZE);
    assertEquals(brk(mm, BASE - 1), BASE + 3 * PAGE_SIZE);
    assertEquals(brk(mm, BASE), BASE);
    assertEquals(mm.vmas.length, 1);
    brk(mm, BASE + 1);
    assertEquals([...mm.user.read(BASE, 1)], [0]);
  });
});

Deno.test("a page that was taken away and comes back is zero", () => {
  withSpace((mm) => {
    mapAt(mm, BASE, 2);
    mm.user.write(BASE, new Uint8Array([1]));
    munmap(mm, BASE, PAGE_SIZE);
    assertThrows(() => mm.user.read(BASE, 1), SystemError, "EFAULT");
    mapAt(mm, BASE, 1);
    assertEquals([...mm.user.read(BASE, 1)], [0]);
  });
});

Deno.test("a clone shares frames until one side writes", () => {
  withSpace((mm, memory) => {
    mapAt(mm, BASE, 8);
    for (let i = 0; i < 8; i++) mm.user.write(BASE + i * PAGE_SIZE, new Uint8Array([i]));
    const clone = mm.clone(new Cloning());
    assertEquals(memory.framesInUse, 8);
    clone.user.write(BASE, new Uint8Array([99]));
    mm.user.write(BASE + PAGE_SIZE, new Uint8Array([98]));
    assertEquals(memory.framesInUse, 10);
    const bytes = (space: AddressSpace) =>
      [0, 1, 2].map((i) => space.user.readU8(BASE + i * PAGE_SIZE));
    assertEquals([bytes(mm), bytes(clone)], [[0, 98, 2], [99, 1, 2]]);
    clone.release();
    assertEquals(memory.framesInUse, 8);
  });
});

Deno.test("populating stops where frames end, and says so", () => {
  const memory = new PhysicalMemory({ framesMax: 4 });
  const mm = new AddressSpace(memory, Limits.atBoot());
  mapAt(mm, BASE, 3);
  assertEquals(mm.populate(BASE, BASE + 3 * PAGE_SIZE), true);
  mapAt(mm, BASE + 8 * PAGE_SIZE, 4);
  assertEquals(mm.populate(BASE + 8 * PAGE_SIZE, BASE + 12 * PAGE_SIZE), false);
  mapAt(mm, 2 ** 32, 2 ** 20, PROT_READ);
  assertEquals(mm.populate(2 ** 32, 2 ** 32 + 2 ** 32), false);
  mm.release();
  assertEquals(memory.framesInUse, 0);
});
