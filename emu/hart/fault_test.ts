// Does an access that is not allowed stop the hart with the exact address, and leave no trace?
import { assert, assertEquals } from "../../std_assert.ts";
import { EXECUTE, PAGE_SIZE, PhysicalMemory, READ, type StopReason, WRITE } from "../mod.ts";
import { encode, wordBytes } from "../testing/encode.ts";
import { ALL, CODE, DATA, Guest } from "../testing/guest.ts";

/** The first address behind the guest's data: nothing is mapped there. */
const END = DATA + 2 * PAGE_SIZE;

const LOADS = { lb: 1, lbu: 1, lh: 2, lhu: 2, lw: 4, lwu: 4, ld: 8 };
const FLOAT_LOADS = { flw: 4, fld: 8 };
const STORES = { sb: 1, sh: 2, sw: 4, sd: 8 };
const FLOAT_STORES = { fsw: 4, fsd: 8 };
const ATOMICS = ["amoadd", "amoswap", "amomaxu", "sc"].flatMap((
  name,
) => [`${name}.w`, `${name}.d`]);

/** Every instruction that loads or stores, with x10 as its address. */
const ACCESSES: readonly { name: string; word: number; width: number; writes: boolean }[] = [
  ...Object.entries(LOADS).map(([name, width]) => ({
    name,
    width,
    writes: false,
    word: encode(name, { rd: 5, rs1: 10 }),
  })),
  ...Object.entries(FLOAT_LOADS).map(([name, width]) => ({
    name,
    width,
    writes: false,
    word: encode(name, { fd: 5, rs1: 10 }),
  })),
  ...Object.entries(STORES).map(([name, width]) => ({
    name,
    width,
    writes: true,
    word: encode(name, { rs2: 5, rs1: 10 }),
  })),
  ...Object.entries(FLOAT_STORES).map(([name, width]) => ({
    name,
    width,
    writes: true,
    word: encode(name, { fs2: 5, rs1: 10 }),
  })),
];

/** Runs one instruction with an address in x10 and checks that it stops without any effect. */
function checkFault(
  guest: Guest,
  address: bigint,
  expected: { reason?: StopReason; at: bigint; access: "read" | "write" | "execute" },
  what: string,
): void {
  guest.registers.pc = BigInt(CODE);
  guest.registers.setX(10, address);
  guest.registers.setX(5, 0x8877_6655_4433_2211n);
  guest.registers.setF(5, 0x1122_3344_5566_7788n);
  const before = guest.registers.clone();
  const data = guest.read(DATA, 2 * PAGE_SIZE);
  const { reason = "page_fault", at, access } = expected;
  assertEquals(guest.run(), { reason, retired: 0, address: at, access }, what);
  assert(guest.registers.equals(before), what);
  assertEquals(guest.read(DATA, 2 * PAGE_SIZE), data, what);
}

Deno.test("does an access to a page that is not there fault at its address?", () => {
  for (const { name, word, writes } of ACCESSES) {
    const guest = new Guest([word]);
    for (const address of [BigInt(END), 0n, 8n, 2n ** 38n - 8n]) {
      checkFault(guest, address, { at: address, access: writes ? "write" : "read" }, name);
    }
  }
});

Deno.test("does an address outside the user's range fault, canonical or not?", () => {
  const addresses = [2n ** 38n, 2n ** 39n, 2n ** 63n, 2n ** 64n - 8n, 2n ** 64n - 2n ** 38n];
  // These would be the guest's data if only the lower bits counted.
  addresses.push(2n ** 38n + BigInt(DATA), 2n ** 32n + BigInt(DATA), 2n ** 63n + BigInt(DATA));
  for (const { name, word, writes } of ACCESSES) {
    const guest = new Guest([word]);
    for (const address of addresses) {
      checkFault(guest, address, { at: address, access: writes ? "write" : "read" }, name);
    }
  }
});

