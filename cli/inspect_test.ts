import { inspectImage } from "../kernel/mod.ts";
import { findScenario } from "../scenarios/mod.ts";
import { assert, assertEquals, assertMatch } from "../std_assert.ts";
import { runTask, withFolder } from "./testing/tasks.ts";

function helloImage(): Uint8Array {
  const specimen = findScenario("hello")?.specimens.make(1, { kind: "self", index: 0 });
  if (specimen === undefined) throw new Error("There is no scenario hello");
  return specimen.image;
}

async function inspect(bytes: Uint8Array, ...options: string[]) {
  let result = { code: -1, stdout: "", stderr: "" };
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/image`, bytes);
    result = await runTask("inspect", [...options, `${folder}/image`]);
  });
  return result;
}

Deno.test("does inspect show the records of an image with their fields?", async () => {
  const { code, stdout, stderr } = await inspect(helloImage());
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /task\[0\]\/comm {2}COMM, \d+ bytes\n +comm: "ckpt"\n/);
  assertMatch(stdout, /\nIntact\n$/);
});

Deno.test("does inspect --json show the same as data?", async () => {
  const { code, stdout } = await inspect(helloImage(), "--json");
  assertEquals(code, 0);
  const { records, refusal } = JSON.parse(stdout);
  assertEquals(refusal, null);
  assert(records.some(({ type }: { type: string }) => type === "VMA"));
});

const image = helloImage();
const cpu = inspectImage(image).records.find(({ type }) => type === "CPU");
if (cpu === undefined) throw new Error("The image has no CPU record");
const inCpu = cpu.offset + 20;
const damaged: [what: string, bytes: Uint8Array, reason: RegExp][] = [
  ["cut", image.subarray(0, 3000), /found the end/],
  ["empty", new Uint8Array(0), /found the end after 0 bytes/],
  ["random bytes", image.map((_, i) => (i * 197 + 13) & 0xff), /found record type/],
  ["flipped", image.with(inCpu, image[inCpu]! ^ 1), new RegExp(`byte ${cpu.offset}: found other`)],
];

for (const [what, bytes, reason] of damaged) {
  Deno.test(`does inspect say what is wrong where in an image that is ${what}?`, async () => {
    const { code, stderr } = await inspect(bytes);
    assertEquals(code, 2);
    assertMatch(stderr, /^inspect: .*\/image is no intact image: /);
    assertMatch(stderr, reason);
    assertEquals(stderr.trim().split("\n").length, 1);
  });
}

Deno.test("is a file that is not there answered by one line and status 2?", async () => {
  const { code, stdout, stderr } = await runTask("inspect", ["/no/such/image"]);
  const reason = "inspect: Cannot read /no/such/image: there is no such file\n";
  assertEquals([code, stdout, stderr], [2, "", reason]);
});
