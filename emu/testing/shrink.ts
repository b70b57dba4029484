/** From a difference in a large program to the one instruction that makes it, and its operands. */
import { decode, expand } from "../isa/mod.ts";
import { disassemble } from "../mod.ts";
import { PhysicalMemory } from "../mod.ts";
import { SCRATCH_SIZE, type Sequence } from "./sequence.ts";
import {
  BLOCK_SIZE,
  blockAddress,
  enterSequence,
  FIRST_BLOCK,
  FLOATS_AT,
  layOut,
  programGuest,
  SCRATCH_AT,
  type SequenceProgram,
} from "./sequence_program.ts";
import { blockOf, stepThrough } from "./step.ts";
import { type Engine, type Output, qemu } from "./verification.ts";

/** Executions of a sequence from one state, enough for it to be translated. */
const ROUNDS = 96;

/** Number of the first block that differs; `undefined` when none does. */
export function firstDifference(ours: Output, theirs: Output): number | undefined {
  const [a, b] = [ours, theirs].map((output) =>
    new Uint32Array(output.buffer, 0, Math.floor(output.length / 4))
  );
  if (a === undefined || b === undefined) return undefined;
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return Math.max(0, Math.floor((4 * i - FIRST_BLOCK) / BLOCK_SIZE));
  }
  return undefined;
}

/** A sequence and the block that it begins in. */
interface Case {
  readonly sequence: Sequence;
  readonly block: Uint8Array;
}

/** A case that differs, and what the engine and QEMU made of it. */
interface Differing extends Case {
  readonly program: SequenceProgram;
  readonly round: number;
  readonly ours: Output;
  readonly theirs: Output;
}

/** Says which instruction of a program makes an engine differ from QEMU, and from what operands. */
export async function explain(
  program: SequenceProgram,
  ours: Output,
  theirs: Output,
  engine: Engine,
): Promise<string> {
  if (ours.length === 0 && theirs.length === 0) return "Both died: the generator is wrong";
  const died = ours.length === 0 || theirs.length === 0;
  const block = died ? await findDeadly(program, engine) : firstDifference(ours, theirs) ?? 0;
  const place = program.placed[Math.floor(block / program.rounds)];
  if (place === undefined) throw new Error(`There is no block ${block}`);
  const at = FIRST_BLOCK + block * BLOCK_SIZE;
  const whole = { sequence: place.sequence, block: program.data.subarray(at, at + BLOCK_SIZE) };
  const head = `${engine.name} differs from QEMU in block ${block}`;
  const { units } = place.sequence;
  for (let count = 1; count <= units.length; count++) {
    const beginning = await differing(part(whole, 0, count), engine);
    if (beginning === undefined) continue;
    const alone = await differing(lastUnit(beginning), engine);
    return `${head}:\n${describe(alone ?? beginning)}`;
  }
  return `${head}, but not when its sequence is executed alone`;
}

/** A block from which the engine or QEMU dies. */
async function findDeadly(program: SequenceProgram, engine: Engine): Promise<number> {
  for (const [i, { sequence }] of program.placed.entries()) {
    const at = FIRST_BLOCK + i * program.rounds * BLOCK_SIZE;
    const blocks = program.data.slice(at, at + program.rounds * BLOCK_SIZE);
    const data = new Uint8Array(FIRST_BLOCK + blocks.length);
    data.set(blocks, FIRST_BLOCK);
    const alone = layOut([sequence], data, 0x10_0000);
    const [ours, theirs] = await Promise.all([engine.run(alone), qemu.run(alone)]);
    const block = firstDifference(ours, theirs);
    if (block !== undefined) return i * program.rounds + block;
  }
  return 0;
}

function part({ sequence, block }: Case, from: number, to: number): Case {
  return { sequence: { ...sequence, units: sequence.units.slice(from, to) }, block };
}

/** A program that executes a case many times. */
function repeated({ sequence, block }: Case): SequenceProgram {
  const data = new Uint8Array(FIRST_BLOCK + ROUNDS * BLOCK_SIZE);
  for (let round = 0; round < ROUNDS; round++) data.set(block, FIRST_BLOCK + round * BLOCK_SIZE);
  return layOut([sequence], data, 0x10_0000);
}