Deno.test("do permissions decide, each for its own kind of access?", () => {
  for (const { name, word, writes } of ACCESSES) {
    for (let permissions = 0; permissions < 8; permissions++) {
      const guest = new Guest([word]);
      guest.pages.protect(DATA / PAGE_SIZE, permissions);
      const allowed = (permissions & (writes ? WRITE : READ)) !== 0;
      if (allowed) {
        guest.registers.setX(10, BigInt(DATA + 16));
        assertEquals(guest.run(1).reason, "budget", `${name} with ${permissions}`);
      } else {
        const at = BigInt(DATA + 16);
        checkFault(guest, at, { at, access: writes ? "write" : "read" }, name);
      }
    }
  }
});

Deno.test("does an access fault on its second page only, at that page, and write nothing?", () => {
  for (const { name, word, width, writes } of ACCESSES) {
    for (let inFirst = 1; inFirst < width; inFirst++) {
      for (const warm of [false, true]) {
        const guest = new Guest([word]);
        if (warm) { // the first page is in the TLB already
          guest.registers.setX(10, BigInt(END - 8));
          assertEquals(guest.run(1).retired, 1);
        }
        const access = writes ? "write" : "read";
        const address = BigInt(END - inFirst);
        checkFault(guest, address, { at: BigInt(END), access }, `${name} at -${inFirst}`);
      }
    }
  }
});

Deno.test("does an access whose first page is missing fault at its own address?", () => {
  for (const { name, word, width, writes } of ACCESSES.filter(({ width }) => width > 1)) {
    const guest = new Guest([word]);
    const at = BigInt(DATA - width + 1);
    checkFault(guest, at, { at, access: writes ? "write" : "read" }, name);
  }
});

Deno.test("does an access that wraps around the end of the addresses fault?", () => {
  for (const { name, word, width, writes } of ACCESSES.filter(({ width }) => width > 1)) {
    const guest = new Guest([word]);
    guest.map(0, READ | WRITE);
    const at = 2n ** 64n - BigInt(width - 1);
    checkFault(guest, at, { at, access: writes ? "write" : "read" }, name);
  }
});

Deno.test("does an offset wrap around to a low address, as 64-bit addition does?", () => {
  const guest = new Guest([encode("lb", { rd: 5, rs1: 10, imm: 2047 })]);
  guest.map(0, READ, new Uint8Array([0, 0, 42]));
  guest.registers.setX(10, 2n ** 64n - 2045n);
  assertEquals(guest.run(1).reason, "budget");
  assertEquals(guest.registers.x(5), 42n);
});

Deno.test("does an access across the end of the user's range fault behind it?", () => {
  const guest = new Guest([encode("ld", { rd: 5, rs1: 10 })]);
  guest.map(2 ** 38 - PAGE_SIZE, READ | WRITE);
  checkFault(guest, 2n ** 38n - 4n, { at: 2n ** 38n, access: "read" }, "ld");
  guest.registers.setX(10, 2n ** 38n - 8n);
  assertEquals(guest.run(1).reason, "budget");
});

Deno.test("is a misaligned atomic access refused before anything else?", () => {
  for (const name of [...ATOMICS, "lr.w", "lr.d"]) {
    const guest = new Guest([encode(name, { rd: 5, rs1: 10 })]);
    guest.registers.reservation = 0x1234n;
    const access = name.startsWith("lr") ? "read" : "write";
    const width = name.endsWith("w") ? 4 : 8;
    for (let offset = 1; offset < width; offset++) {
      for (const base of [DATA + 64, END - width, END, 0]) {
        const at = BigInt(base + offset);
        checkFault(guest, at, { reason: "misaligned", at, access }, name);
      }
    }
  }
});

Deno.test("do atomic accesses fault as loads and stores do?", () => {
  for (const name of ATOMICS) {
    const guest = new Guest([encode(name, { rd: 5, rs1: 10, rs2: 5 })]);
    checkFault(guest, BigInt(END), { at: BigInt(END), access: "write" }, name);
    guest.pages.protect(DATA / PAGE_SIZE, READ);
    checkFault(guest, BigInt(DATA), { at: BigInt(DATA), access: "write" }, name);
  }
  for (const name of ["lr.w", "lr.d"]) {
    const guest = new Guest([encode(name, { rd: 5, rs1: 10 })]);
    checkFault(guest, BigInt(END), { at: BigInt(END), access: "read" }, name);
    guest.pages.protect(DATA / PAGE_SIZE, READ);
    guest.registers.setX(10, BigInt(DATA));
    assertEquals(guest.run(1).reason, "budget");
  }
});

