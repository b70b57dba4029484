/** The section of `docs/performance.md` about the speed of programs. */
import { COMPILER_OPTIONS } from "./bench_programs.ts";
import { type ProgramSpeed, QEMU, type Way, WAYS } from "./bench_emu.ts";
import { type Section, table } from "./performance_document.ts";

/** Ratios that are averaged: how many times as fast the first way is as the second. */
const RATIOS: readonly (readonly [Way, Way])[] = [
  ["translator", "qemu"],
  ["interpreter", "qemu"],
  ["translator", "native"],
];

const HEAD = [
  "program",
  ...WAYS.map((way) => `${way}, s`),
  ...["qemu", "translator", "interpreter"].map((way) => `${way}, MIPS`),
  ...RATIOS.map(([way, other]) => `${way} / ${other}`),
];

/** How many times as fast a program is one way as another. */
export function ratio({ seconds }: ProgramSpeed, way: Way, other: Way): number {
  return seconds[other] / seconds[way];
}

/** The geometric mean. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The section, from what was measured. */
export function speedSection(speeds: readonly ProgramSpeed[], rounds: number): Section {
  const kinds = [...new Set(speeds.map(({ kind }) => kind))];
  const rows = kinds.flatMap((kind) => {
    const ofKind = speeds.filter((speed) => speed.kind === kind);
    return [...ofKind.map(programRow), ...ofKind.length > 1 ? [meanRow(kind, ofKind)] : []];
  });
  const text = [
    `Each program of \`scenarios/bench/\`, built with \`gcc ${
      COMPILER_OPTIONS.join(" ")
    }\` for this machine and for`,
    `riscv64, run natively, under \`${QEMU}\`, with the translator and in the interpreter alone, each run`,
    `in a process of its own; least of ${rounds} rounds in turns (of one in the interpreter). Seconds are`,
    "processor time of the thread that executes the program, since the machine does other work as well:",
    "natively and under qemu of the whole process, otherwise from before the machine is made, with making",
    "the interpreter and with all translation, to the program's end. V8 optimises what is translated on",
    "threads of its own, whose time is not in it. MIPS are millions of guest instructions a second; ratios",
    "are how many times as fast.",
    "",
    table(HEAD, rows),
  ].join("\n");
  return { title: "Speed of programs", text };
}

function programRow(speed: ProgramSpeed): string[] {
  const mips = (way: Way) => (speed.instructions / speed.seconds[way] / 1e6).toFixed(0);
  return [
    speed.name,
    ...WAYS.map((way) => speed.seconds[way].toFixed(3)),
    mips("qemu"),
    mips("translator"),
    mips("interpreter"),
    ...RATIOS.map(([way, other]) => ratio(speed, way, other).toFixed(2)),
  ];
}

function meanRow(kind: string, speeds: readonly ProgramSpeed[]): string[] {
  const means = RATIOS.map(([way, other]) =>
    geometricMean(speeds.map((speed) => ratio(speed, way, other))).toFixed(2)
  );
  return [`**${kind}, geometric mean**`, ...WAYS.map(() => ""), "", "", "", ...means];
}
