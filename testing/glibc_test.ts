// Do the programs for the C library build with the stock compiler, and run on the stock emulator?

import { assertEquals } from "../std_assert.ts";
import { buildGlibcProgram } from "./glibc.ts";
import { crossLibc, qemuUser, testWith } from "./tools.ts";

for (const name of ["ckpt", "rstr", "hello", "floats"] as const) {
  const status = { ckpt: 2, rstr: 1, hello: 0, floats: 0 }[name];
  testWith([crossLibc, qemuUser], `glibc/${name} builds and runs under qemu-riscv64`, async () => {
    const path = await Deno.makeTempFile({ prefix: "crucible-" });
    try {
      await Deno.writeFile(path, await buildGlibcProgram(name));
      await Deno.chmod(path, 0o700);
      const { code } = await new Deno.Command(qemuUser.command, { args: [path] }).output();
      assertEquals(code, status);
    } finally {
      await Deno.remove(path);
    }
  });
}
