import { guests } from "../scenarios/mod.ts";
import { assert, assertEquals, assertMatch } from "../std_assert.ts";
import { buildGlibcProgram } from "../testing/glibc.ts";
import { crossLibc, qemuUser, testWith } from "../testing/tools.ts";
import { runTask, withFolder } from "./testing/tasks.ts";

async function withProgram(
  bytes: Uint8Array | Promise<Uint8Array>,
  use: (file: string, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const file = `${folder}/program`;
    await Deno.writeFile(file, await bytes, { mode: 0o755 });
    await use(file, folder);
  });
}

async function underQemu(file: string): Promise<string> {
  const { code, stdout } = await new Deno.Command("qemu-riscv64", { args: [file] }).output();
  assertEquals(code, 0);
  return new TextDecoder().decode(stdout);
}

for (const every of ["1000", "997", "100000"]) {
  testWith(
    [crossLibc, qemuUser],
    `does glibc's floating point print what qemu-riscv64 prints, moved every ${every} instructions?`,
    () =>
      withProgram(buildGlibcProgram("floats"), async (file) => {
        const expected = await underQemu(file);
        const { code, stdout } = await runTask("run", ["--restart-every", every, file]);
        assertEquals(code, 0);
        assert(expected.length > 10_000);
        assertEquals(stdout, expected);
      }),
  );
}

testWith(
  [crossLibc, qemuUser],
  "does glibc's hello print what it prints under qemu-riscv64?",
  () =>
    withProgram(buildGlibcProgram("hello"), async (file) => {
      const { code, stdout, stderr } = await runTask("run", [file]);
      assertEquals([code, stdout, stderr], [0, await underQemu(file), ""]);
    }),
);

Deno.test("can a program tell that it is moved to a fresh machine every 37 instructions?", () =>
  withProgram(guests.layout_brk.bytes(), async (file) => {
    const whole = await runTask("run", [file]);
    const moved = await runTask("run", ["--restart-every", "37", file]);
    assertEquals(moved, whole);
  }));

Deno.test("are the exit status and the counts passed on?", () =>
  withProgram(guests.hello_loop.bytes(), async (file) => {
    const { code, stdout, stderr } = await runTask("run", ["--stats", file]);
    assertEquals(code, 7);
    assertMatch(stdout, /hello, world 12 of 12/);
    for (const name of ["instructions", "system calls", "frames", "seconds", "MIPS"]) {
      assertMatch(stderr, new RegExp(`^${name} +[\\d,.]+`, "m"));
    }
  }));

Deno.test("is a program that never ends ended at --max-instructions?", () =>
  withProgram(guests.ckpt.bytes(), async (file, folder) => {
    const args = ["--max-instructions", "100000", file];
    const { code, stderr } = await runTask("run", args);
    assertEquals(code, 124);
    assertMatch(stderr, /run: Ended .* after 100000 instructions\n$/);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["program"]);
  }));

Deno.test("can a program be run from a mounted folder, and write there only if it may?", () =>
  withProgram(guests.hello_loop.bytes(), async (_file, folder) => {
    const { code } = await runTask("run", ["--mount", `${folder}:/mnt:ro`, "/mnt/program"]);
    assertEquals(code, 7);
  }));

const elf = guests.hello_loop.bytes();
const changed = (offset: number, value: number) => {
  const bytes = elf.slice();
  bytes[offset] = value;
  return bytes;
};
const notPrograms: [what: string, bytes: Uint8Array][] = [
  ["no ELF file", new TextEncoder().encode("hello\n")],
  ["an empty file", new Uint8Array(0)],
  ["another machine's", changed(18, 62)],
  ["32 bits", changed(4, 1)],
  ["cut in its headers", elf.subarray(0, 100)],
  ["cut in its code", elf.subarray(0, elf.length - 800)],
];

for (const [what, bytes] of notPrograms) {
  Deno.test(`is a program that is ${what} refused with 126 and one line?`, () =>
    withProgram(bytes, async (file) => {
      const { code, stdout, stderr } = await runTask("run", [file]);
      assertEquals([code, stdout], [126, ""], stderr);
      assertMatch(stderr, /^run: Cannot run .*\/program: .+\n$/);
    }));
}

Deno.test("is wrong usage of run answered by one line?", async () => {
  const wrong: [args: string[], code: number, reason: RegExp][] = [
    [[], 2, /^run: Give a program to run\n$/],
    [["/no/such/file"], 127, /^run: Cannot read \/no\/such\/file: there is no such file\n$/],
    [["/"], 126, /^run: Cannot read \/: it is a directory\n$/],
    [
      ["--mount", "x", "p"],
      2,
      /^run: Cannot use --mount 'x': give HOST_DIR:\/GUEST_DIR or …:ro\n$/,
    ],
    [["--env", "A", "p"], 2, /^run: Cannot use --env 'A': give NAME=VALUE\n$/],
    [["--restart-evry", "3", "p"], 2, /^run: There is no option --restart-evry; did you mean --/],
  ];
  for (const [args, code, reason] of wrong) {
    const result = await runTask("run", args);
    assertEquals([result.code, result.stdout], [code, ""], args.join(" "));
    assertMatch(result.stderr, reason);
    assertEquals(result.stderr.trim().split("\n").length, 1);
  }
});
