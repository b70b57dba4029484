// Does the hart see every change of the address space, however warm its TLBs are?
import { assert, assertEquals, assertNotEquals } from "../../std_assert.ts";
import { EXECUTE, PAGE_SIZE, PhysicalMemory, READ, WRITE } from "../mod.ts";
import { encode, wordBytes } from "../testing/encode.ts";
import { CODE, DATA, Guest } from "../testing/guest.ts";

const DATA_PAGE = DATA / PAGE_SIZE;
const LOAD = encode("ld", { rd: 6, rs1: 10 });
const STORE = encode("sd", { rs1: 10, rs2: 11 });
const AMO = encode("amoadd.d", { rd: 6, rs1: 10, rs2: 11 });
const RESERVE = encode("lr.d", { rd: 6, rs1: 10 });

/** Executes one word with x10 = DATA. The words of `CODE` stay as they are, so that TLBs do too. */
function execute(guest: Guest, word: number, value = 0n): string {
  const index = [LOAD, STORE, AMO, RESERVE].indexOf(word);
  guest.registers.pc = BigInt(CODE + 4 * index);
  guest.registers.setX(10, BigInt(DATA));
  guest.registers.setX(11, value);
  return guest.run(1).reason;
}

/** A guest that has loaded and stored at DATA already. */
function warmGuest(): Guest {
  const guest = new Guest([LOAD, STORE, AMO, RESERVE]);
  for (const word of [LOAD, STORE, AMO, RESERVE, LOAD]) {
    assertEquals(execute(guest, word, 1n), "budget");
  }
  assertEquals(guest.readU64(DATA), 2n);
  return guest;
}

Deno.test("is a permission that was taken away missed at the very next access?", () => {
  const guest = warmGuest();
  guest.pages.protect(DATA_PAGE, READ);
  const seen = [LOAD, STORE, AMO, RESERVE].map((word) => execute(guest, word, 7n));
  assertEquals(seen, ["budget", "page_fault", "page_fault", "budget"]);
  guest.pages.protect(DATA_PAGE, WRITE);
  const then = [LOAD, STORE, RESERVE].map((word) => execute(guest, word, 7n));
  assertEquals(then, ["page_fault", "budget", "page_fault"]);
  guest.pages.protect(DATA_PAGE, READ | WRITE);
  assertEquals([execute(guest, LOAD), guest.registers.x(6)], ["budget", 7n]);
});

Deno.test("is an unmapped page gone, and what is mapped there next seen?", () => {
  const guest = warmGuest();
  guest.pages.unmap(DATA_PAGE);
  const seen = [LOAD, STORE, AMO, RESERVE].map((word) => execute(guest, word));
  assertEquals(seen, Array(4).fill("page_fault"));
  guest.map(DATA, READ | WRITE, new Uint8Array([55]));
  assertEquals([execute(guest, LOAD), guest.registers.x(6)], ["budget", 55n]);
  guest.map(DATA, READ | WRITE, new Uint8Array([66])); // over it, without unmapping first
  assertEquals([execute(guest, LOAD), guest.registers.x(6)], ["budget", 66n]);
});

Deno.test("is code that was unmapped or may no longer be executed not executed any more?", () => {
  const guest = warmGuest();
  guest.pages.protect(CODE / PAGE_SIZE, READ | WRITE);
  assertEquals(execute(guest, LOAD), "page_fault");
  guest.pages.protect(CODE / PAGE_SIZE, EXECUTE);
  assertEquals(execute(guest, LOAD), "budget");
  guest.pages.unmap(CODE / PAGE_SIZE);
  assertEquals(execute(guest, LOAD), "page_fault");
});

Deno.test("is what the kernel writes seen by the guest, and the other way round?", () => {
  const guest = warmGuest();
  guest.writeU64(DATA, 1234n);
  assertEquals([execute(guest, LOAD), guest.registers.x(6)], ["budget", 1234n]);
  execute(guest, STORE, 4321n);
  assertEquals(guest.readU64(DATA), 4321n);
});

Deno.test("does a store after a fork not reach the other side, whichever runs?", () => {
  const parent = warmGuest();
  const child = parent.fork();
  execute(parent, STORE, 10n);
  assertEquals([parent.readU64(DATA), child.readU64(DATA)], [10n, 2n]);
  execute(child, STORE, 20n);
  execute(parent, AMO, 1n);
  assertEquals([parent.readU64(DATA), child.readU64(DATA)], [11n, 20n]);
  execute(child, LOAD);
  assertEquals(child.registers.x(6), 20n);
});

Deno.test("does a store not reach whoever began to share the frame while the TLB was warm?", () => {
  for (const word of [STORE, AMO]) {
    const guest = warmGuest();
    const frame = guest.pages.frameAt(DATA_PAGE);
    guest.memory.retainFrame(frame); // a snapshot, say; no page table took part
    execute(guest, word, 99n);
    assertEquals(guest.memory.frameBytes(frame)[0], 2);
    assertNotEquals(guest.pages.frameAt(DATA_PAGE), frame);
    assertEquals(guest.memory.references(frame), 1);
  }
});