Deno.test("does a fetch need the permission to execute, and nothing else?", () => {
  for (let permissions = 0; permissions < 8; permissions++) {
    const guest = new Guest([encode("addi", { rd: 5, rs1: 5, imm: 1 })]);
    guest.pages.protect(CODE / PAGE_SIZE, permissions);
    const stop = guest.run(1);
    if (permissions & EXECUTE) {
      assertEquals(stop.reason, "budget");
    } else {
      const address = BigInt(CODE);
      assertEquals(stop, { reason: "page_fault", retired: 0, address, access: "execute" });
      assertEquals(guest.registers.pc, address);
    }
  }
});

Deno.test("does a jump to nowhere retire, and the fetch there fault?", () => {
  const targets = [0n, BigInt(END), BigInt(DATA), 2n ** 38n, 2n ** 63n, 2n ** 64n - 2n];
  for (const target of targets) {
    const guest = new Guest([encode("jalr", { rd: 1, rs1: 10 })]);
    guest.registers.setX(10, target);
    const stop = guest.run();
    assertEquals(stop, { reason: "page_fault", retired: 1, address: target, access: "execute" });
    assertEquals([guest.registers.pc, guest.registers.x(1)], [target, BigInt(CODE + 4)]);
  }
});

Deno.test("does running off the end of the code fault at the next page?", () => {
  const guest = new Guest();
  const last = [encode("c.li", { rd: 5, imm: 7 })];
  guest.writeCode(CODE + PAGE_SIZE - 2, last);
  guest.registers.pc = BigInt(CODE + PAGE_SIZE - 2);
  const address = BigInt(CODE + PAGE_SIZE);
  const stop = guest.run();
  assertEquals(stop, { reason: "page_fault", retired: 1, address, access: "execute" });
  assertEquals([guest.registers.pc, guest.registers.x(5)], [address, 7n]);
});

Deno.test("does an instruction across a page edge fault at its second half, with pc at the first?", () => {
  const edge = CODE + PAGE_SIZE;
  const word = encode("addi", { rd: 5, rs1: 5, imm: 1 });
  const expected = {
    reason: "page_fault",
    retired: 0,
    address: BigInt(edge),
    access: "execute",
  } as const;
  const guest = new Guest();
  guest.write(edge - 2, wordBytes([word]).subarray(0, 2));
  guest.registers.pc = BigInt(edge - 2);
  assertEquals(guest.run(), expected);
  assertEquals(guest.registers.pc, BigInt(edge - 2));
  // There, but not to be executed.
  guest.map(edge, READ | WRITE, wordBytes([word]).subarray(2));
  assertEquals(guest.run(), expected);
  // With permission it runs, and without it no longer.
  guest.pages.protect(edge / PAGE_SIZE, ALL);
  assertEquals(guest.run(1).retired, 1);
  assertEquals([guest.registers.pc, guest.registers.x(5)], [BigInt(edge + 2), 1n]);
  guest.pages.protect(edge / PAGE_SIZE, READ);
  guest.registers.pc = BigInt(edge - 2);
  assertEquals(guest.run(), expected);
});

Deno.test("is a first write without a frame left a stop of its own, and can it be tried again?", () => {
  for (const name of ["sd", "amoadd.d"]) {
    const memory = new PhysicalMemory({ framesMax: 100 });
    const guest = new Guest([encode(name, { rs1: 10, rs2: 5 })], { memory });
    const { pages } = guest;
    const page = DATA / PAGE_SIZE;
    memory.retainFrame(memory.zeroFrame);
    pages.map(page, memory.zeroFrame, READ | WRITE);
    const hoard: number[] = [];
    while (memory.framesInUse < memory.framesMax) hoard.push(memory.allocateFrame());
    const at = BigInt(DATA);
    checkFault(guest, at, { reason: "out_of_frames", at, access: "write" }, name);
    for (const frame of hoard) memory.releaseFrame(frame);
    assertEquals(guest.run(1).reason, "budget");
    assertEquals(guest.readU64(DATA), 0x8877_6655_4433_2211n);
  }
});
