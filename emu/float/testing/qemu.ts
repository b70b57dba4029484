/**
 * Has instructions executed by QEMU's user-mode emulator and compares what they do, results and
 * flags, with what {@linkcode INSTRUCTIONS} say.
 *
 * Where a difference turns up, the specification decides: as of QEMU 7.2 there is none.
 */
import { assertEquals } from "../../../std_assert.ts";
import { crossLibc, qemuUser } from "../../../testing/tools.ts";
import { BINARY32, boxSingle, type FloatFormat, SoftFloat } from "../mod.ts";
import type { Instruction, Registers } from "./instructions.ts";
import { borderPatterns, integerBorderPatterns, randomOperand } from "./operands.ts";

/** The rounding modes as instructions encode them. */
export const MODES = [0, 1, 2, 3, 4];

/** One instruction to be executed. */
export interface Trial {
  readonly instruction: Instruction;
  readonly rm: number;
  readonly registers: Registers;
}

/** Integers around every power of two, both signs. */
const INTEGER_BORDERS = Array.from({ length: 65 }, (_, i) => 1n << BigInt(i))
  .flatMap((power) => [power - 1n, power, power + 1n, -power, -power - 1n])
  .map((integer) => BigInt.asUintN(64, integer));

function bordersOf(reads: FloatFormat | "integer"): readonly bigint[] {
  if (reads === "integer") return INTEGER_BORDERS;
  return [...borderPatterns(reads), ...integerBorderPatterns(reads)];
}

/** The register for an operand: now and then one that does not hold a single after all. */
function registerFor(reads: FloatFormat | "integer", bits: bigint, next: () => bigint): bigint {
  if (reads !== BINARY32) return bits;
  return next() % 16n === 0n ? (next() & ~0xffff_ffffn) | bits : boxSingle(bits);
}

/** Trials of random operands, many of them at borders. */
export function randomTrials(
  instruction: Instruction,
  rm: number,
  count: number,
  next: () => bigint,
): Trial[] {
  const { reads } = instruction;
  const borders = bordersOf(reads);
  const random = () => {
    const bits = reads === "integer"
      ? next() >> (next() % 64n)
      : randomOperand(reads, borders, next);
    return registerFor(reads, bits, next);
  };
  return Array.from(
    { length: count },
    () => ({ instruction, rm, registers: [random(), random(), random()] }),
  );
}

/** Trials of every border, or with two operands or more every pair of borders, and random rest. */
export function borderTrials(instruction: Instruction, rm: number, next: () => bigint): Trial[] {
  const { reads, operands } = instruction;
  const borders = bordersOf(reads);
  const register = (bits: bigint) => registerFor(reads, bits, next);
  const third = () => register(borders[Number(next() % BigInt(borders.length))]!);
  return borders.flatMap((a) =>
    (operands === 1 ? [0n] : borders).map((b): Trial => ({
      instruction,
      rm,
      registers: [register(a), register(b), third()],
    }))
  );
}

/**
 * Trials whose results land next to a border: the second operand is what the first one needs to
 * be added to, multiplied with or divided by, give or take a few last places.
 */
export function aimedTrials(
  instruction: Instruction,
  rm: number,
  count: number,
  next: () => bigint,
): Trial[] {
  const { reads } = instruction;
  if (reads === "integer" || instruction.operands === 1) return [];
  const borders = bordersOf(reads);
  const aims = new SoftFloat();
  return Array.from({ length: count }, (): Trial => {
    const target = borders[Number(next() % BigInt(borders.length))]!;
    const a = randomOperand(reads, borders, next);
    const exact = [
      aims.subtract(reads, target, a, 0),
      aims.divide(reads, target, a, 0),
      aims.divide(reads, a, target, 0),
    ][Number(next() % 3n)]!;
    const b = BigInt.asUintN(reads.width, exact + next() % 5n - 2n);
    const c = [0n, 1n, target, target ^ reads.signBit][Number(next() % 4n)]!;
    const register = (bits: bigint) => registerFor(reads, bits, next);
    return { instruction, rm, registers: [register(a), register(b), register(c)] };
  });
}

function lineOf({ instruction, rm, registers }: Trial): string {
  return [instruction.name, ...[rm, ...registers].map((value) => value.toString(16))].join(" ");
}

/** Builds the oracle and lets it answer `lines` with one line each. */
async function askQemu(lines: readonly string[]): Promise<string[]> {
  const folder = await Deno.makeTempDir({ prefix: "crucible_float_" });
  try {
    const source = new URL("./qemu_oracle.c", import.meta.url).pathname;
    const program = `${folder}/oracle`;
    const compiler = await new Deno.Command(crossLibc.command, {
      args: ["-O1", "-static", "-march=rv64gc", "-o", program, source],
    }).output();
    assertEquals(new TextDecoder().decode(compiler.stderr), "");
    const qemu = new Deno.Command(qemuUser.command, {
      args: [program],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const answers = new Response(qemu.stdout).text();
    await new Blob([lines.join("\n")]).stream().pipeTo(qemu.stdin);
    assertEquals((await qemu.status).code, 0);
    return (await answers).trimEnd().split("\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Executes the trials here and there; one line for each that differs. */
export async function differencesFromQemu(trials: readonly Trial[]): Promise<string[]> {
  const lines = trials.map(lineOf);
  const answers = await askQemu(lines);
  assertEquals(answers.length, trials.length);
  const soft = new SoftFloat();
  return trials.flatMap(({ instruction, rm, registers }, i) => {
    soft.flags = 0;
    const result = instruction.execute(soft, registers, rm);
    const ours = `${result.toString(16)} ${soft.flags.toString(16)}`;
    return ours === answers[i] ? [] : [`${lines[i]}: QEMU ${answers[i]}, here ${ours}`];
  });
}
