// How are instructions written, where does one end and the next begin, and what of the rest?
import { assertEquals } from "../../std_assert.ts";
import { disassemble, disassembleBytes } from "./mod.ts";

const both = (word: number, address = 0) => [
  disassemble(word, address),
  disassemble(word, address, { aliases: true }),
];

Deno.test("an instruction is written as itself or as what a reader would call it", () => {
  assertEquals(both(0x0505), ["c.addi a0,1", "addi a0,a0,1"]);
  assertEquals(both(0x8082), ["c.jr ra", "ret"]);
  assertEquals(both(0x00008067), ["jalr zero,0(ra)", "ret"]);
  assertEquals(both(0x00000013), ["addi zero,zero,0", "nop"]);
  assertEquals(both(0x853e), ["c.mv a0,a5", "mv a0,a5"]);
  assertEquals(both(0x00351513), ["slli a0,a0,0x3", "slli a0,a0,0x3"]);
  assertEquals(both(0x0ff0000f), ["fence iorw,iorw", "fence"]);
  assertEquals(both(0x00302573), ["csrrs a0,fcsr,zero", "frcsr a0"]);
  assertEquals(both(0x7c051073), ["csrrw zero,0x7c0,a0", "csrw 0x7c0,a0"]);
  assertEquals(both(0x0605262f), ["amoadd.w.aqrl a2,zero,(a0)", "amoadd.w.aqrl a2,zero,(a0)"]);
});

Deno.test("a rounding mode is left out where the assembler would put the same in", () => {
  assertEquals(disassemble(0x00b57553), "fadd.s fa0,fa0,fa1");
  assertEquals(disassemble(0x00b51553), "fadd.s fa0,fa0,fa1,rtz");
  assertEquals(disassemble(0xd2050553), "fcvt.d.w fa0,a0");
  assertEquals(disassemble(0xd2057553), "fcvt.d.w fa0,a0,dyn");
});

Deno.test("targets are addresses, which wrap at 64 bits", () => {
  assertEquals(disassemble(0xfe000ee3, 0x10004), "beq zero,zero,0x10000");
  assertEquals(disassemble(0xfe000ee3, 0), "beq zero,zero,0xfffffffffffffffc");
  assertEquals(disassembleBytes(Uint8Array.of(1, 0xa0), 2n ** 63n), [
    { address: 2n ** 63n, word: 0xa001, length: 2, text: "c.j 0x8000000000000000" },
  ]);
});

Deno.test("what has no syntax, and hints of a length of their own, is kept as it is", () => {
  assertEquals(both(0x8330000f), ["fence.tso", "fence.tso"]);
  assertEquals(both(0x0100000f), ["fence w,0", "pause"]);
  assertEquals(both(0x0505050f), [".4byte 0x505050f", ".4byte 0x505050f"]);
  assertEquals(both(0x00b55553), [".4byte 0xb55553", ".4byte 0xb55553"]); // rounding mode 5
  assertEquals(both(0x4005), ["c.li zero,1", "c.li zero,1"]);
  assertEquals(both(0x0000), ["c.unimp", "unimp"]);
  assertEquals(both(0x6101), [".2byte 0x6101", ".2byte 0x6101"]);
  assertEquals(both(0xffffffff), [".4byte 0xffffffff", ".4byte 0xffffffff"]);
});

Deno.test("bytes are cut into instructions, to the last one", () => {
  const texts = (...bytes: number[]) =>
    disassembleBytes(Uint8Array.from(bytes)).map(({ text, length }) => `${length}: ${text}`);
  assertEquals(texts(0x05, 0x05, 0x13, 0, 0, 0, 0x82, 0x80), [
    "2: c.addi a0,1",
    "4: addi zero,zero,0",
    "2: c.jr ra",
  ]);
  assertEquals(texts(0x13, 0x00), ["2: .2byte 0x13"]);
  assertEquals(texts(0x13, 0x00, 0x77), ["2: .2byte 0x13", "1: .byte 0x77"]);
  assertEquals(texts(0x1f, 0x00, 0x05, 0x05), ["2: .2byte 0x1f", "2: c.addi a0,1"]);
  assertEquals(texts(), []);
});
