// Does `verify` say what it has seen and what not, and take no number that is none?
import { assertEquals, assertMatch } from "../std_assert.ts";
import { qemuUser, testWith } from "../testing/tools.ts";
import { runTask } from "./testing/tasks.ts";

testWith(
  [qemuUser],
  "a run that is too short fails with the classes that it has not seen",
  async () => {
    const { code, stdout, stderr } = await runTask("verify", ["--instructions", "1", "--table"]);
    assertEquals([code, stderr], [1, ""]);
    assertMatch(stdout, /^add +\d+ times\n {2}rs2 {8}0 \d+, 1 \d+/m);
    assertMatch(stdout, /^ {2}imm .*min – \(the field has no sign: its least value is 0\)/m);
    assertMatch(stdout, /^No difference between QEMU, the interpreter and translated code$/m);
    assertMatch(stdout, /^Not seen: /m);
  },
);

Deno.test("what is no number is refused", async () => {
  const { code, stderr } = await runTask("verify", ["--instructions", "many"]);
  assertEquals([code, /^verify: Cannot use --instructions 'many'/.test(stderr)], [2, true]);
});
