/** Assembly source at random: every instruction and pseudo-instruction, data, constants, branches. */
import { type Field, fieldAccepts } from "../../isa/mod.ts";
import { allForms, type Form } from "../form.ts";
import { registerName } from "../names.ts";
import type { OperandSyntax } from "../syntax.ts";
import type { Random } from "../../testing/random.ts";

/** Registers that compressed forms tell apart, and some that they do not. */
const X = [0, 0, 1, 2, 2, 5, 8, 9, 10, 10, 11, 15, 16, 31];
const F = [0, 8, 9, 10, 15, 16, 31];
const BORDERS = [
  ...[0, 1, -1, 2, 4, 8, 15, 16, 31, 32, -32, -33, 63, 64, 96, 124, 128, 248, 252, 256],
  ...[496, 504, 508, 511, 512, -496, -512, -528, 1020, 1024, 2047, -2048, 0x12345, 0xfffff],
  ...[0xfffe0, 0xfffdf, 0x80000],
];

/** Writes operands for forms. */
class OperandWriter {
  readonly #random: Random;
  readonly #form: Form;
  readonly #symbols: readonly string[];
  /** Registers used so far, to be used again: many compressed forms want two equal ones. */
  readonly #used: number[] = [];
  /** By variable: one that stands twice is the same register. */
  readonly #numbers = new Map<string, number>();

  constructor(random: Random, form: Form, symbols: readonly string[]) {
    this.#random = random;
    this.#form = form;
    this.#symbols = symbols;
  }

  text(): string {
    const { syntax, omitted } = this.#form;
    const written = omitted !== undefined && this.#random.below(2) === 0
      ? syntax.slice(0, -1)
      : syntax;
    return written.map((operand) => this.#operand(operand)).join(", ");
  }

  #operand(syntax: OperandSyntax): string {
    const random = this.#random;
    switch (syntax.kind) {
      case "fixed":
        return syntax.register;
      case "register":
        return this.#register(syntax.variable, syntax.file);
      case "memory": {
        const offset = syntax.offset === undefined ? "" : this.#number(syntax.offset);
        return `${offset}(${this.#operand(syntax.base)})`;
      }
      case "immediate":
      case "upper":
        return this.#number(syntax.variable);
      case "constant":
        return String(randomConstant(random, this.#form.name === "li" ? 64 : 32));
      case "target":
      case "symbol":
        return random.pick(this.#symbols);
      case "csr":
        return random.pick(["fflags", "frm", "fcsr", "cycle", "time", "instret", "0x7c0", "4095"]);
      case "rounding":
        return random.pick(["rne", "rtz", "rdn", "rup", "rmm", "dyn"]);
      case "ordering":
        return random.pick(["iorw", "rw", "r", "w", "io", "ow", "ir"]);
    }
  }

  #register(variable: string, file: "x" | "f"): string {
    const random = this.#random;
    const isShort = this.#field(variable)?.short ?? false;
    const usual = (file === "x" ? X : F).filter((number) => !isShort || (number >> 3) === 1);
    const again = this.#used.filter((number) => usual.includes(number));
    const same = this.#numbers.get(variable);
    const number = same !== undefined
      ? same
      : again.length > 0 && random.below(2) === 0
      ? random.pick(again)
      : random.pick(usual);
    this.#used.push(number);
    this.#numbers.set(variable, number);
    return random.below(4) === 0 ? `${file}${number}` : registerName(file, number);
  }

  #number(variable: string): string {
    const random = this.#random;
    const field = this.#field(variable);
    if (field === undefined) throw new Error(`${this.#form.name} has no field ${variable}`);
    for (;;) {
      const value = random.below(3) > 0 ? random.pick(BORDERS) : random.below(8192) - 4096;
      const shifted = variable === "upper" ? (value << 12) | 0 : value;
      if (variable === "upper" && (value < 0 || value > 0xfffff)) continue;
      if (!fieldAccepts(field, shifted)) continue;
      return random.below(4) > 0 || value < 0 ? String(value) : `0x${value.toString(16)}`;
    }
  }

  #field(variable: string): Field | undefined {
    const { expansion } = this.#form;
    if (typeof expansion === "string") return undefined;
    for (const { bindings, instruction } of expansion) {
      const binding = bindings.find(({ source }) =>
        source.kind === "variable" && source.variable === variable
      );
      const field = instruction.fields.find(({ name }) => name === binding?.field);
      if (field !== undefined) return field;
    }
    return undefined;
  }
}

/** A number, as often as not one at a border of what some instruction can hold. */
export function randomConstant(random: Random, bits: number): bigint {
  const any = random.wide();
  const border = 1n << BigInt(random.below(bits));
  const choices = [
    BigInt(random.below(8192) - 4096),
    BigInt.asIntN(random.below(bits) + 1, any),
    border + BigInt(random.below(5) - 2),
    any & -border,
    BigInt.asIntN(32, any) << BigInt(random.below(33)),
    0x7ffff000n + BigInt(random.below(8192)),
    any,
  ];
  return BigInt.asIntN(bits, random.pick(choices));
}

/** Whether GNU as knows a form too; what it does not know is listed at the head of mod.ts. */
function isGnuForm({ name }: Form): boolean {
  return name !== "pause";
}

