/** Executes sequences one instruction at a time, to see each of them with its operands. */
import { decode, effectsOf, expand } from "../isa/mod.ts";
import { Hart, type PhysicalMemory } from "../mod.ts";
import type { Coverage } from "./coverage.ts";
import { wordLength } from "./encode.ts";
import type { Guest } from "./guest.ts";
import {
  BLOCK_SIZE,
  blockAddress,
  enterSequence,
  FIRST_BLOCK,
  FLOATS_AT,
  type Placed,
  programGuest,
  type SequenceProgram,
} from "./sequence_program.ts";

/** Told of each instruction before it is executed; what it returns is called behind it. */
export type Visit = (word: number, guest: Guest) => () => void;

/** Executes the sequence that the guest is in front of until it is behind it. */
export function stepThrough(guest: Guest, place: Placed, visit: Visit): void {
  const words = new Map<number, number>();
  let at = place.begin;
  for (const word of place.words) {
    words.set(at, word);
    at += wordLength(word);
  }
  for (let pc = place.begin; pc !== place.end; pc = Number(guest.registers.pc)) {
    const word = words.get(pc);
    if (word === undefined) {
      throw new Error(`Sequence jumped to 0x${pc.toString(16)}, where it has no instruction`);
    }
    const executed = visit(word, guest);
    const stop = guest.run(1);
    if (stop.retired !== 1) throw new Error(`Sequence stopped with ${stop.reason} at ${pc}`);
    executed();
  }
}

/**
 * Steps through every `oneIn`-th execution of a program, counts what is covered, and compares what
 * it leaves behind with `output`, which comes from executing the program in one piece.
 */
export function cover(
  program: SequenceProgram,
  output: Uint8Array,
  memory: PhysicalMemory,
  oneIn: number,
  coverage: Coverage,
): void {
  Hart.of(memory).configure({ translate: false });
  const guest = programGuest(program, memory);
  try {
    const blocks = program.placed.length * program.rounds;
    for (let block = 0; block < blocks; block += oneIn) {
      const place = enterSequence(guest, program, block);
      stepThrough(guest, place, (word) => observe(word, guest, coverage));
      const at = FIRST_BLOCK + block * BLOCK_SIZE;
      const inOnePiece = output.subarray(at, at + BLOCK_SIZE);
      const inSteps = blockOf(guest, blockAddress(program.dataAddress, block));
      if (inSteps.some((byte, i) => byte !== inOnePiece[i])) {
        throw new Error(`Block ${block} differs when its sequence is executed in steps`);
      }
    }
  } finally {
    guest.pages.dispose();
  }
}

/** The block at an address as a program would leave it now. */
export function blockOf(guest: Guest, address: number): Uint8Array<ArrayBuffer> {
  const { registers } = guest;
  const block = guest.read(address, BLOCK_SIZE);
  const view = new DataView(block.buffer);
  view.setUint32(0, registers.fcsr, true);
  for (let i = 1; i < 32; i++) view.setBigUint64(8 * i, registers.x(i), true);
  for (let i = 0; i < 32; i++) view.setBigUint64(FLOATS_AT + 8 * i, registers.f(i), true);
  return block;
}

/** Takes down what an instruction finds, to be counted when its outcome is known. */
function observe(word: number, guest: Guest, coverage: Coverage): () => void {
  const decoded = decode(word);
  if (decoded === undefined) throw new Error(`Sequence has an illegal word ${word.toString(16)}`);
  const { registers } = guest;
  const operation = expand(decoded);
  const before = registers.clone();
  const access = effectsOf(operation.instruction).access;
  const address = before.x(operation.fields.rs1 ?? 0);
  const memory = access?.atomic ? guest.readNumber(Number(address), access.width) : 0n;
  const moment = { fields: decoded.fields, operation, before, memory };
  return () => coverage.note(decoded.instruction, moment, registers);
}
