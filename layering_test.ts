// Does every file import downward only, through doors, and keep away from the host?

import { checkLayering } from "./testing/layering.ts";
import { assertEquals } from "./std_assert.ts";

const root = new URL(".", import.meta.url);

/** Every TypeScript file of the checkout, as path from the root → source. */
async function readTree(folder = "", found = new Map<string, string>()) {
  for await (const entry of Deno.readDir(new URL(`./${folder}`, root))) {
    const path = folder + entry.name;
    const isNoSource = entry.name.startsWith(".") || entry.name === "node_modules";
    if (entry.isDirectory && !isNoSource) await readTree(`${path}/`, found);
    if (entry.isFile && entry.name.endsWith(".ts")) {
      found.set(path, await Deno.readTextFile(new URL(`./${path}`, root)));
    }
  }
  return found;
}

Deno.test("the checkout keeps the rules of the house", async () => {
  assertEquals(checkLayering(await readTree()), []);
});

/** The violations of a tree whose files are given as properties. */
function check(files: Record<string, string>): string[] {
  return checkLayering(new Map(Object.entries(files)));
}

Deno.test("an orderly tree has no violation", () => {
  assertEquals(
    check({
      "mod.ts": `export * from "./harness/mod.ts";`,
      "cli/run.ts":
        `import { x } from "../mod.ts"; import { parseArgs } from "../std_cli.ts"; Deno.exit();`,
      "harness/mod.ts": `export { x } from "./x.ts";`,
      "harness/x.ts": `import type { K } from "../kernel/mod.ts"; export const x = 1;`,
      "kernel/fs/y.ts":
        `import "../mm/z.ts"; import "./_own.ts"; import { run } from "../../emu/mod.ts";`,
      "kernel/y_test.ts":
        `import fc from "npm:fast-check@4"; import { assert } from "../std_assert.ts";
        import { have } from "../testing/tools.ts"; import { guests } from "../scenarios/programs/mod.ts"; Deno.test("", () => {});`,
      "cli/b.ts": `new URL("../scenarios/programs/", import.meta.url);`,
      "cli/verify.ts": `import { verify } from "../emu/testing/mod.ts";`,
      "fuzz/a.ts": `new Worker(new URL("./worker.ts", import.meta.url)); setTimeout(f, 1);`,
    }),
    [],
  );
});

