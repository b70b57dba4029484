// Is code that changes executed as it stands in memory at that moment, with and without fence.i?
import { assertEquals } from "../../std_assert.ts";
import { EXECUTE, PAGE_SIZE, READ } from "../mod.ts";
import { encode, wordBytes } from "../testing/encode.ts";
import { ALL, CODE, DATA, Guest } from "../testing/guest.ts";

const ECALL = encode("ecall");
const add = (imm: number, rd = 5) => encode("addi", { rd, rs1: rd, imm });
const store = (name: string, imm = 0) => encode(name, { rs1: 10, rs2: 11, imm });

/** A guest whose code may be written by itself, with an address in x10 and a value in x11. */
function selfWriting(code: readonly number[], address: number, value: number | bigint): Guest {
  const guest = new Guest();
  guest.map(CODE, ALL, wordBytes(code));
  guest.registers.setX(10, BigInt(address));
  guest.registers.setX(11, BigInt(value));
  return guest;
}

/** Every way of writing a word to memory. */
const WRITES: readonly [name: string, word: number][] = [
  ["sw", store("sw")],
  ["c.sw", encode("c.sw", { rs1: 10, rs2: 11 })],
  ["sd", store("sd")],
  ["fsw", encode("fsw", { rs1: 10, fs2: 11 })],
  ["amoswap.w", encode("amoswap.w", { rd: 6, rs1: 10, rs2: 11 })],
  ["amoswap.d", encode("amoswap.d", { rd: 6, rs1: 10, rs2: 11 })],
];

for (const fenced of [false, true]) {
  const fence = fenced ? [encode("fence.i")] : [encode("addi", { rd: 0, rs1: 0 })];
  Deno.test(`does a write to the very next instruction count, ${fenced ? "with" : "without"} fence.i?`, () => {
    for (const [name, write] of WRITES) {
      // Decoded already in the first round, with 1 to be added; the write makes it 100.
      const code = [write, ...fence, add(1), ECALL];
      const target = CODE + wordBytes([write, ...fence]).length;
      const guest = selfWriting(code, DATA, 0);
      guest.run();
      const both = BigInt(add(100)) | (BigInt(ECALL) << 32n);
      guest.registers.pc = BigInt(CODE);
      guest.registers.setX(10, BigInt(target));
      guest.registers.setX(11, both);
      guest.registers.setF(11, both);
      if (target % 8 !== 0 && name === "amoswap.d") continue;
      const stop = guest.run();
      assertEquals([stop.reason, stop.retired, guest.registers.x(5)], ["ecall", 3, 101n], name);
    }
  });
}

Deno.test("does a store to its own page happen once, and execution go on behind it?", () => {
  for (const [name, write] of WRITES) {
    const code = [write, add(1), ECALL];
    const guest = selfWriting(code, CODE + 0x800, 0x1234n);
    guest.registers.setF(11, 0x1234n);
    guest.registers.setX(6, 99n);
    const stop = guest.run();
    const seen = [stop.reason, stop.retired, guest.registers.x(5), guest.registers.x(0)];
    assertEquals(seen, ["ecall", 2, 1n, 0n], name);
    assertEquals(guest.readU64(CODE + 0x800), 0x1234n, name);
    if (name.startsWith("amo")) assertEquals(guest.registers.x(6), 0n, name); // what was there
    assertEquals(guest.registers.pc, BigInt(CODE + wordBytes([write, add(1)]).length));
  }
});

Deno.test("does an atomic addition to its own page add once?", () => {
  const code = [encode("amoadd.d", { rd: 6, rs1: 10, rs2: 11 }), ECALL];
  const guest = selfWriting(code, CODE + 0x100, 5n);
  guest.writeU64(CODE + 0x100, 70n);
  for (const [old, now] of [[70n, 75n], [75n, 80n], [80n, 85n]] as const) {
    guest.registers.pc = BigInt(CODE);
    assertEquals(guest.run().retired, 1);
    assertEquals([guest.registers.x(6), guest.readU64(CODE + 0x100)], [old, now]);
  }
});