/** Executes a case in the engine and under QEMU; `undefined` when both agree. */
async function differing(one: Case, engine: Engine): Promise<Differing | undefined> {
  const program = repeated(one);
  const [ours, theirs] = await Promise.all([engine.run(program), qemu.run(program)]);
  const round = firstDifference(ours, theirs);
  return round === undefined ? undefined : { ...one, program, round, ours, theirs };
}

/** The last unit of a case alone, in the state that the units before it leave. */
function lastUnit({ sequence, block, round }: Differing): Case {
  const count = sequence.units.length;
  const before = repeated(part({ sequence, block }, 0, count - 1));
  const guest = programGuest(before, new PhysicalMemory());
  stepThrough(guest, enterSequence(guest, before, round), () => () => {});
  const state = blockOf(guest, blockAddress(before.dataAddress, round));
  // A pointer that was overwritten is none any more.
  const view = new DataView(before.data.buffer, FIRST_BLOCK + round * BLOCK_SIZE);
  const pointers = new Map(
    [...sequence.pointers].filter(([register]) =>
      guest.registers.x(register) === view.getBigUint64(8 * register, true)
    ),
  );
  return part({ sequence: { ...sequence, pointers }, block: state }, count - 1, count);
}

/** The instructions of a case, their operands, and what differs behind them. */
function describe({ program, round, ours, theirs }: Differing): string {
  const [place] = program.placed;
  if (place === undefined) throw new Error("The program has no sequence");
  const at = FIRST_BLOCK + round * BLOCK_SIZE;
  const [before, here, there] = [program.data, ours, theirs].map((data) =>
    new DataView(data.slice(at, at + BLOCK_SIZE).buffer)
  );
  if (before === undefined || here === undefined || there === undefined) return "";
  const lines: string[] = [];
  const operands = new Set<number>();
  let address = place.begin;
  for (const word of place.words) {
    const decoded = decode(word);
    if (decoded === undefined) throw new Error(`Sequence has an illegal word ${word}`);
    const { fields, length } = expand(decoded);
    const hex = word.toString(16).padStart(2 * length, "0");
    lines.push(`  ${address.toString(16)}: ${hex.padEnd(8)}  ${disassemble(word, address)}`);
    for (const register of [fields.rs1, fields.rs2]) if (register) operands.add(8 * register);
    for (const register of [fields.fs1, fields.fs2, fields.fs3]) {
      if (register !== undefined) operands.add(FLOATS_AT + 8 * register);
    }
    address += length;
  }
  lines.push(`  in the beginning fcsr = ${hex(BigInt(before.getUint32(0, true)))}`);
  for (const operand of operands) {
    lines.push(
      `  in the beginning ${nameAt(operand)} = ${hex(before.getBigUint64(operand, true))}`,
    );
  }
  for (let operand = 8; operand < BLOCK_SIZE; operand += 8) {
    lines.push(...differenceAt(operand, before, here, there));
  }
  const flags = [before, here, there].map((view) => hex(BigInt(view.getUint32(0, true))));
  if (flags[1] !== flags[2]) {
    lines.push(`  fcsr: was ${flags[0]}, QEMU ${flags[2]}, here ${flags[1]}`);
  }
  return lines.join("\n");
}

function differenceAt(at: number, before: DataView, here: DataView, there: DataView): string[] {
  const [was, ours, theirs] = [before, here, there].map((view) => view.getBigUint64(at, true));
  if (was === undefined || ours === undefined || theirs === undefined || ours === theirs) return [];
  return [`  ${nameAt(at)}: was ${hex(was)}, QEMU ${hex(theirs)}, here ${hex(ours)}`];
}

function nameAt(at: number): string {
  if (at >= SCRATCH_AT) return `scratch[${at - SCRATCH_AT - SCRATCH_SIZE / 2}]`;
  return at >= FLOATS_AT ? `f${(at - FLOATS_AT) / 8}` : `x${at / 8}`;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