Deno.test("is a shared zero frame read as zeros, and never written?", () => {
  const guest = warmGuest();
  const { memory, pages } = guest;
  memory.retainFrame(memory.zeroFrame);
  pages.map(DATA_PAGE, memory.zeroFrame, READ | WRITE);
  const inUse = memory.framesInUse;
  assertEquals([execute(guest, LOAD), guest.registers.x(6)], ["budget", 0n]);
  assertEquals(execute(guest, RESERVE), "budget");
  assertEquals(memory.framesInUse, inUse);
  execute(guest, STORE, 5n);
  assertEquals([memory.framesInUse, guest.readU64(DATA)], [inUse + 1, 5n]);
  execute(guest, LOAD);
  assertEquals(guest.registers.x(6), 5n);
  assert(memory.frameBytes(memory.zeroFrame).every((byte) => byte === 0));
});

Deno.test("does a load see a store through another address of the page, which copied it?", () => {
  // Both addresses were read from the shared frame; the write makes one of them another frame.
  const second = DATA + 0x10_0000;
  const guest = warmGuest();
  guest.memory.retainFrame(guest.pages.frameAt(DATA_PAGE));
  guest.pages.map(second / PAGE_SIZE, guest.pages.frameAt(DATA_PAGE), READ | WRITE);
  const load = (address: number) => {
    guest.registers.pc = BigInt(CODE);
    guest.registers.setX(10, BigInt(address));
    guest.run(1);
    return guest.registers.x(6);
  };
  assertEquals([load(DATA), load(second)], [2n, 2n]);
  execute(guest, STORE, 77n);
  assertEquals([load(DATA), load(second)], [77n, 2n]);
});

Deno.test("do pages that share a place in the TLB keep apart?", () => {
  // 256 entries, by page number: these three pages compete for one.
  const places = [DATA, DATA + 256 * PAGE_SIZE, DATA + 2 ** 32];
  const guest = new Guest([LOAD, STORE]);
  for (const [i, place] of places.entries()) {
    if (place !== DATA) guest.map(place, READ | WRITE);
    guest.writeU64(place, BigInt(i + 1));
  }
  for (let round = 1; round <= 3; round++) {
    for (const [i, place] of places.entries()) {
      guest.registers.pc = BigInt(CODE);
      guest.registers.setX(10, BigInt(place));
      guest.registers.setX(11, BigInt(round * 10 + i + 1));
      assertEquals(guest.run(2).retired, 2);
      assertEquals(guest.registers.x(6), BigInt((round - 1) * 10 + i + 1));
    }
  }
});

Deno.test("does code that shares a place in the fetch TLB run as itself?", () => {
  const other = CODE + 256 * PAGE_SIZE;
  const jump = (from: number, to: number) => encode("jal", { imm: to - from });
  const add = (rd: number) => encode("addi", { rd, rs1: rd, imm: 1 });
  const start = CODE + 8; // a jump back to the page's beginning would be too far
  const guest = new Guest([0, 0, 0, 0, add(5), jump(start + 4, other)]);
  guest.map(other, EXECUTE, wordBytes([add(6), jump(other + 4, start)]));
  guest.registers.pc = BigInt(start);
  assertEquals(guest.run(4 * 50 + 1).reason, "budget");
  assertEquals([guest.registers.x(5), guest.registers.x(6)], [51n, 50n]);
});

Deno.test("is a guest's page marked dirty by its first store, and by no load?", () => {
  for (const word of [LOAD, RESERVE, STORE, AMO]) {
    const guest = new Guest([LOAD, STORE, AMO, RESERVE]);
    assertEquals(execute(guest, word), "budget");
    assertEquals(guest.pages.isDirty(DATA_PAGE), word === STORE || word === AMO);
    assert(!guest.pages.isDirty(DATA_PAGE + 1));
  }
});

Deno.test("do frames in the upper half of the linear memory work as the others do?", () => {
  const memory = new PhysicalMemory({ framesMax: 600_000 });
  // Untouched frames cost nothing, so that half a million of them are no burden.
  while (memory.frameAddress(memory.allocateFrame()) < 2 ** 31);
  const guest = new Guest([LOAD, STORE, AMO, RESERVE], { memory });
  for (const word of [STORE, LOAD, AMO, RESERVE]) {
    assertEquals(execute(guest, word, 3n), "budget");
  }
  assertEquals([guest.registers.x(6), guest.readU64(DATA)], [6n, 6n]);
  const fork = guest.fork();
  execute(fork, STORE, 2n ** 63n);
  assertEquals([guest.readU64(DATA), fork.readU64(DATA)], [6n, 2n ** 63n]);
  fork.pages.protect(DATA_PAGE, READ | WRITE | EXECUTE);
  fork.writeCode(DATA, [encode("addi", { rd: 7, rs1: 7, imm: 1 })]);
  fork.registers.pc = BigInt(DATA);
  assertEquals([fork.run(1).retired, fork.registers.x(7)], [1, 1n]);
});