/** Whether GNU as takes the line too; what it does not take is listed at the head of mod.ts. */
function isGnuLine(line: string): boolean {
  return !/^fcvt\.d\.(s|w|wu) \w+, \w+, \w+$/.test(line) && !/^c\.nop 0(x0)?$/.test(line) &&
    !/^c\.(slli|srli|srai) \w+, (0|0x0)$/.test(line);
}

/** Lines that an encoding of its own is missing for: `c.mv` from x0 is `c.jr`, and so on. */
function exists({ name, expansion }: Form, line: string): boolean {
  const own = typeof expansion === "string" ? undefined : expansion[0]?.instruction;
  if (own?.length !== 2 || own.name !== name) return true;
  const operands = line.slice(name.length + 1).split(", ");
  const isZero = (operand = "") => /^(x0|zero)$/.test(operand);
  if (/^c\.(addi|addiw|lwsp|ldsp|jr|jalr)$/.test(name)) return !isZero(operands[0]);
  if (/^c\.(mv|add)$/.test(name)) return !isZero(operands[1]);
  return name !== "c.lui" || !/^(x2|sp)$/.test(operands[0] ?? "");
}

/** Each form of each mnemonic, some times, with legal operands that GNU as takes too. */
export function instructionLines(random: Random, times: number): string[] {
  const lines = ["first:"];
  for (const form of allForms().filter(isGnuForm)) {
    const hasTarget = form.syntax.some((operand) => operand.kind === "target");
    for (let count = 0; count < times;) {
      const near = `near${lines.length}`;
      const symbols = hasTarget
        ? [near, near, ".", ".+8", "first + 4"]
        : ["first + 4", "word", "word + 8"];
      const line = `${form.name} ${new OperandWriter(random, form, symbols).text()}`.trim();
      if (!isGnuLine(line) || !exists(form, line)) continue;
      lines.push(hasTarget ? `${near}: ${line}` : line);
      count++;
    }
  }
  return [...lines, ".data", "word: .dword 1, 2, 3"];
}

/** `li` and `la` of numbers. */
export function constantLines(random: Random, count: number): string[] {
  return Array.from({ length: count }, () => {
    const register = registerName("x", random.pick(X));
    return random.below(4) === 0
      ? `${random.pick(["la", "lla"])} ${register}, ${randomConstant(random, 32)}`
      : `li ${register}, ${randomConstant(random, 64)}`;
  });
}

/** Data directives with expressions. */
export function expressionLines(random: Random, count: number): string[] {
  const lines = [".set K, 0x123456789abcdef", ".equ J, K >> 7"];
  for (let line = 0; line < count; line++) lines.push(`.dword ${randomExpression(random, 4)}`);
  return lines;
}

function randomExpression(random: Random, depth: number): string {
  const inner = () => randomExpression(random, depth - 1);
  if (depth === 0 || random.below(4) === 0) {
    return random.pick([
      String(random.below(100)),
      `0x${random.below(70_000).toString(16)}`,
      `0b${random.below(64).toString(2)}`,
      `0${random.below(512).toString(8)}`,
      "'a'",
      "'\\n",
      "K",
      "J",
      String(BigInt.asUintN(64, randomConstant(random, 64))),
    ]);
  }
  const blank = () => random.pick(["", " "]);
  switch (random.below(6)) {
    case 0:
      return `(${inner()})`;
    case 1:
      return random.pick(["-", "~", "+"]) + inner();
    case 2:
      return inner() + blank() + random.pick(["<<", ">>"]) + blank() + random.below(64);
    case 3:
      return inner() + blank() + random.pick(["/", "%"]) + blank() + (1 + random.below(99));
    default:
      return inner() + blank() + random.pick(["+", "-", "*", "&", "|", "^"]) + blank() + inner();
  }
}

/** Branches, jumps and calls over changing distances, with gaps and alignments between them. */
export function branchLines(random: Random, count: number): string[] {
  const labels = 1 + random.below(60);
  const label = () => `L${random.below(labels)}`;
  const register = () => random.pick(["a0", "s1", "t0", "x0", "a5"]);
  const choices = [
    () => `.zero ${random.pick([2, 4, 100, 200, 250, 500, 1000, 2000, 4000])}`,
    () => `.balign ${random.pick([2, 4, 8, 16, 64])}`,
    () => `.balign ${random.pick([4, 8, 32])},,${random.below(16)}`,
    () => random.pick([".option norvc", ".option rvc", ".option rvc"]),
    () => `${random.pick(["beqz", "bnez", "beqz", "bnez", "blez"])} ${register()}, ${label()}`,
    () => `${random.pick(["beqz", "bnez", "bgtz"])} ${register()}, ${label()}`,
    () =>
      `${random.pick(["beq", "bne", "blt", "bgeu", "bgt"])} ${register()}, ${register()}, ` +
      label() + random.pick(["", "", " + 4", " - 2"]),
    () => `${random.pick(["j", "j", "jal", "tail", "call"])} ${label()}`,
    () => `1: ${random.pick(["beqz a0, 1b", "j 1f", "bnez s0, 1f", "beqz a0, word"])}`,
    () => `addi a0, a0, ${random.pick([1, 100])}`,
  ];
  const lines = Array.from({ length: count }, () => random.pick(choices)());
  lines.push("1:");
  for (let number = 0; number < labels; number++) {
    lines.splice(random.below(lines.length), 0, `L${number}:`);
  }
  return [...lines, ".data", "word: .word 1"];
}
