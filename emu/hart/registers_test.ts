// Do registers keep what is set, within their widths, and nothing more?
import { assert, assertEquals, assertThrows } from "../../std_assert.ts";
import { PhysicalMemory } from "../memory/mod.ts";
import { NO_RESERVATION, Registers } from "./registers.ts";

/** Registers in which every part has a value of its own. */
function distinct(): Registers {
  const registers = new Registers();
  for (let i = 0; i < 32; i++) {
    registers.setX(i, BigInt(i) * 0x0101_0101_0101_0101n);
    registers.setF(i, ~(BigInt(i) << 56n));
  }
  registers.pc = 0x1234_5678_9abcn;
  registers.fcsr = 0xa5;
  registers.reservation = 0x4000n;
  registers.reservedValue = -5n;
  return registers;
}

Deno.test("is everything zero at first, without a reservation?", () => {
  const registers = new Registers();
  for (let i = 0; i < 32; i++) assertEquals([registers.x(i), registers.f(i)], [0n, 0n]);
  assertEquals([registers.pc, registers.fcsr, registers.reservedValue], [0n, 0, 0n]);
  assertEquals(registers.reservation, NO_RESERVATION);
  assertEquals(NO_RESERVATION, 2n ** 64n - 1n);
});

Deno.test("does every register keep its own value?", () => {
  const registers = distinct();
  for (let i = 0; i < 32; i++) {
    assertEquals(registers.x(i), BigInt(i) * 0x0101_0101_0101_0101n);
    assertEquals(registers.f(i), BigInt.asUintN(64, ~(BigInt(i) << 56n)));
  }
  assertEquals([registers.pc, registers.fcsr], [0x1234_5678_9abcn, 0xa5]);
  assertEquals(registers.reservation, 0x4000n);
  assertEquals(registers.reservedValue, 2n ** 64n - 5n);
});

Deno.test("is a value taken modulo 2^64, and x0 always zero?", () => {
  const registers = new Registers();
  registers.setX(1, -1n);
  registers.setX(2, 2n ** 64n + 7n);
  registers.setX(0, 5n);
  registers.setF(0, -2n);
  registers.pc = 2n ** 64n + 8n;
  assertEquals([registers.x(0), registers.x(1), registers.x(2)], [0n, 2n ** 64n - 1n, 7n]);
  assertEquals([registers.f(0), registers.pc], [2n ** 64n - 2n, 8n]);
});

Deno.test("is fcsr eight bits, and pc even as the hardware's is?", () => {
  const registers = new Registers();
  registers.fcsr = 0x1ff;
  assertEquals(registers.fcsr, 0xff);
  registers.pc = 0x1003n;
  assertEquals(registers.pc, 0x1002n);
});

Deno.test("are the halves of a register its value, and numbers set as bigints are?", () => {
  const registers = new Registers();
  registers.setX(5, 0xffff_fffe_8000_0001n);
  assertEquals([registers.low(5), registers.high(5)], [0x8000_0001, 0xffff_fffe]);
  for (const value of [0, 1, -1, -38, 2 ** 31, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53) + 1]) {
    registers.setX(5, value);
    assertEquals(registers.x(5), BigInt.asUintN(64, BigInt(value)));
  }
  registers.setX(0, 5);
  assertEquals(registers.x(0), 0n);
});

Deno.test("does the program counter carry, and a reservation go?", () => {
  const registers = distinct();
  for (const [from, to] of [[0x1000n, 0x1004n], [0xffff_fffen, 0x1_0000_0002n], [-2n, 2n]]) {
    registers.pc = from!;
    registers.advance(4);
    assertEquals(registers.pc, to);
  }
  registers.clearReservation();
  assertEquals(registers.reservation, NO_RESERVATION);
  assertEquals(registers.reservedValue, 2n ** 64n - 5n);
});

Deno.test("is a register that does not exist refused?", () => {
  const registers = new Registers();
  for (const index of [-1, 32, 1.5, NaN]) {
    const message = `Cannot access register ${index}`;
    assertThrows(() => registers.x(index), RangeError, message);
    assertThrows(() => registers.f(index), RangeError, message);
    assertThrows(() => registers.setX(index, 0n), RangeError, message);
    assertThrows(() => registers.setF(index, 0n), RangeError, message);
    assertThrows(() => registers.low(index), RangeError, message);
    assertThrows(() => registers.high(index), RangeError, message);
  }
});

Deno.test("is a clone equal, and independent?", () => {
  const registers = distinct();
  const copy = registers.clone();
  assert(copy.equals(registers));
  copy.setX(31, 0n);
  assert(!copy.equals(registers));
  copy.copyFrom(registers);
  assert(copy.equals(registers) && registers.equals(copy));
});

Deno.test("does a difference in any part make registers unequal?", () => {
  const changes: ((registers: Registers) => void)[] = [
    (registers) => registers.pc += 2n,
    (registers) => registers.fcsr ^= 1,
    (registers) => registers.reservation++,
    (registers) => registers.reservedValue++,
  ];
  for (let i = 0; i < 32; i++) {
    if (i > 0) changes.push((registers) => registers.setX(i, registers.x(i) ^ (1n << 63n)));
    changes.push((registers) => registers.setF(i, registers.f(i) ^ 1n));
  }
  for (const change of changes) {
    const other = distinct();
    change(other);
    assert(!other.equals(distinct()));
  }
});

Deno.test("does the state come back from linear memory as it went there?", () => {
  const memory = new PhysicalMemory();
  distinct().loadInto(memory);
  memory.allocateFrame(); // memory grows, and is another buffer then
  const back = new Registers();
  back.saveFrom(memory);
  assert(back.equals(distinct()));
});
