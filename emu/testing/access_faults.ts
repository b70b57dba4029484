/**
 * Accesses at the edge between two pages of any permissions, from code that is translated where that
 * is done, against a law of three lines: what stops the hart, where, and that nothing has happened.
 */
import { assertEquals, assertGreater } from "../../std_assert.ts";
import { decode, effectsOf, expand, type Instruction, INSTRUCTIONS } from "../isa/mod.ts";
import { type Access, EXECUTE, PAGE_SIZE, READ, type Stop, WRITE } from "../mod.ts";
import { encode, encodeInstruction } from "./encode.ts";
import { EnginePair } from "./engine_pair.ts";
import { ALL, CODE, DATA, Guest } from "./guest.ts";

/** Every instruction of the table that accesses memory, with the register of its address in x10. */
export const ACCESSES = INSTRUCTIONS.flatMap((instruction) => {
  const word = accessWord(instruction);
  return word === undefined ? [] : [{ name: instruction.name, word, ...operationOf(word) }];
});

function operationOf(word: number) {
  const decoded = decode(word);
  if (decoded === undefined) throw new Error(`No instruction has the word ${word}`);
  const { instruction, fields } = expand(decoded);
  return { access: effectsOf(instruction).access, imm: fields.imm ?? 0, base: fields.rs1 ?? 0 };
}

function accessWord(instruction: Instruction): number | undefined {
  const base = instruction.length === 4 ? instruction : instruction.expansion.instruction;
  if (effectsOf(base).access === undefined) return undefined;
  const registers = { rs1: 10, rd: 9, rs2: 9, fd: 9, fs2: 9 };
  const values = Object.entries(registers).filter(([name]) =>
    instruction.fields.some((field) => field.name === name)
  );
  return encodeInstruction(instruction, Object.fromEntries(values));
}

/** Instructions in front of the access, so that translated code is under way when it comes. */
export const LEAD: readonly number[] = [
  encode("addi", { rd: 6, rs1: 6, imm: 1 }),
  encode("xor", { rd: 7, rs1: 6, rs2: 9 }),
];

/** Two guests with a loop around an access, translated where that is done. */
export function hotLoop(name: string, word: number): EnginePair {
  const length = (word & 3) === 3 ? 4 : 2;
  const words = [...LEAD, word, encode("bne", { rs1: 6, rs2: 5, imm: -8 - length })];
  const pair = new EnginePair(name, () => new Guest([...words, encode("ecall")]));
  pair.both(({ registers }) => {
    registers.setX(5, 300n);
    for (const base of [2, 10]) registers.setX(base, BigInt(DATA));
  });
  assertEquals(pair.run(100_000).reason, "ecall");
  assertGreater(pair.byTranslatedCode, 500, name);
  return pair;
}

/** What must come of an access to these bytes, when the two pages allow so much. */
function expectedStop(
  { access }: typeof ACCESSES[number],
  address: number,
  edge: number,
  permissions: readonly [number, number],
): Pick<Stop, "reason" | "address" | "access"> | undefined {
  if (access === undefined) return undefined;
  const kind: Access = access.write ? "write" : "read";
  const needed = access.write ? WRITE : READ;
  if (access.atomic && address % access.width !== 0) {
    return { reason: "misaligned", address: BigInt(address), access: kind };
  }
  for (const byte of [address, address + access.width - 1]) {
    if ((permissions[byte < edge ? 0 : 1] & needed) !== 0) continue;
    const first = byte === address ? address : edge;
    return { reason: "page_fault", address: BigInt(first), access: kind };
  }
  return undefined;
}

/** Permissions that a page can have. */
export const PERMISSIONS: readonly number[] = [0, READ, WRITE, EXECUTE, READ | WRITE, ALL];

const EDGE = DATA + PAGE_SIZE;

/** Checks accesses of one kind after the other; each kind's loop stays hot. */
export class AccessChecker {
  readonly #loops = new Map<string, EnginePair>();

  /**
   * Executes an access with its address `offset` bytes from the edge between two pages.
   *
   * @param allowed Permissions of the page in front of the edge, and of that behind it.
   */
  check(
    one: typeof ACCESSES[number],
    offset: number,
    allowed: readonly [number, number],
  ): void {
    const pair = this.#loops.get(one.name) ?? hotLoop(one.name, one.word);
    this.#loops.set(one.name, pair);
    const address = EDGE + offset;
    pair.both(({ registers, pages }) => {
      for (const [i, permission] of allowed.entries()) {
        pages.protect(DATA / PAGE_SIZE + i, permission);
      }
      registers.pc = BigInt(CODE);
      registers.setX(5, 3n);
      registers.setX(6, 0n);
      registers.setX(9, 0x8877_6655_4433_2211n);
      registers.setX(one.base, BigInt(address - one.imm));
    });
    const before = pair.interpreted.read(DATA, 2 * PAGE_SIZE);
    const old = pair.interpreted.registers.clone();
    const stop = pair.run(1000);
    const expected = expectedStop(one, address, EDGE, allowed);
    if (expected === undefined) {
      assertEquals([stop.reason, stop.retired % 4], ["ecall", 0], one.name);
    } else {
      assertEquals(stop, { ...expected, retired: LEAD.length }, one.name);
      assertEquals(pair.interpreted.registers.pc, BigInt(CODE + 4 * LEAD.length));
      assertEquals(pair.interpreted.read(DATA, 2 * PAGE_SIZE).join(), before.join(), one.name);
      assertEquals(pair.interpreted.registers.x(9), old.x(9), one.name);
      assertEquals(pair.interpreted.registers.f(9), old.f(9), one.name);
    }
    pair.compareMemory();
  }
}
