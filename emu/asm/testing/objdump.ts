/**
 * Compares the decoder and the disassembler with objdump (2.40, told by the file's attributes that
 * the code is RV64GC), word by word.
 *
 * Both agree on what is an instruction, and on its mnemonic and operands, but for this:
 *
 * - objdump knows privileged instructions, which are none here (`sret`, `wfi`, …).
 * - objdump refuses reserved fields of `fence` and `fence.i`, which the specification tells
 *   implementations to ignore, and rounding modes other than `rne` on conversions that are exact.
 * - objdump takes 0x6101, which is reserved, for `c.addi16sp sp,0`; and it calls 0x0000, which is
 *   defined to be illegal, `c.unimp`. The latter is done here too.
 * - `c.nop` is `c.addi zero` to objdump, a compressed shift by 0 `c.slli64` and so on.
 * - objdump writes operands that have no name as `unknown`: reserved rounding modes (here the whole
 *   is `.4byte`) and empty sets of a fence (here `0`).
 * - objdump knows CSRs by name that are numbers here.
 * - `csrrw zero,cycle,zero` is always `unimp` to objdump, here only with aliases.
 *
 * With aliases, further:
 *
 * - objdump drops the `i` of mnemonics with an immediate (`add a0,a0,1`, `csrw fcsr,1`).
 * - 31 hints `c.addi rd,0` and `c.li zero,0` are `add rd,rd,0` and `c.li zero,0` to objdump, and `mv`
 *   and `nop` here.
 */
import { BASE_INSTRUCTIONS, decode, type Field, insertField } from "../../isa/mod.ts";
import { disassemble } from "../disassembler.ts";
import type { Random } from "../../testing/random.ts";
import { dumpCode, type DumpLine } from "./gnu.ts";

const PRIVILEGED = /^([umsd]ret|wfi|sfence|hfence|sinval|hinval|hlv|hsv)/;
/** `csrrw x0, cycle, x0`: it writes what is read-only. */
const UNIMPLEMENTED = 0xc0001073;
/** Mnemonics that objdump uses for instructions with an immediate too. */
const DROPS_I = new Set(
  ("add and or xor slt sltu sll srl sra addw sllw srlw sraw csrw csrs csrc csrrw csrrs csrrc")
    .split(" "),
);

/** `addi` for `add`, `addiw` for `addw`, `sltiu` for `sltu`. */
const withImmediate = (mnemonic: string): string =>
  mnemonic.startsWith("csr") ? `${mnemonic}i` : mnemonic.replace(/^(or|[a-z]{3})([wu]?)$/, "$1i$2");

/** Says in what our disassembly of a line differs from objdump's; `undefined` when in nothing. */
export function differenceFrom(line: DumpLine, aliases: boolean): string | undefined {
  const ours = disassemble(line.word, line.address, { aliases });
  const theirs = normalForm(line.text, aliases);
  const isInstruction = decode(line.word) !== undefined;
  if (ours === theirs && isInstruction === isOne(theirs)) return undefined;
  if (isExpected(line.word, ours, theirs, isInstruction)) return undefined;
  return `0x${line.word.toString(16)} is '${ours}' here and '${theirs}' to objdump`;
}

const isOne = (text: string): boolean => !/^(\.[248]?byte|(c\.)?unimp$)/.test(text);

