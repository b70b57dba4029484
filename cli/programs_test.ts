// Is every committed guest what its source builds to, and would `deno task programs` notice if not?

import { assertEquals, assertMatch, assertStringIncludes } from "../std_assert.ts";
import { crossCompiler, have, testWith } from "../testing/tools.ts";
import { guests } from "../scenarios/programs/mod.ts";
import { buildGuest, compilerVersion, formatModule, parseModule } from "./guest_build.ts";
import { comparePrograms, writePrograms } from "./programs.ts";

const sample = { compiler: "gcc 1.2", elf: Uint8Array.from({ length: 500 }, (_, i) => i % 256) };

Deno.test("a module's text gives back what it was made of", () => {
  assertEquals(parseModule(formatModule("sample", sample)), sample);
});

Deno.test("a text that is no such module is told apart", () => {
  assertEquals(parseModule(""), null);
  assertEquals(parseModule(formatModule("sample", sample).replace("base64", "text")), null);
});

/** A folder with one guest's source, and an empty one beside it for what is built. */
async function withProgram(
  body: (folders: { sources: string; built: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "crucible-" });
  const folders = { sources: `${folder}/`, built: `${folder}/built/` };
  try {
    await Deno.mkdir(folders.built);
    for (const file of ["rstr.c", "crucible.h"]) {
      const source = new URL(`../scenarios/programs/${file}`, import.meta.url);
      await Deno.copyFile(source, `${folder}/${file}`);
    }
    await body(folders);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testWith(
  [crossCompiler],
  "what was written compares equal, and any change is found",
  () =>
    withProgram(async (folders) => {
      const compare = async () => (await comparePrograms(folders)).map((r) => r.comparison);
      assertEquals(await compare(), ["missing"]);
      assertEquals(await writePrograms(folders), ["rstr"]);
      assertEquals(await compare(), ["equal"]);

      const file = `${folders.built}rstr.ts`;
      const text = await Deno.readTextFile(file);
      const { compiler, elf } = parseModule(text) ?? sample;
      elf[elf.length - 1] = 1;
      await Deno.writeTextFile(file, formatModule("rstr", { compiler, elf }));
      assertEquals(await compare(), ["different"]);
      await Deno.writeTextFile(file, text + "\nexport const extra = 1;\n");
      assertEquals(await compare(), ["unreadable"]);

      await Deno.rename(file, `${folders.built}other.ts`);
      assertEquals(await compare(), ["missing", "without source"]);
    }),
);

testWith(
  [crossCompiler],
  "the same source gives the same bytes, wherever it lies",
  () =>
    withProgram(async ({ sources }) => {
      const here = decodeURIComponent(new URL("../scenarios/programs/", import.meta.url).pathname);
      assertEquals(await buildGuest("rstr", sources), await buildGuest("rstr", here));
    }),
);

/** Another compiler gives other bytes, so that only the one that built the guests can judge. */
const builtBy = guests.ckpt.compiler;
const isHere = have(crossCompiler.command);
const here = isHere ? await compilerVersion() : "";
const mayCompare = !isHere || here === builtBy || Deno.env.get("CRUCIBLE_REQUIRE_TOOLS") === "1";
if (mayCompare) {
  testWith([crossCompiler], "the committed guests are what their sources build to", async () => {
    const results = await comparePrograms();
    assertEquals(results.filter((r) => r.comparison !== "equal"), [], `Built here by ${here}`);
  });
} else {
  Deno.test({
    name: `the committed guests are what their sources build to (needs ${builtBy})`,
    ignore: true,
    fn() {},
  });
}

/** Runs the command as a user does. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = decodeURIComponent(new URL("./programs.ts", import.meta.url).pathname);
  const permissions = ["--no-prompt", "--allow-read"];
  const output = await new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-check", ...permissions, script, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return {
    code: output.code,
    stdout: text.decode(output.stdout),
    stderr: text.decode(output.stderr),
  };
}

Deno.test("an unknown argument is refused in one line", async () => {
  for (const argument of ["--wrong", "-x", "ckpt"]) {
    const { code, stderr } = await run(argument);
    assertEquals([code, stderr.split("\n").length], [2, 2], stderr);
    assertMatch(stderr, /^programs: /);
  }
});

Deno.test("a missing compiler is said in one line that names the Debian package", async () => {
  // Without permission to run it, the compiler is as good as missing.
  const { code, stderr } = await run();
  assertEquals([code, stderr.split("\n").length], [2, 2], stderr);
  assertStringIncludes(stderr, "install the Debian package gcc-riscv64-linux-gnu");
});

Deno.test("--help prints the usage", async () => {
  const { code, stdout } = await run("--help");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "--write");
});
