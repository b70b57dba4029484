/**
 * Instruction encodings, written as in the tables of the RISC-V unprivileged specification: from
 * the highest bit to the lowest, literal bits and named fields, separated by spaces.
 *
 * ```text
 * imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011        beq
 * 000 uimm[5:4|9:6|2|3] rd' 00                        c.addi4spn
 * ```
 *
 * `imm` is signed, its sign being the highest bit named; `uimm` is not. `nz` in front of either means
 * that zero is reserved. Registers: `rd rs1 rs2` (integer), `fd fs1 fs2 fs3` (float); with an
 * apostrophe the three-bit form for x8–x15. `csr` is a CSR's number and `zimm` the five-bit value for
 * it; `rm` is the rounding mode; `aqrl` and `ordering` are ordering bits, which this hart, doing one
 * thing after the other, need not look at.
 */

/** Names of the fields that an encoding can have. */
export type FieldName = RegisterField | "imm" | "csr" | "zimm" | "rm" | "aqrl" | "ordering";

/** Names of the register operands. */
export type RegisterField = "rd" | "rs1" | "rs2" | "fd" | "fs1" | "fs2" | "fs3";

const REGISTER_FIELDS: ReadonlySet<string> = new Set<RegisterField>(
  ["rd", "rs1", "rs2", "fd", "fs1", "fs2", "fs3"],
);
const FIELD_WIDTH: Readonly<Record<string, number>> = {
  csr: 12,
  zimm: 5,
  rm: 3,
  aqrl: 2,
  ordering: 12,
};

/** A run of bits of an operand's value and the place in the instruction where they stand. */
interface Piece {
  /** Lowest bit in the instruction. */
  readonly at: number;
  readonly width: number;
  /** Ones for the bits of the run, from bit 0 on. */
  readonly mask: number;
  /** Lowest bit in the value. */
  readonly valueBit: number;
}

/** One operand field of an encoding. */
export interface Field {
  readonly name: FieldName;
  readonly pieces: readonly Piece[];
  /** Bits of the value, counted from bit 0 to the highest one encoded. */
  readonly bits: number;
  /** Lowest bit of the value that is encoded; the value is a multiple of 2^`lowBit`. */
  readonly lowBit: number;
  readonly signed: boolean;
  /** Zero is reserved. */
  readonly nonZero: boolean;
  /** A three-bit register field: 0–7 stand for register 8–15. */
  readonly short: boolean;
}

/** A parsed encoding. */
export interface Encoding {
  /** 2 or 4 bytes. */
  readonly length: 2 | 4;
  readonly mask: number;
  readonly match: number;
  readonly fields: readonly Field[];
}

/** Parses an encoding; throws where the pattern is not 16 or 32 bits long. */
export function parseEncoding(pattern: string): Encoding {
  const tokens = pattern.split(" ").map(parseToken);
  const width = tokens.reduce((sum, token) => sum + token.width, 0);
  if (width !== 16 && width !== 32) throw new Error(`Encoding '${pattern}' has ${width} bits`);
  let at = width;
  let mask = 0;
  let match = 0;
  const fields = new Map<FieldName, Field>();
  for (const token of tokens) {
    at -= token.width;
    if (token.kind === "literal") {
      mask |= (2 ** token.width - 1) << at;
      match |= token.value << at;
    } else {
      addPieces(fields, token, at);
    }
  }
  return {
    length: width === 16 ? 2 : 4,
    mask: mask >>> 0,
    match: match >>> 0,
    fields: [...fields.values()],
  };
}

type Token =
  | { kind: "literal"; width: number; value: number }
  | { kind: "field"; width: number; field: Omit<Field, "pieces">; pieces: readonly BitRun[] };

/** Bits `high` to `low` of a value. */
interface BitRun {
  readonly high: number;
  readonly low: number;
}

function parseToken(token: string): Token {
  if (/^[01]+$/.test(token)) {
    return { kind: "literal", width: token.length, value: parseInt(token, 2) };
  }
  const [, nonZero, name = "", runs] = /^(nz)?([a-z0-9']+)(?:\[(.*)\])?$/.exec(token) ?? [];
  const short = name.endsWith("'");
  const plain = short ? name.slice(0, -1) : name;
  const isRegister = REGISTER_FIELDS.has(plain);
  const width = isRegister ? (short ? 3 : 5) : FIELD_WIDTH[plain];
  const pieces = runs === undefined ? wholeField(token, width) : runs.split("|").map(parseRun);
  const bits = Math.max(...pieces.map((piece) => piece.high)) + 1;
  const lowBit = Math.min(...pieces.map((piece) => piece.low));
  return {
    kind: "field",
    width: pieces.reduce((sum, { high, low }) => sum + high - low + 1, 0),
    field: {
      name: (plain === "uimm" ? "imm" : plain) as FieldName,
      bits,
      lowBit,
      signed: plain === "imm",
      nonZero: nonZero !== undefined,
      short,
    },
    pieces,
  };
}

function wholeField(token: string, width: number | undefined): BitRun[] {
  if (width === undefined) throw new Error(`Encoding has an unknown field '${token}'`);
  return [{ high: width - 1, low: 0 }];
}

function parseRun(run: string): BitRun {
  const [high, low = high] = run.split(":").map(Number);
  if (high === undefined || low === undefined) throw new Error(`Encoding has no bits in '${run}'`);
  return { high, low };
}

function addPieces(
  fields: Map<FieldName, Field>,
  token: Extract<Token, { kind: "field" }>,
  at: number,
): void {
  const { field } = token;
  const known = fields.get(field.name);
  const pieces = [...known?.pieces ?? []];
  let place = at + token.width;
  for (const { high, low } of token.pieces) {
    const width = high - low + 1;
    place -= width;
    pieces.push({ at: place, width, mask: 2 ** width - 1, valueBit: low });
  }
  fields.set(field.name, {
    ...field,
    pieces,
    bits: Math.max(field.bits, known?.bits ?? 0),
    lowBit: Math.min(field.lowBit, known?.lowBit ?? field.lowBit),
  });
}

/** The value of a field in an instruction word: a register number, or an immediate (signed 32 bits). */
export function extractField(field: Field, word: number): number {
  let value = 0;
  const { pieces } = field;
  // Not `for … of`, which costs several times as much until it is optimised: programs end sooner.
  for (let i = 0; i < pieces.length; i++) {
    const { at, mask, valueBit } = pieces[i] as Piece;
    value |= ((word >>> at) & mask) << valueBit;
  }
  if (field.short) return value + 8;
  return field.signed ? (value << (32 - field.bits)) >> (32 - field.bits) : value;
}

/** The bits of an instruction word that hold `value`; the value must be one that fits (see {@linkcode fieldAccepts}). */
export function insertField(field: Field, value: number): number {
  const encoded = field.short ? value - 8 : value;
  let word = 0;
  for (const { at, mask, valueBit } of field.pieces) {
    word |= ((encoded >>> valueBit) & mask) << at;
  }
  return word >>> 0;
}

/** Whether a field can hold `value` exactly. */
export function fieldAccepts(field: Field, value: number): boolean {
  if (!Number.isSafeInteger(value) || (field.nonZero && value === 0)) return false;
  if (field.short) return value >= 8 && value <= 15;
  const span = 2 ** field.bits;
  const [low, high] = field.signed ? [-span / 2, span / 2 - 1] : [0, span - 1];
  return value >= low && value <= high && value % 2 ** field.lowBit === 0;
}