Deno.test("does a store-conditional to its own page succeed once?", () => {
  const lr = encode("lr.d", { rd: 6, rs1: 10 });
  const sc = encode("sc.d", { rd: 7, rs1: 10, rs2: 11 });
  const guest = selfWriting([lr, sc, add(1), ECALL], CODE + 0x100, 5n);
  guest.registers.setX(7, 9n);
  assertEquals(guest.run().retired, 3);
  assertEquals([guest.registers.x(7), guest.readU64(CODE + 0x100)], [0n, 5n]);
});

Deno.test("does a store into itself not matter to itself, but the next time?", () => {
  const guest = selfWriting([add(1), store("sw", 4), add(1), ECALL], CODE, add(1, 7));
  guest.registers.setX(10, BigInt(CODE));
  guest.run();
  assertEquals([guest.registers.x(5), guest.registers.x(7)], [2n, 0n]);
  guest.registers.pc = BigInt(CODE);
  guest.run();
  assertEquals([guest.registers.x(5), guest.registers.x(7)], [4n, 1n]);
});

Deno.test("does a loop that rewrites its own body execute each version?", () => {
  // Each round adds the immediate of the instruction, then raises that immediate by one.
  const body = [
    add(1), // rewritten each round
    encode("lwu", { rd: 12, rs1: 10 }),
    encode("add", { rd: 12, rs1: 12, rs2: 13 }),
    encode("sw", { rs1: 10, rs2: 12 }),
    add(-1, 14),
    encode("bne", { rs1: 14, rs2: 0, imm: -20 }),
    ECALL,
  ];
  const guest = selfWriting(body, CODE, 0);
  guest.registers.setX(13, 1n << 20n); // the immediate's lowest bit
  guest.registers.setX(14, 100n);
  assertEquals(guest.run(10_000).retired, 600);
  assertEquals(guest.registers.x(5), 5050n);
});

Deno.test("is the second half of an instruction across a page edge read when it is executed?", () => {
  const edge = CODE + PAGE_SIZE;
  const code = [store("sh"), add(1), ECALL];
  const guest = selfWriting([], edge, 0);
  guest.map(edge, ALL);
  const start = edge - 6;
  guest.write(start, wordBytes(code));
  guest.registers.pc = BigInt(start);
  guest.registers.setX(10, BigInt(DATA));
  guest.run();
  assertEquals(guest.registers.x(5), 1n);
  // The upper half of the addition is on the second page: make it add 7.
  guest.registers.pc = BigInt(start);
  guest.registers.setX(10, BigInt(edge));
  guest.registers.setX(11, BigInt(add(7) >>> 16));
  guest.run();
  assertEquals(guest.registers.x(5), 8n);
});

Deno.test("is a change of a straddling instruction's first half seen?", () => {
  const edge = CODE + PAGE_SIZE;
  const guest = selfWriting([], edge - 2, 0);
  guest.map(edge, ALL);
  guest.write(edge - 2, wordBytes([add(1), ECALL]));
  guest.registers.pc = BigInt(edge - 2);
  guest.run();
  const other = encode("addi", { rd: 6, rs1: 6, imm: 1 }); // differs in the lower half only
  guest.writeCode(CODE, [store("sh"), encode("jal", { imm: PAGE_SIZE - 6 })]);
  guest.registers.pc = BigInt(CODE);
  guest.registers.setX(11, BigInt(other & 0xffff));
  guest.run();
  // rs1's lowest bit is in the lower half too: x6 = x5 + 1 or x6 + 1, as the word now says.
  assertEquals(guest.readNumber(edge - 2, 2), BigInt(other & 0xffff));
  assertEquals(guest.registers.x(5), 1n);
  assertEquals(guest.registers.pc, BigInt(edge + 2));
});

Deno.test("is the first write to shared code copied, and execution goes on in the copy?", () => {
  for (const [name, write] of WRITES) {
    const code = [write, add(1), ECALL];
    const target = CODE + wordBytes([write]).length;
    if (name.endsWith(".d") && target % 8 !== 0) continue;
    const guest = selfWriting(code, DATA, 0);
    guest.run(); // decoded with 1
    const other = guest.fork();
    guest.registers.pc = other.registers.pc = BigInt(CODE);
    guest.registers.setX(10, BigInt(target));
    const both = BigInt(add(100)) | (BigInt(ECALL) << 32n);
    guest.registers.setX(11, both);
    guest.registers.setF(11, both);
    assertEquals([guest.run().retired, guest.registers.x(5)], [2, 101n], name);
    assertEquals([other.run().retired, other.registers.x(5)], [2, 2n], name);
  }
});

