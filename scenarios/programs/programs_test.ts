// Are the guests that ship what their sources say, and do they say what a real Linux makes them say?

import { assert, assertEquals, assertNotEquals } from "../../std_assert.ts";
import { qemuUser, testWith } from "../../testing/tools.ts";
import { type GuestName, guests } from "./mod.ts";

const names = Object.keys(guests) as GuestName[];

Deno.test("every source has its guest, and every guest its source", async () => {
  const sources: string[] = [];
  for await (const { name } of Deno.readDir(new URL(".", import.meta.url))) {
    if (name.endsWith(".c")) sources.push(name.slice(0, -2));
  }
  assertEquals(sources.sort(), names.toSorted());
});

for (const name of names) {
  Deno.test(`${name} is a static riscv64 executable`, () => {
    const elf = guests[name].bytes();
    const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
    assertEquals(view.getUint32(0), 0x7f454c46, "magic number");
    assertEquals([elf[4], elf[5]], [2, 1], "64-bit, little-endian");
    assertEquals(view.getUint16(16, true), 2, "ET_EXEC");
    assertEquals(view.getUint16(18, true), 243, "EM_RISCV");
    const programHeaders = Number(view.getBigUint64(32, true));
    const kinds = Array.from(
      { length: view.getUint16(56, true) },
      (_, i) => view.getUint32(programHeaders + 56 * i, true),
    );
    const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3];
    assert(kinds.includes(PT_LOAD), "has something to load");
    assert(!kinds.includes(PT_DYNAMIC) && !kinds.includes(PT_INTERP), "is not dynamic");
    assertEquals(guests[name].name, name);
    assert(elf.length < 4096, "fits in one page");
  });
}

Deno.test("a caller who changes the bytes changes only its own", () => {
  guests.ckpt.bytes().fill(0);
  assertNotEquals(guests.ckpt.bytes()[0], 0);
});

/** What each guest ends with where checkpoint and restart are unknown. */
const endings: Record<GuestName, { code: number; lines: number; stdout: RegExp; stderr: string }> =
  {
    ckpt: { code: 2, lines: 0, stdout: /^$/, stderr: "ckpt: checkpoint failed: ENOSYS\n" },
    rstr: { code: 1, lines: 0, stdout: /^$/, stderr: "rstr: restart failed: ENOSYS\n" },
    family: { code: 9, lines: 8, stdout: /^the orphan says: alone\n$/m, stderr: "" },
    hello_loop: { code: 7, lines: 13, stdout: /^bye, world: fcsr 49\n$/m, stderr: "" },
    layout_brk: { code: 0, lines: 10, stdout: /^bytes that are not zero: 0$/m, stderr: "" },
    layout_mmap: { code: 0, lines: 9, stdout: /^patched: wrw.wwnww.wrrwrwwww., /m, stderr: "" },
    layout_stack: { code: 0, lines: 26, stdout: /^guard page: n$/m, stderr: "" },
    shared_memory: { code: 6, lines: 7, stdout: /^the file says 23$/m, stderr: "" },
  };

for (const name of names) {
  testWith([qemuUser], `${name} under qemu-riscv64`, async () => {
    const path = await Deno.makeTempFile({ prefix: "crucible-" });
    try {
      await Deno.writeFile(path, guests[name].bytes());
      await Deno.chmod(path, 0o700);
      const output = await new Deno.Command(qemuUser.command, { args: [path] }).output();
      const [stdout, stderr] = [output.stdout, output.stderr].map((b) =>
        new TextDecoder().decode(b)
      );
      const expected = endings[name];
      assertEquals(stderr, expected.stderr);
      assertEquals(output.code, expected.code);
      assert(expected.stdout.test(stdout ?? ""), stdout);
      assertEquals(stdout?.split("\n").length, expected.lines + 1);
    } finally {
      await Deno.remove(path);
    }
  });
}