/** objdump's text in our normal form. */
function normalForm(text: string, aliases: boolean): string {
  const bare = text.replace(/\s+#.*$/, "").replace(/\s*<[^>]*>/g, "").replace("\t", " ").trim();
  const [mnemonic = "", operands = ""] = bare.split(" ");
  const last = operands.split(",").at(-1) ?? "";
  if (/^(c\.)?(b|j|jal)(eq|ne|lt|ge|ltu|geu)?z?$|^(blez|bgtz)$/.test(mnemonic)) {
    return bare.replace(/(^| |,)([0-9a-f]+)$/, "$10x$2");
  }
  const hasNumber = /^-?\d/.test(last);
  if (aliases && hasNumber && DROPS_I.has(mnemonic)) {
    return `${withImmediate(mnemonic)} ${operands}`;
  }
  return bare
    .replace(/^c\.addi zero,0$/, "c.nop")
    .replace(/^c\.addi zero,/, "c.nop ")
    .replace(/^(c\.s[lr][la]i)64 (\w+)$/, aliases ? "$1 $2" : "$1 $2,0x0");
}

/** The differences that the head of this file lists. */
function isExpected(word: number, ours: string, theirs: string, isInstruction: boolean): boolean {
  const mnemonic = decode(word)?.instruction.name ?? "";
  if (!isInstruction) return PRIVILEGED.test(theirs) || word === 0x6101;
  if (!isOne(theirs)) {
    const ignoresFields = mnemonic === "fence" || mnemonic === "fence.i";
    return ignoresFields || /^fcvt\.d\.(s|w|wu)$/.test(mnemonic) || word === UNIMPLEMENTED ||
      ours === theirs;
  }
  if (theirs.includes("unknown")) {
    const expected = mnemonic === "fence" ? /^(fence|pause)\b/ : /^\.4byte/;
    return expected.test(ours) && theirs.startsWith(mnemonic);
  }
  if (mnemonic.startsWith("csr") && sameButCsr(ours, theirs)) return true;
  const isShiftByZero = /^(slli|srli|srai) (\w+),\2,0x0$/.exec(ours);
  if (isShiftByZero && theirs === `c.${isShiftByZero[1]} ${isShiftByZero[2]}`) return true;
  const moved = /^mv (\w+),\1$/.exec(ours);
  if (moved && theirs === `addi ${moved[1]},${moved[1]},0`) return true;
  return ours === "nop" && theirs === "c.li zero,0";
}

/** Whether two CSR instructions are the same except that one names its CSR and one numbers it. */
function sameButCsr(ours: string, theirs: string): boolean {
  const [a, b] = [ours, theirs].map((text) => text.split(/[ ,]/));
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  const different = a.filter((part, index) => part !== b[index]);
  return different.length === 1 && /^0x/.test(different[0] ?? "");
}

/** Every 16-bit word that is not the begin of a longer one. */
export function allShortWords(): Uint8Array {
  const words = Array.from({ length: 0x10000 }, (_, word) => word).filter((word) => word % 4 !== 3);
  return Uint8Array.from(words.flatMap((word) => [word & 0xff, word >> 8]));
}

/** Values of an operand that have, or could have, a spelling of their own. */
function bordersOf({ name, bits, lowBit, signed }: Field): number[] {
  const all = signed ? -(2 ** lowBit) : 2 ** bits - 2 ** lowBit;
  switch (name) {
    case "csr":
      return [0x001, 0x002, 0x003, 0xc00, 0xc01, 0xc02, 0x7c0];
    case "rm":
    case "aqrl":
      return Array.from({ length: 2 ** bits }, (_, value) => value);
    case "ordering":
      return [0, 0x001, 0x010, 0x033, 0x0ff, 0x0f0, 0x831, 0x833, 0xfff];
    case "imm":
      return [0, 2 ** lowBit, 5 * 2 ** lowBit, all, 255 * 2 ** lowBit % 2 ** (bits - 1)];
    default:
      return [0, 1, 2, 10];
  }
}

/** Every 32-bit instruction with all its operands at borders, in all combinations. */
export function borderWords(): Uint8Array {
  const words = BASE_INSTRUCTIONS.flatMap(({ match, fields }) =>
    fields.reduce(
      (all, field) => {
        const pieces = bordersOf(field).map((value) => insertField(field, value));
        return all.flatMap((word) => pieces.map((piece) => word | piece));
      },
      [match],
    )
  );
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => view.setUint32(4 * index, word, true));
  return bytes;
}

/**
 * 32-bit words: half of them entirely random, half made from an entry of the table with random
 * operands, some of them zero.
 */
export function randomWords(random: Random, count: number): Uint8Array {
  const bytes = new Uint8Array(4 * count);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < count; index++) {
    let word = random.word();
    if (index % 2 === 0) {
      const { mask, match, fields } = random.pick(BASE_INSTRUCTIONS);
      word = (word & ~mask) | match;
      for (const { at, width } of fields.flatMap((field) => field.pieces)) {
        if (random.below(4) === 0) word &= ~((2 ** width - 1) << at);
      }
    }
    // The two lowest bits of a 32-bit instruction are ones, and not all of the next three.
    word |= 3;
    if ((word & 0x1c) === 0x1c) word &= ~(4 << random.below(3));
    view.setUint32(4 * index, word, true);
  }
  return bytes;
}

/** How many instructions objdump finds in code, and the first few on which we differ. */
export async function compareWithObjdump(
  code: Uint8Array,
  aliases: boolean,
): Promise<{ lines: number; differences: string[] }> {
  const lines = await dumpCode(code, aliases ? [] : ["-M", "no-aliases"]);
  return { lines: lines.length, differences: differencesFrom(lines, aliases) };
}

/** The first few lines on which we differ. */
export function differencesFrom(lines: readonly DumpLine[], aliases: boolean): string[] {
  const differences: string[] = [];
  for (const line of lines) {
    const difference = differenceFrom(line, aliases);
    if (difference !== undefined) differences.push(difference);
    if (differences.length >= 10) break;
  }
  return differences;
}