Deno.test("does copying the page being executed keep the budget and the counters exact?", () => {
  const csr = encode("csrrs", { rd: 7, csr: 0xc02 });
  const code = [add(1), store("sw"), csr, add(1), encode("jal", { imm: -16 })];
  for (const budget of [1, 2, 3, 4, 5, 6, 100_003]) {
    const parent = selfWriting(code, CODE + 0x200, 1);
    const guest = parent.fork(); // shares the page that it executes
    assertEquals(guest.run(budget), {
      reason: "budget",
      retired: budget,
      address: 0n,
      access: "execute",
    });
    const rounds = Math.floor(budget / 5);
    const rest = budget % 5;
    assertEquals(guest.registers.pc, BigInt(CODE + 4 * rest));
    assertEquals(
      guest.registers.x(5),
      BigInt(2 * rounds + (rest > 0 ? 1 : 0) + (rest > 3 ? 1 : 0)),
    );
    const counted = rest > 2 ? 5 * rounds + 2 : rounds > 0 ? 5 * (rounds - 1) + 2 : 0;
    assertEquals(guest.registers.x(7), BigInt(counted));
    assertEquals(guest.readNumber(CODE + 0x200, 4), budget >= 2 ? 1n : 0n);
    assertEquals(parent.readNumber(CODE + 0x200, 4), 0n);
  }
});

Deno.test("is a store across two pages, both shared and one being executed, whole?", () => {
  const edge = CODE + PAGE_SIZE;
  for (const offset of [-7, -4, -1]) {
    const parent = selfWriting([store("sd"), add(1), ECALL], edge + offset, 0x8877_6655_4433_2211n);
    parent.map(edge, ALL);
    const guest = parent.fork();
    assertEquals([guest.run().retired, guest.registers.x(5)], [2, 1n]);
    assertEquals(guest.readU64(edge + offset), 0x8877_6655_4433_2211n);
    assertEquals(parent.readU64(edge + offset), 0n);
  }
});

Deno.test("do two addresses of one page of code execute alike, each with its own pc?", () => {
  const second = CODE + 0x40_0000;
  const code = [encode("auipc", { rd: 6 }), add(1), encode("jal", { rd: 1, imm: 8 }), ECALL, ECALL];
  const guest = new Guest(code);
  const frame = guest.pages.frameAt(CODE / PAGE_SIZE);
  guest.memory.retainFrame(frame);
  guest.pages.map(second / PAGE_SIZE, frame, EXECUTE);
  for (const base of [CODE, second, CODE, second]) {
    guest.registers.pc = BigInt(base);
    assertEquals(guest.run().reason, "ecall");
    const { registers } = guest;
    assertEquals([registers.x(6), registers.x(1)], [BigInt(base), BigInt(base + 12)]);
    assertEquals(registers.pc, BigInt(base + 16));
  }
  assertEquals(guest.registers.x(5), 4n);
});

Deno.test("does a write through one of two addresses leave the other's code as it was?", () => {
  // Frames are shared copy-on-write, so that the writer gets a page of its own.
  const second = CODE + 0x40_0000;
  const guest = selfWriting([add(1), ECALL], second, add(50));
  const frame = guest.pages.frameAt(CODE / PAGE_SIZE);
  guest.memory.retainFrame(frame);
  guest.pages.map(second / PAGE_SIZE, frame, ALL);
  const writer = 0x30000;
  guest.map(writer, EXECUTE, wordBytes([store("sw"), ECALL]));
  for (const at of [CODE, second, writer, CODE, second]) {
    guest.registers.pc = BigInt(at);
    assertEquals(guest.run().reason, "ecall");
  }
  assertEquals(guest.registers.x(5), 1n + 1n + 1n + 50n);
});

Deno.test("does a page that is written and executed in turns always run its latest code?", () => {
  const patch = 0x30000;
  const guest = selfWriting([add(0), ECALL], CODE, 0);
  guest.map(patch, EXECUTE, wordBytes([store("sw"), ECALL]));
  let expected = 0n;
  for (let i = 1; i <= 200; i++) {
    guest.registers.pc = BigInt(patch);
    guest.registers.setX(11, BigInt(add(i)));
    assertEquals(guest.run().retired, 1);
    guest.registers.pc = BigInt(CODE);
    assertEquals(guest.run().retired, 1);
    expected += BigInt(i);
    assertEquals(guest.registers.x(5), expected);
  }
});

