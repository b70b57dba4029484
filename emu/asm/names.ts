/** Names of registers, rounding modes, CSRs and orderings, for both directions. */
import { CSR_NUMBER } from "../hart/csr.ts";
import { ROUNDING_MODES } from "../isa/mod.ts";

const X_NAMES: readonly string[] =
  ("zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 " +
    "t5 t6").split(" ");
const F_NAMES: readonly string[] =
  ("ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 fs2 fs3 fs4 fs5 fs6 " +
    "fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11").split(" ");

const CSRS: readonly (readonly [string, number])[] = Object.entries(CSR_NUMBER);

/** The integer registers `x` and the float registers `f`. */
export type RegisterFile = "x" | "f";

/** A register of one of the files, 0–31. */
export interface Register {
  readonly file: RegisterFile;
  readonly number: number;
}

const REGISTERS: ReadonlyMap<string, Register> = new Map([
  ...registerNames("x", X_NAMES),
  ...registerNames("f", F_NAMES),
  ["fp", { file: "x", number: 8 }],
]);

function registerNames(file: RegisterFile, names: readonly string[]): [string, Register][] {
  return names.flatMap((name, number): [string, Register][] => [
    [name, { file, number }],
    [`${file}${number}`, { file, number }],
  ]);
}

/** The register with an ABI name (`a0`, `fp`, `ft11`) or a plain one (`x10`, `f31`). */
export function registerNamed(name: string): Register | undefined {
  return REGISTERS.get(name);
}

/** The ABI name of a register, 0–31. */
export function registerName(file: RegisterFile, number: number): string {
  const name = (file === "x" ? X_NAMES : F_NAMES)[number];
  if (name === undefined) throw new RangeError(`Register number ${number} is not in 0–31`);
  return name;
}

/** The encoding of a rounding mode's name. */
export function roundingModeNamed(name: string): number | undefined {
  const number = ROUNDING_MODES.indexOf(name);
  return number < 0 ? undefined : number;
}

/** The name of a rounding mode; `undefined` for a reserved one. */
export function roundingModeName(mode: number): string | undefined {
  return ROUNDING_MODES[mode];
}

/** The number of a CSR that unprivileged code sees. */
export function csrNamed(name: string): number | undefined {
  return CSRS.find(([known]) => known === name)?.[1];
}

/** The name of a CSR, or its number in hexadecimal. */
export function csrName(number: number): string {
  const found = CSRS.find(([, csr]) => csr === number);
  return found?.[0] ?? `0x${number.toString(16)}`;
}

const ORDERING_LETTERS = ["i", "o", "r", "w"]; // from bit 3 to bit 0

/** The four bits of an ordering set such as `rw`; `0` is the empty one. */
export function orderingNamed(text: string): number | undefined {
  if (text === "0") return 0;
  const bits = ORDERING_LETTERS.reduce(
    (sum, letter, index) => text.includes(letter) ? sum | (8 >> index) : sum,
    0,
  );
  return orderingName(bits) === text ? bits : undefined;
}

/** The name of an ordering set, 0–15. */
export function orderingName(bits: number): string {
  const letters = ORDERING_LETTERS.filter((_letter, index) => (bits & (8 >> index)) !== 0);
  return letters.length === 0 ? "0" : letters.join("");
}

/** Suffixes of the atomic instructions by their field `aqrl`. */
export const AQ_RL_SUFFIXES = ["", ".rl", ".aq", ".aqrl"] as const;
