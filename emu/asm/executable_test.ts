// Is what buildExecutable makes a program, for our own eyes, for objdump and for an emulator?
import { assertEquals } from "../../std_assert.ts";
import { qemuUser, testWith } from "../../testing/tools.ts";
import { buildExecutable } from "./mod.ts";
import { dumpElf, gnuObjdump, inFolder } from "./testing/gnu.ts";

const HELLO = `
        .section .rodata
message: .ascii "hello, world!\\n"
        .equ length, . - message

        .data
status: .dword 40

        .bss
        .balign 8
sum:    .space 8

        .text
        .globl _start
add_two:
        addi a0, a0, 2
        ret
_start: li   a7, 64             # write
        li   a0, 1
        la   a1, message
        li   a2, length
        ecall
        ld   a0, status
        call add_two
        la   t0, sum
        sd   a0, (t0)
        ld   a0, sum
        li   a7, 93             # exit
        ecall
`;

interface Segment {
  flags: string;
  offset: bigint;
  address: bigint;
  fileSize: bigint;
  memorySize: bigint;
}

/** The loaded segments of an ELF file, read with nothing but the specification. */
function segmentsOf(bytes: Uint8Array): Segment[] {
  const view = new DataView(bytes.buffer);
  const [at, size, count] = [
    Number(view.getBigUint64(32, true)),
    view.getUint16(54, true),
    view.getUint16(56, true),
  ];
  const headers = Array.from({ length: count }, (_, index) => at + index * size);
  return headers.filter((header) => view.getUint32(header, true) === 1).map((header) => {
    const flags = view.getUint32(header + 4, true);
    return {
      flags: `${flags & 4 ? "r" : "-"}${flags & 2 ? "w" : "-"}${flags & 1 ? "x" : "-"}`,
      offset: view.getBigUint64(header + 8, true),
      address: view.getBigUint64(header + 16, true),
      fileSize: view.getBigUint64(header + 32, true),
      memorySize: view.getBigUint64(header + 40, true),
    };
  });
}

Deno.test("a program has a segment each for code, constants and data", () => {
  const { bytes, entry, symbols } = buildExecutable(HELLO);
  assertEquals(segmentsOf(bytes), [
    { flags: "r-x", offset: 4096n, address: 0x10000n, fileSize: 68n, memorySize: 68n },
    { flags: "r--", offset: 8192n, address: 0x11000n, fileSize: 14n, memorySize: 14n },
    { flags: "rw-", offset: 12288n, address: 0x12000n, fileSize: 8n, memorySize: 16n },
  ]);
  assertEquals(entry, 0x10004n);
  assertEquals(Object.fromEntries(symbols), {
    message: 0x11000n,
    length: 14n,
    status: 0x12000n,
    sum: 0x12008n,
    add_two: 0x10000n,
    _start: 0x10004n,
  });
  assertEquals([...bytes.subarray(8192, 8197)], [..."hello"].map((c) => c.charCodeAt(0)));
});

Deno.test("without '_start' a program starts at its first instruction", () => {
  const { bytes, entry } = buildExecutable("main: nop", { base: 0x40000 });
  assertEquals(entry, 0x40000n);
  assertEquals(new DataView(bytes.buffer).getBigUint64(24, true), 0x40000n);
});

Deno.test("data that is all zeros takes no place in the file", () => {
  const { bytes } = buildExecutable("nop; .bss; .space 1 << 30");
  assertEquals(segmentsOf(bytes).at(-1), {
    flags: "rw-",
    offset: 8192n,
    address: 0x11000n,
    fileSize: 0n,
    memorySize: 1n << 30n,
  });
  assertEquals(bytes.length < 16384, true);
});

Deno.test("the same source gives the same file", () => {
  assertEquals(buildExecutable(HELLO).bytes, buildExecutable(HELLO).bytes);
});

testWith([gnuObjdump], "objdump finds the code and its labels", async () => {
  await inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/hello`, buildExecutable(HELLO).bytes);
    const lines = await dumpElf(`${folder}/hello`);
    assertEquals(lines.length, 19);
    assertEquals(lines[0], { address: 0x10000, word: 0x0509, text: "add\ta0,a0,2" });
    assertEquals(lines.filter(({ text }) => text.includes("# 11000 <message>")).length, 1);
  });
});

testWith([qemuUser], "a program runs under QEMU", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/hello`;
    await Deno.writeFile(path, buildExecutable(HELLO).bytes, { mode: 0o755 });
    const { code, stdout } = await new Deno.Command(qemuUser.command, { args: [path] }).output();
    assertEquals({ code, output: new TextDecoder().decode(stdout) }, {
      code: 42,
      output: "hello, world!\n",
    });
  });
});
