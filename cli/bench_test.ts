// Does the bench name its programs and mistakes, and do its figures mean what they say?

import { assertEquals, assertThrows } from "../std_assert.ts";
import { main } from "./bench.ts";
import { callsSection } from "./bench_calls.ts";
import { BENCH_PROGRAMS } from "./bench_programs.ts";
import { benchFork } from "./bench_sizes.ts";
import { geometricMean, ratio, speedSection } from "./bench_speed_section.ts";
import { UsageError } from "./command.ts";
import { performanceDocument, table } from "./performance_document.ts";

const speed = (name: string, qemu: number, translator: number) => ({
  name,
  kind: "integer" as const,
  instructions: 1_000_000,
  seconds: { native: 1, qemu, translator, interpreter: 8 },
});

const cells = (row = "") => row.split("|").map((cell) => cell.trim()).slice(1, -1);

Deno.test("a bench or a program that there is not is a user's mistake", () => {
  assertThrows(() => main(["speed"]), UsageError, "There is no bench 'speed'");
  assertThrows(() => main(["emu", "seive"]), UsageError, "did you mean sieve?");
});

Deno.test("every source of scenarios/bench/ is a program of the bench, and each has its source", () => {
  const folder = new URL("../scenarios/bench/", import.meta.url);
  const sources = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".c"));
  assertEquals(sources.sort(), Object.keys(BENCH_PROGRAMS).map((name) => `${name}.c`).sort());
});

Deno.test("twice as fast and half as fast are as fast on average", () => {
  const speeds = [speed("a", 2, 1), speed("b", 2, 4)];
  assertEquals(speeds.map((one) => ratio(one, "translator", "qemu")), [2, 0.5]);
  assertEquals(geometricMean([2, 0.5]), 1);
  const mean = speedSection(speeds, 3).text.split("\n").at(-1)?.split("|").map((cell) =>
    cell.trim()
  );
  assertEquals(mean?.slice(0, 2), ["", "**integer, geometric mean**"]);
  assertEquals(mean?.at(-4), "1.00");
});

Deno.test("a call's cost and a fork's frames stand in their sections", () => {
  const nanoseconds = { native: 100, qemu: 400, crucible: 600 };
  const [row] = callsSection([{ name: "getpid", nanoseconds }], 3).text.split("\n").slice(-1);
  assertEquals(cells(row), ["getpid", "100", "400", "600", "1.50"]);
  const { fork_ms, forkFrames, changedFrames } = benchFork({ rounds: 1 });
  assertEquals([forkFrames, changedFrames, fork_ms > 0], [0, 256, true]);
});

Deno.test("the document says where it comes from and holds every section", () => {
  const document = performanceDocument("- a machine", [
    { title: "First", text: table(["what", "s"], [["a", "10"], ["long", "2"]]) },
    { title: "Second", text: "text" },
  ]);
  assertEquals(document.split("\n"), [
    "# Performance",
    "",
    "Measured by `deno task bench emu`, which writes this page; do not edit it.",
    "",
    "## The machine",
    "",
    "- a machine",
    "",
    "## First",
    "",
    "| what |  s |",
    "| ---- | -: |",
    "| a    | 10 |",
    "| long |  2 |",
    "",
    "## Second",
    "",
    "text",
    "",
  ]);
});