const wrong: Record<string, [path: string, source: string, violation: string]> = {
  "an upward import": [
    "kernel/task.ts",
    `import { Machine } from "../harness/mod.ts";`,
    "kernel/task.ts:1: Imports upward: kernel may not know harness",
  ],
  "an upward type import": [
    "emu/hart.ts",
    `let a: import("../kernel/mod.ts").Task;`,
    "emu/hart.ts:1: Imports upward: emu may not know kernel",
  ],
  "an upward re-export": [
    "scenarios/mod.ts",
    `export type { Verdict }\n  from "../fuzz/mod.ts";`,
    "scenarios/mod.ts:1: Imports upward: scenarios may not know fuzz",
  ],
  "an upward import in a test": [
    "emu/hart_test.ts",
    `import "../kernel/mod.ts";`,
    "emu/hart_test.ts:1: Imports upward: emu may not know kernel",
  ],
  "an upward worker": [
    "harness/x.ts",
    `new Worker(new URL("../fuzz/mod.ts", import.meta.url))`,
    "harness/x.ts:1: Imports upward: harness may not know fuzz",
  ],
  "a room that imports the public door": [
    "fuzz/x.ts",
    `import "../mod.ts";`,
    "fuzz/x.ts:1: Imports upward: fuzz may not know mod.ts",
  ],
  "a way past the door": [
    "harness/x.ts",
    `/* a\n */ import { Task } from "../kernel/task.ts";`,
    "harness/x.ts:2: Imports kernel/task.ts past the door kernel/mod.ts",
  ],
  "a private file of another folder": [
    "kernel/fs/x.ts",
    `import "../mm/_tree.ts";`,
    "kernel/fs/x.ts:1: Imports kernel/mm/_tree.ts, which is private to its folder",
  ],
  "a package": [
    "emu/x.ts",
    `import "node:fs";`,
    `emu/x.ts:1: Imports "node:fs", which is not relative`,
  ],
  "a package imported dynamically": [
    "kernel/x.ts",
    `await import("npm:left-pad");`,
    `kernel/x.ts:1: Imports "npm:left-pad", which is not relative`,
  ],
  "a package for types": [
    "kernel/x.ts",
    `// @ts-types="npm:left-pad"`,
    `kernel/x.ts:1: Imports "npm:left-pad", which is not relative`,
  ],
  "a computed import": [
    "fuzz/x.ts",
    "await import(`./${name}.ts`);",
    "fuzz/x.ts:1: Imports a computed name, which no check can follow",
  ],
  "assertions in code that is no test": [
    "harness/x.ts",
    `import { assert } from "../std_assert.ts";`,
    "harness/x.ts:1: Imports std_assert.ts, which is for tests",
  ],
  "a test's helper in code that is no test": [
    "cli/x.ts",
    `import { have } from "../testing/tools.ts";`,
    "cli/x.ts:1: Imports testing/tools.ts, which is for tests",
  ],
  "a test's helper past its door": [
    "cli/x.ts",
    `import { encode } from "../emu/testing/encode.ts";`,
    "cli/x.ts:1: Imports emu/testing/encode.ts, which is for tests",
  ],
  "a door to tests in code below cli": [
    "harness/x.ts",
    `import { verify } from "../emu/testing/mod.ts";`,
    "harness/x.ts:1: Imports emu/testing/mod.ts, which is for tests",
  ],
  "the argument parser below cli": [
    "fuzz/x.ts",
    `import { parseArgs } from "../std_cli.ts";`,
    "fuzz/x.ts:1: Imports std_cli.ts, which is for cli/",
  ],
  "the host": [
    "harness/x.ts",
    `const a = 1;\nDeno.exit(a);`,
    "harness/x.ts:2: Mentions Deno, which harness may not use",
  ],
  "the host through the global object": [
    "kernel/x.ts",
    `globalThis.Deno.exit()`,
    "kernel/x.ts:1: Mentions Deno, which kernel may not use",
  ],
  "the wall clock": [
    "kernel/x.ts",
    `const now = new Date();`,
    "kernel/x.ts:1: Mentions Date, which kernel may not use",
  ],
  "chance inside a template": [
    "fuzz/x.ts",
    "const a = `x ${ { a: `${Math.random()}` }.a } y`;",
    "fuzz/x.ts:1: Mentions Math.random, which fuzz may not use",
  ],
  "a stopwatch": [
    "emu/x.ts",
    `const t = a / b / performance.now();`,
    "emu/x.ts:1: Mentions performance, which emu may not use",
  ],
};

for (const [what, [path, source, violation]] of Object.entries(wrong)) {
  Deno.test(`the check finds ${what}`, () => {
    assertEquals(check({ [path]: source }), [violation]);
  });
}

Deno.test("the check follows the graph under mod.ts", () => {
  const tree = {
    "mod.ts": `export * from "./emu/mod.ts";`,
    "emu/mod.ts": `export * from "./deep/a.ts";`,
    "emu/deep/a.ts": `import "./b_test.ts";`,
    "emu/deep/b_test.ts": `import "npm:fast-check@4";`,
  };
  assertEquals(check(tree), [
    "emu/deep/a.ts:1: Imports emu/deep/b_test.ts, which is for tests",
    'emu/deep/b_test.ts:1: Under mod.ts, but imports "npm:fast-check@4"',
  ]);
});

Deno.test("what stands in comments, strings and regular expressions is not code", () => {
  const source = [
    `// import "npm:a"; Date`,
    `/* import "npm:b"; Date */`,
    `const text = 'import "npm:c"; Date' + "\\" Date";`,
    "const template = `import 'npm:d'; Date ${1} Date \\` Date`;",
    `const pattern = /import "npm:e" [/'] Date/.test(text) ? 1 : 2;`,
    `const record = { Date: 1, import: 2, export: 3 };`,
    `record.Date + record.import;`,
    `export { text, pattern };`,
  ].join("\n");
  assertEquals(check({ "emu/x.ts": source }), []);
});
