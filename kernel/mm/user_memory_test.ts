// What if a program passes ridiculous pointers?

import { assertEquals, assertThrows } from "../../std_assert.ts";
import { PAGE_SIZE, PhysicalMemory } from "../../emu/mod.ts";
import { E2BIG, errnoName, SystemError } from "../abi/errno.ts";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE } from "../abi/mman.ts";
import { Limits } from "../limits.ts";
import { AddressSpace } from "./address_space.ts";
import { TASK_SIZE } from "./layout.ts";
import { mmap } from "./mmap.ts";
import type { UserMemory } from "./user_memory.ts";

const BASE = 0x10000;
const END = BASE + 3 * PAGE_SIZE;

/** Three pages that can be written, one that can only be read behind a hole of one, and the last of all. */
function withMemory(use: (user: UserMemory, mm: AddressSpace) => void): void {
  const memory = new PhysicalMemory({ framesMax: 64 });
  const mm = new AddressSpace(memory, Limits.atBoot());
  const map = (address: number, pages: number, protection: number) =>
    mmap(mm, {
      address,
      length: pages * PAGE_SIZE,
      protection,
      flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
      file: null,
      offset: 0,
    });
  map(BASE, 3, PROT_READ | PROT_WRITE);
  map(END + PAGE_SIZE, 1, PROT_READ);
  map(TASK_SIZE - PAGE_SIZE, 1, PROT_READ | PROT_WRITE);
  use(mm.user, mm);
  mm.release();
  assertEquals(memory.framesInUse, 0);
}

function errorOf(action: () => void): string {
  try {
    action();
    return "none";
  } catch (error) {
    if (error instanceof SystemError) return errnoName(error.errno);
    throw error;
  }
}

Deno.test("bytes go in and come out, across pages", () => {
  withMemory((user) => {
    const bytes = Uint8Array.from({ length: 2 * PAGE_SIZE }, (_, i) => i * 7);
    user.write(BASE + 100, bytes);
    assertEquals(user.read(BASE + 100, bytes.length), bytes);
    assertEquals(user.read(BigInt(BASE + 100), 3), bytes.slice(0, 3));
    user.clear(BASE + PAGE_SIZE - 1, 2);
    assertEquals([...user.read(BASE + PAGE_SIZE - 2, 4)].slice(1, 3), [0, 0]);
  });
});

Deno.test("words are little-endian and may lie across pages", () => {
  withMemory((user) => {
    user.writeU64(BASE + PAGE_SIZE - 3, 0x1122334455667788n);
    assertEquals(user.readU64(BASE + PAGE_SIZE - 3), 0x1122334455667788n);
    assertEquals(user.readU32(BASE + PAGE_SIZE - 3), 0x55667788);
    assertEquals(user.readU16(BASE + PAGE_SIZE - 3), 0x7788);
    assertEquals(user.readU8(BASE + PAGE_SIZE - 3), 0x88);
    user.writeU32(BASE, 0xfffffffe);
    assertEquals([user.readU32(BASE), user.readS32(BASE)], [0xfffffffe, -2]);
  });
});

Deno.test("what lies outside is EFAULT, whatever the number", () => {
  withMemory((user) => {
    const wild: (number | bigint)[] = [0, 8, END, TASK_SIZE, 2 ** 53, -1, NaN, Infinity];
    for (const address of [...wild, 1n << 38n, (1n << 64n) - 1n, 1n << 63n, -1n]) {
      assertEquals(errorOf(() => user.read(address, 1)), "EFAULT", `${address}`);
      assertEquals(errorOf(() => user.write(address, new Uint8Array(1))), "EFAULT", `${address}`);
      assertEquals(errorOf(() => user.readU64(address)), "EFAULT", `${address}`);
      assertEquals(errorOf(() => user.readString(address)), "EFAULT", `${address}`);
    }
    for (const length of [-1, NaN, Infinity, 2 ** 53, 2 ** 38, 4 * PAGE_SIZE]) {
      assertEquals(errorOf(() => user.read(BASE, length)), "EFAULT", `${length}`);
    }
    assertEquals(errorOf(() => user.write(END + PAGE_SIZE, new Uint8Array(1))), "EFAULT");
    assertEquals(user.read(END, 0).length, 0);
  });
});

Deno.test("nothing is allocated for a length that cannot be", () => {
  withMemory((user, mm) => {
    mmap(mm, {
      address: 2 ** 33,
      length: 2 ** 33,
      protection: PROT_READ,
      flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
      file: null,
      offset: 0,
    });
    assertEquals(errorOf(() => user.read(2 ** 33, 2 ** 33)), "ENOMEM");
  });
});

Deno.test("a write stops at the bad page, and what lies before it is there", () => {
  withMemory((user) => {
    const bytes = new Uint8Array(PAGE_SIZE + 10).fill(1);
    assertEquals(errorOf(() => user.write(END - PAGE_SIZE, bytes)), "EFAULT");
    assertEquals(user.readU8(END - 1), 1);
    assertEquals(user.writableBytes(END - 5, 100), 5);
    assertEquals(user.writableBytes(BASE, 100), 100);
    assertEquals(user.writableBytes(END, 100), 0);
    assertEquals(user.writableBytes(1n << 63n, 100), 0);
    assertEquals(user.readableBytes(END + PAGE_SIZE, 2 * PAGE_SIZE), PAGE_SIZE);
    assertEquals(user.readableBytes(TASK_SIZE - 1, 100), 1);
  });
});

Deno.test("a string ends at its NUL, within the bound and the mapping", () => {
  withMemory((user) => {
    user.write(BASE + PAGE_SIZE - 2, new TextEncoder().encode("hällo\0rest"));
    assertEquals(user.readString(BASE + PAGE_SIZE - 2), "hällo");
    user.write(END - 3, new Uint8Array([65, 66, 67]));
    assertEquals(errorOf(() => user.readString(END - 3)), "EFAULT");
    user.write(BASE, new Uint8Array(2 * PAGE_SIZE).fill(65));
    assertEquals(errorOf(() => user.readString(BASE)), "ENAMETOOLONG");
    assertEquals(errorOf(() => user.readCString(BASE, 10, E2BIG)), "E2BIG");
    user.write(BASE + 4095, new Uint8Array(1));
    assertEquals(user.readString(BASE).length, 4095);
  });
});

Deno.test("bytes that are no UTF-8 survive in a string", () => {
  withMemory((user) => {
    user.write(BASE, new Uint8Array([0xff, 0x41, 0]));
    assertEquals(user.readString(BASE).length, 2);
    user.write(TASK_SIZE - 2, new Uint8Array([0x42, 0x42]));
    assertThrows(() => user.readString(TASK_SIZE - 2), SystemError, "EFAULT");
  });
});
