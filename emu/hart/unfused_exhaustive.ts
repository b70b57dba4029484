// Are floats as exact on a host without a fused multiply-add, for which the interpreter is another?
import { assertEquals } from "../../std_assert.ts";

Deno.test({
  name: "do the comparisons with QEMU agree where the host does not fuse?",
  ignore: Deno.build.arch !== "x86_64", // where V8 can be told not to
  fn() {
    const tests = ["qemu_test.ts", "../isa/float_test.ts"]
      .map((path) => new URL(path, import.meta.url).pathname);
    const run = new Deno.Command("deno", {
      args: ["test", "--no-check", "--allow-all", "--v8-flags=--no-enable-fma3", ...tests],
      stdout: "piped",
      stderr: "piped",
    }).outputSync();
    const text = new TextDecoder();
    assertEquals(run.code, 0, text.decode(run.stdout) + text.decode(run.stderr));
  },
});
