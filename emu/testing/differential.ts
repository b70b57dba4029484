/** Executes random sequences under qemu-riscv64 and here, and explains the first difference. */
import { assertEquals, fail } from "../../std_assert.ts";
import { qemuUser } from "../../testing/tools.ts";
import { randomWords } from "../float/testing/operands.ts";
import { decode } from "../isa/mod.ts";
import { wordLength } from "./encode.ts";
import { GENERATED, SCRATCH_SIZE, type Sequence, SequenceGenerator } from "./sequence.ts";
import {
  layOut,
  type Placed,
  programElf,
  RESULT_SIZE,
  runHere,
  type SequenceProgram,
} from "./sequence_program.ts";

/** Sequences in one program. */
const BATCH = 500;

/** Executes a program and gives its output; tells `visit` each instruction of a sequence. */
export type Engine = (program: SequenceProgram, visit?: (word: number) => void) => Uint8Array;

/** How much to compare. */
export interface DifferentialOptions {
  /** First state of the random numbers, 1 … 2^64-1. */
  readonly seed: bigint;
  /** Instructions of sequences to execute, at least. */
  readonly instructions: number;
  /** How often each instruction must have been executed in the end. */
  readonly timesEachMin: number;
  /** What is compared with QEMU; by default the hart. */
  readonly engine?: Engine;
}

/** Compares; fails with an explanation where anything differs or an instruction came too rarely. */
export async function compareWithQemu(options: DifferentialOptions): Promise<void> {
  const { engine = runHere } = options;
  const generator = new SequenceGenerator(randomWords(options.seed));
  const executed = new Map(GENERATED.map(({ name }) => [name, 0]));
  for (let count = 0; count < options.instructions;) {
    const sequences = Array.from({ length: BATCH }, () => generator.sequence());
    const program = layOut(sequences);
    const theirs = runUnderQemu(program);
    const ours = engine(program, (word) => {
      const name = nameOf(word);
      executed.set(name, (executed.get(name) ?? 0) + 1);
      count++;
    });
    // Stepped through above; in one piece the result must be the same.
    assertEquals(firstDifference(engine(program), ours), undefined, "In pieces it differs");
    const at = firstDifference(ours, await theirs);
    if (at !== undefined) await explain(program.placed[at]!.sequence, engine);
  }
  const rare = [...executed].filter(([, times]) => times < options.timesEachMin);
  assertEquals(rare, [], "Executed too rarely");
}

function nameOf(word: number): string {
  return decode(word)?.instruction.name ?? "illegal";
}

/** Standard output of the program; shorter than it should be when the program was killed. */
async function runUnderQemu(program: SequenceProgram): Promise<Uint8Array> {
  const path = await Deno.makeTempFile({ prefix: "crucible-sequences-" });
  try {
    await Deno.writeFile(path, programElf(program), { mode: 0o700 });
    const { stdout } = await new Deno.Command(qemuUser.command, { args: [path] }).output();
    return stdout;
  } finally {
    await Deno.remove(path);
  }
}

/** Number of the first sequence with another result, or of one that has no result. */
function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return Math.floor(i / RESULT_SIZE);
  return undefined;
}

/** Finds the shortest beginning of a sequence that differs, and fails with all there is to say. */
async function explain(sequence: Sequence, engine: Engine): Promise<never> {
  const beginnings = Array.from(
    { length: sequence.units.length },
    (_, i): Sequence => ({ ...sequence, units: sequence.units.slice(0, i + 1) }),
  );
  const program = layOut(beginnings);
  const [ours, theirs] = [engine(program), await runUnderQemu(program)];
  const at = firstDifference(ours, theirs);
  const place = program.placed[at ?? beginnings.length - 1]!;
  const lines = ["Sequence differs from QEMU:", ...listing(place)];
  if (at === undefined) lines.push("(not when its beginnings are executed one by one)");
  else if (theirs.length < (at + 1) * RESULT_SIZE) lines.push("QEMU ended in the last of these.");
  else lines.push(...differences(place.sequence, resultOf(ours, at), resultOf(theirs, at)));
  fail(lines.join("\n"));
}

function resultOf(output: Uint8Array, index: number): DataView {
  return new DataView(output.slice(index * RESULT_SIZE, (index + 1) * RESULT_SIZE).buffer);
}

/** The instructions by name and fields. */
function listing({ words, begin }: Placed): string[] {
  let at = begin;
  return words.map((word) => {
    const fields = Object.entries(decode(word)?.fields ?? {}).map(([name, value]) =>
      `${name}=${value}`
    );
    const line = `  ${at.toString(16)}: ${nameOf(word).padEnd(12)} ${fields.join(" ")}`;
    at += wordLength(word);
    return line;
  });
}

/** The state's words by name: before, under QEMU, here. */
function differences(sequence: Sequence, ours: DataView, theirs: DataView): string[] {
  const lines: string[] = [];
  const compare = (name: string, at: number, before: bigint | undefined) => {
    const [a, b] = [ours, theirs].map((view) => view.getBigUint64(at, true));
    if (a === b) return;
    const [was, here, qemu] = [before, a, b].map((value) => value?.toString(16) ?? "?");
    lines.push(`  ${name}: was ${was}, QEMU ${qemu}, here ${here}`);
  };
  compare("fcsr", SCRATCH_SIZE, BigInt(sequence.fcsr));
  for (let i = 1; i < 32; i++) {
    const isPointer = sequence.pointers.has(i);
    compare(`x${i}`, SCRATCH_SIZE + 8 * i, isPointer ? undefined : sequence.x[i]);
  }
  for (let i = 0; i < 32; i++) compare(`f${i}`, SCRATCH_SIZE + 256 + 8 * i, sequence.f[i]);
  const scratch = new DataView(sequence.scratch.slice().buffer);
  for (let at = 0; at < SCRATCH_SIZE; at += 8) {
    compare(`scratch[${at - SCRATCH_SIZE / 2}]`, at, scratch.getBigUint64(at, true));
  }
  return lines;
}
