// Which files are programs, and what is said of those that are not?

import { assert, assertEquals, assertThrows } from "../../std_assert.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { ENOEXEC } from "../abi/errno.ts";
import { build } from "../testing/machine.ts";
import { type Elf, ExecError, extentOf, parseElf } from "./elf.ts";

const PROGRAM = build(`
  .data
  word: .dword 1
  .text
  _start: li a7, SYS_exit
  ecall
`);
/** Where the fields of the first program header are. */
const HEADER = 64;

function parse(bytes: Uint8Array): Elf {
  return parseElf((offset, length) => bytes.slice(offset, offset + length), bytes.length);
}

/** The program with some bytes changed. */
function changed(change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = PROGRAM.slice();
  change(new DataView(bytes.buffer), bytes);
  return bytes;
}

function refusalOf(bytes: Uint8Array): string {
  const error = assertThrows(() => parse(bytes), ExecError);
  assertEquals(error.errno, ENOEXEC);
  return error.reason;
}

Deno.test("a static program is read: entry, segments in order, headers in memory", () => {
  const elf = parse(PROGRAM);
  assertEquals([elf.isFixed, elf.interpreter, elf.executableStack], [true, null, false]);
  assertEquals(elf.alignment, PAGE_SIZE);
  assert(
    elf.segments.some(({ address, memorySize }) =>
      elf.entry >= address && elf.entry < address + memorySize
    ),
  );
  const { start, end } = extentOf(elf);
  assertEquals([start % PAGE_SIZE, end % PAGE_SIZE], [0, 0]);
});

Deno.test("what is no ELF file, or not for this machine, is named", () => {
  assertEquals(refusalOf(new Uint8Array(0)), "it is empty");
  assertEquals(refusalOf(new TextEncoder().encode("#!/bin/sh\n")), "it is not an ELF file");
  assertEquals(refusalOf(new Uint8Array(4096)), "it is not an ELF file");
  assertEquals(
    refusalOf(PROGRAM.slice(0, 40)),
    "its ELF header is cut off after 40 of 64 bytes",
  );
  assertEquals(refusalOf(changed((v) => v.setUint8(4, 1))), "it is not a 64-bit ELF file");
  assertEquals(refusalOf(changed((v) => v.setUint8(5, 2))), "it is not little-endian");
  assertEquals(refusalOf(changed((v) => v.setUint8(6, 0))), "it has the unknown ELF version 0");
  assertEquals(
    refusalOf(changed((v) => v.setUint16(18, 62, true))),
    "it is for x86-64, not for RISC-V",
  );
  assertEquals(
    refusalOf(changed((v) => v.setUint16(18, 9999, true))),
    "it is for machine 9999, not for RISC-V",
  );
  assertEquals(
    refusalOf(changed((v) => v.setUint16(16, 1, true))),
    "it is a relocatable object, not an executable",
  );
});

Deno.test("program headers that cannot be are named", () => {
  assertEquals(refusalOf(changed((v) => v.setUint16(56, 0, true))), "it has no program headers");
  assertEquals(
    refusalOf(changed((v) => v.setUint16(56, 2000, true))),
    "it has too many program headers: 2000",
  );
  assertEquals(
    refusalOf(changed((v) => v.setUint16(54, 32, true))),
    "its program headers have 32 bytes each, not 56",
  );
  for (const offset of [BigInt(PROGRAM.length), (1n << 64n) - 1n, 1n << 63n]) {
    assertEquals(
      refusalOf(changed((v) => v.setBigUint64(32, offset, true))),
      "its program headers lie behind the end of the file",
    );
  }
  assertEquals(
    refusalOf(PROGRAM.slice(0, 100)),
    "its program headers lie behind the end of the file",
  );
});

Deno.test("segments that cannot be are named", () => {
  const patch = (offset: number, value: bigint) =>
    refusalOf(changed((v) => v.setBigUint64(HEADER + offset, value, true)));
  assert(patch(32, BigInt(PROGRAM.length) + 1n).startsWith("a segment lies behind the end"));
  assert(patch(8, (1n << 64n) - 8n).startsWith("a segment lies behind the end"));
  assert(patch(40, 1n).startsWith("a segment has more bytes in the file"));
  assert(patch(40, 1n << 40n).endsWith("outside the address space"));
  assert(patch(16, 1n << 63n).endsWith("outside the address space"));
  assert(patch(16, 0x10001n).endsWith("lie differently within a page"));
  assertEquals(
    refusalOf(changed((v) => v.setBigUint64(24, 1n << 38n, true))),
    "the entry point 0x4000000000 is outside the address space",
  );
});

Deno.test("segments that overlap or descend are refused", () => {
  const second = HEADER + 56;
  const first = new DataView(PROGRAM.buffer).getBigUint64(HEADER + 16, true);
  const at = (address: bigint) =>
    refusalOf(changed((v) => {
      const offset = v.getBigUint64(second + 8, true);
      v.setBigUint64(second + 16, address + (offset % 4096n), true);
    }));
  assertEquals(at(first - (first % 4096n) - 0x1000n), "its segments are not in ascending order");
  const long = refusalOf(changed((v) => v.setBigUint64(HEADER + 40, 0x100000n, true)));
  assertEquals(long, "its segments overlap");
});

Deno.test("no cut and no flipped byte of a program makes the reader throw anything else", () => {
  const parseOrRefuse = (bytes: Uint8Array) => {
    try {
      parse(bytes);
    } catch (error) {
      if (!(error instanceof ExecError)) throw error;
    }
  };
  for (let length = 0; length < 300; length++) parseOrRefuse(PROGRAM.slice(0, length));
  for (let i = 0; i < 300; i++) {
    for (const byte of [0, 1, 0x7f, 0x80, 0xff]) parseOrRefuse(changed((v) => v.setUint8(i, byte)));
  }
});
