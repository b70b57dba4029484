// Does a byte writer write what WebAssembly's binary format says, and nothing else?
import fc from "npm:fast-check@4";
import { assertEquals } from "../../std_assert.ts";
import { ByteWriter } from "./byte_writer.ts";

/** The bytes that `write` appends. */
function written(write: (out: ByteWriter) => void): number[] {
  const out = new ByteWriter();
  write(out);
  return [...out.finish()];
}

/**
 * A LEB128 decoder by the definition in the WebAssembly specification, section 5.2.2; throws when
 * anything is left or the last byte does not end the number.
 */
function decodeLeb(bytes: readonly number[], signed: boolean): bigint {
  const last = bytes.length - 1;
  let value = 0n;
  for (const [i, byte] of bytes.entries()) {
    if ((byte & 0x80) !== 0 === (i === last)) throw new Error(`Byte ${i} of ${bytes} ends wrongly`);
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
  }
  const bits = 7 * bytes.length;
  return signed ? BigInt.asIntN(bits, value) : value;
}

/** Bytes that the shortest LEB128 form of a value takes. */
function shortestLeb(value: bigint, signed: boolean): number {
  for (let count = 1;; count++) {
    const bits = 7 * count;
    if ((signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value) return count;
  }
}

function checkLeb(bytes: readonly number[], value: bigint, signed: boolean): void {
  assertEquals(decodeLeb(bytes, signed), value);
  assertEquals(bytes.length, shortestLeb(value, signed));
}

/** Numbers on both sides of each border between lengths. */
const borders = Array.from({ length: 63 }, (_, i) => 1n << BigInt(i))
  .flatMap((power) => [power - 1n, power, power + 1n]);

Deno.test("do unsigned numbers decode to themselves, in the shortest form?", () => {
  const unsigned = (value: number) => written((out) => out.unsigned(value));
  assertEquals(unsigned(624485), [0xe5, 0x8e, 0x26]); // the example of the DWARF specification
  for (const value of borders.filter((border) => border < 2n ** 53n)) {
    checkLeb(unsigned(Number(value)), value, false);
  }
  fc.assert(fc.property(fc.maxSafeNat(), (value) => {
    checkLeb(unsigned(value), BigInt(value), false);
  }));
});

Deno.test("do signed 32-bit numbers decode to themselves, in the shortest form?", () => {
  const signed = (value: number) => written((out) => out.signed32(value));
  assertEquals(signed(-123456), [0xc0, 0xbb, 0x78]); // the same specification's
  for (const border of borders.filter((border) => border <= 2n ** 31n)) {
    for (const value of [border, -border, -border - 1n].map((n) => BigInt.asIntN(32, n))) {
      checkLeb(signed(Number(value)), value, true);
    }
  }
  fc.assert(fc.property(fc.integer(), (value) => checkLeb(signed(value), BigInt(value), true)));
});

Deno.test("do signed 64-bit numbers decode to themselves, modulo 2^64, in the shortest form?", () => {
  const signed = (value: bigint) => written((out) => out.signed64(value));
  for (const value of borders.flatMap((border) => [border, -border, -border - 1n])) {
    checkLeb(signed(value), BigInt.asIntN(64, value), true);
  }
  assertEquals(signed(2n ** 64n - 1n), [0x7f]);
  assertEquals(signed(2n ** 63n).length, 10);
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }), (value) => {
    checkLeb(signed(value), BigInt.asIntN(64, value), true);
  }));
});

Deno.test("does what is written stand there in order, however it grows?", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 12 });
  fc.assert(fc.property(pieces, (arrays) => {
    const out = new ByteWriter();
    const expected: number[] = [];
    for (const [i, bytes] of arrays.entries()) {
      if (i % 3 === 0) out.bytes(bytes);
      else if (i % 3 === 1) bytes.forEach((byte) => out.byte(byte));
      else {
        out.sized(bytes);
        expected.push(...written((length) => length.unsigned(bytes.length)));
      }
      expected.push(...bytes);
      assertEquals(out.length, expected.length);
    }
    assertEquals([...out.view()], expected);
    assertEquals([...out.finish()], expected);
  }));
});

Deno.test("is a finished buffer independent of what is written later?", () => {
  const out = new ByteWriter();
  out.bytes([1, 2, 3]);
  const finished = out.finish();
  out.byte(4);
  finished[0] = 9;
  assertEquals([...finished], [9, 2, 3]);
  assertEquals([...out.view()], [1, 2, 3, 4]);
});

Deno.test("is a name's length that of its UTF-8 form?", () => {
  assertEquals(written((out) => out.name("")), [0]);
  assertEquals(written((out) => out.name("aé€")), [6, 0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac]);
});