Deno.test("is code that the kernel writes, maps, or copies into place executed next?", () => {
  const guest = new Guest([add(1), ECALL]);
  const run = () => {
    guest.registers.pc = BigInt(CODE);
    guest.run();
    return guest.registers.x(5);
  };
  assertEquals(run(), 1n);
  guest.writeCode(CODE, [add(10)]);
  assertEquals(run(), 11n);
  guest.map(CODE, EXECUTE, wordBytes([add(100), ECALL]));
  assertEquals(run(), 111n);
  const fork = guest.fork();
  guest.writeCode(CODE, [add(1000)]);
  assertEquals(run(), 1111n);
  fork.registers.pc = BigInt(CODE);
  fork.run();
  assertEquals(fork.registers.x(5), 211n);
});

Deno.test("is nothing of a freed frame's code left when the frame is used again?", () => {
  const guest = new Guest([add(1), ECALL]);
  const { memory, pages } = guest;
  const page = CODE / PAGE_SIZE;
  const run = () => {
    guest.registers.pc = BigInt(CODE);
    return guest.run().reason;
  };
  assertEquals(run(), "ecall");
  const frame = pages.frameAt(page);
  pages.unmap(page);
  pages.map(page, memory.allocateFrame(), EXECUTE); // zeros
  assertEquals([pages.frameAt(page), run()], [frame, "illegal"]);
  // The same with a copy of other code.
  guest.writeCode(CODE, [add(10), ECALL]);
  assertEquals(run(), "ecall");
  const source = memory.allocateFrame();
  memory.writeFrame(source, 0, wordBytes([add(100), ECALL]));
  pages.unmap(page);
  pages.map(page, memory.copyFrame(source), EXECUTE);
  assertEquals([pages.frameAt(page), run()], [frame, "ecall"]);
  assertEquals(guest.registers.x(5), 111n);
});

Deno.test("is a page found again whose place in the cache of decoded pages went to another?", () => {
  // The first page keeps its place in the fetch TLB (no other number is a multiple of 256), while
  // the cache of 1024 pages fills up, is dropped, and gives its place to the last page.
  const base = 0x2000_0000;
  const numbers = Array.from({ length: 1100 }, (_, i) => i).filter((i) => i === 0 || i % 256 !== 0)
    .slice(0, 1025);
  const guest = new Guest();
  for (const [i, number] of numbers.entries()) {
    const to = numbers[i + 1];
    const leave = to === undefined ? ECALL : encode("jal", { imm: (to - number) * PAGE_SIZE - 4 });
    guest.map(base + number * PAGE_SIZE, EXECUTE, wordBytes([add(1, i === 0 ? 6 : 5), leave]));
  }
  guest.registers.pc = BigInt(base);
  assertEquals(guest.run(10_000).reason, "ecall");
  assertEquals([guest.registers.x(5), guest.registers.x(6)], [1024n, 1n]);
  guest.registers.pc = BigInt(base);
  guest.run(1);
  assertEquals([guest.registers.x(5), guest.registers.x(6)], [1024n, 2n]);
});

Deno.test("does more code than the cache of decoded pages holds run, and run again?", () => {
  const guest = new Guest();
  const count = 1100; // the cache holds 1024 pages
  const base = 0x1000_0000;
  for (let i = 0; i < count; i++) {
    const last = i === count - 1 ? ECALL : encode("jal", { imm: PAGE_SIZE - 4 });
    guest.map(base + i * PAGE_SIZE, READ | EXECUTE, wordBytes([add(1), last]));
  }
  for (let round = 1; round <= 3; round++) {
    guest.registers.pc = BigInt(base);
    assertEquals(guest.run(10_000), {
      reason: "ecall",
      retired: 2 * count - 1,
      address: 0n,
      access: "execute",
    });
    assertEquals(guest.registers.x(5), BigInt(round * count));
  }
  // A page whose records were dropped meanwhile is still noticed when it changes.
  guest.writeCode(base, [add(1000)]);
  guest.registers.pc = BigInt(base);
  guest.run(1);
  assertEquals(guest.registers.x(5), BigInt(3 * count + 1000));
});
