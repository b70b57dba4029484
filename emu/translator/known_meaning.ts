/** An instruction's operands and effects where the instruction is known: in translated code. */
import {
  CSR_UPDATES,
  NOWHERE,
  stopped,
  tlbHit,
  tlbPlace,
  tlbSlot,
} from "../hart/generated_code.ts";
import { type FcsrField, fcsrField } from "../hart/csr.ts";
import { stopCode } from "../hart/stop.ts";
import type { AccessWidth, CsrUpdate } from "../isa/instruction.ts";
import {
  DYNAMIC_ROUNDING,
  type FloatOperation,
  type LoadKind,
  type Meaning,
  NEAREST_EVEN,
} from "../isa/mod.ts";
import { HART, TLB } from "../memory/layout.ts";
import { callValue, type FunctionBody, type I32, i32, type I64, i64 } from "../wasm/mod.ts";
import type { GoTo } from "./control_flow.ts";
import type { FunctionWriter } from "./function_writer.ts";
import type { RegisterKnowledge } from "./register_locals.ts";
import type { Ending, PlacedOperation } from "./region.ts";

/** The meaning of one instruction of a region. */
export class KnownMeaning implements Meaning {
  readonly body: FunctionBody;
  readonly #writer: FunctionWriter;
  readonly #operation: PlacedOperation;
  readonly #owed: number;
  readonly #ending: Ending;
  readonly #goTo: GoTo;
  /** What is known of the registers before the instruction. */
  readonly #before: RegisterKnowledge;

  /**
   * @param owed Instructions from this one to the end of its block, which the budget has lost.
   * @param ending How the block ends, if this is its last instruction.
   */
  constructor(
    writer: FunctionWriter,
    operation: PlacedOperation,
    owed: number,
    ending: Ending,
    goTo: GoTo,
  ) {
    this.#writer = writer;
    this.#operation = operation;
    this.#owed = owed;
    this.#ending = ending;
    this.#goTo = goTo;
    this.#before = writer.registers.knowledge;
    this.body = writer.body;
  }

  // Each instruction asks for few of these.

  get rs1(): I64 {
    return this.#writer.registers.x(this.#operation.fields.rs1 ?? 0);
  }

  get rs2(): I64 {
    return this.#writer.registers.x(this.#operation.fields.rs2 ?? 0);
  }

  get fs1(): I64 {
    return this.#float(this.#operation.fields.fs1);
  }

  get fs2(): I64 {
    return this.#float(this.#operation.fields.fs2);
  }

  get fs3(): I64 {
    return this.#float(this.#operation.fields.fs3);
  }

  get imm(): I64 {
    return i64.const(BigInt(this.#operation.fields.imm ?? 0));
  }

  get zimm(): I64 {
    return i64.const(BigInt(this.#operation.fields.zimm ?? 0));
  }

  get rs1IsZero(): I32 {
    return i32.const(this.#operation.fields.rs1 === 0 ? 1 : 0);
  }

  get pc(): I64 {
    return i64.const(BigInt(this.#operation.address));
  }

  get next(): I64 {
    return i64.const(BigInt(this.#operation.address + this.#operation.length));
  }

  get roundingMode(): I32 {
    const { rm = 0 } = this.#operation.fields;
    if (rm !== DYNAMIC_ROUNDING) return i32.const(rm);
    return i32.and(i32.shr_u(i32.load(NOWHERE, HART.fcsr), i32.const(5)), i32.const(7));
  }

  get inexactNearest(): I32 {
    const { rm } = this.#operation.fields;
    if (rm === DYNAMIC_ROUNDING) return this.#writer.inexactNearest;
    return rm === NEAREST_EVEN ? this.inexact : i32.const(0);
  }

  get inexact(): I32 {
    return i32.and(i32.load(NOWHERE, HART.fcsr), i32.const(1));
  }

  get reservation(): I64 {
    return i64.load(NOWHERE, HART.reservation);
  }

  get reservedValue(): I64 {
    return i64.load(NOWHERE, HART.reservedValue);
  }

  #float(register: number | undefined): I64 {
    if (register === undefined) return i64.const(0n);
    return this.#writer.registers.f(register);
  }

  readonly #exits = {
    failed: () => this.#unwindHere(),
    changed: () => this.body.if(translationsChanged(), () => this.#unwindBehind()),
  };

  setRd(value: I64): void {
    const { rd = 0 } = this.#operation.fields;
    this.#writer.registers.setX(rd, value);
    this.#writer.memory.registerChanged(rd);
  }

  setFd(bits: I64): void {
    this.#writer.registers.setF(this.#operation.fields.fd ?? 0, bits);
  }

  load(kind: LoadKind, address: I64, use: (value: I64) => void): void {
    this.#writer.memory.load(this.#operation, kind, address, this.#exits, use);
  }

  store(width: AccessWidth, address: I64, value: I64): void {
    this.#writer.memory.store(this.#operation, width, address, value, this.#exits);
  }

  atomic(width: 4 | 8, address: I64, access: "read" | "write", use: (place: I32) => void): void {
    const { body, host } = this.#writer;
    const writes = i32.const(access === "write" ? 1 : 0);
    body.let(address, (at) => {
      const slot = tlbSlot(at);
      body.let(i32.const(0), (place) => {
        body.if(
          tlbHit(TLB[access], slot, at, width),
          () => body.set(place, tlbPlace(TLB[access], slot, at)),
          () => {
            body.set(place, callValue("i32", host.translate, [at, i32.const(width), writes]));
            body.if(i32.eqz(place), () => this.#unwindHere());
          },
          "likely",
        );
        use(place);
        if (access === "write") body.if(translationsChanged(), () => this.#unwindBehind());
      });
    });
  }

  reserve(address: I64, value: I64): void {
    this.body.store("i64", NOWHERE, value, HART.reservedValue);
    this.body.store("i64", NOWHERE, address, HART.reservation);
  }

  branch(condition?: I32): void {
    const { fields, address, length } = this.#operation;
    const target = address + (fields.imm ?? 0);
    if (this.#ending.kind === "call") {
      this.#writer.call(i64.const(BigInt(target)), address + length, this.#goTo);
    } else this.#writer.goTo(target, this.#goTo, condition);
  }

  jump(target: I64): void {
    const { address, length } = this.#operation;
    switch (this.#ending.kind) {
      case "call":
        return this.#writer.call(target, address + length, this.#goTo);
      case "jump":
        return this.#writer.jump(address, target, this.#ending.targets, this.#goTo);
      default:
        return this.#writer.return(target);
    }
  }

  csr(update: CsrUpdate, operand: I64, writes: I32, use: (old: I64) => void): void {
    const { body, host, budget } = this.#writer;
    const field = fcsrField(this.#operation.fields.csr ?? 0);
    if (field !== undefined) return this.#floatCsr(field, update, operand, writes, use);
    body.store("i32", NOWHERE, i32.add(budget, i32.const(this.#owed)), HART.budgetLeft);
    const number = i32.const(this.#operation.fields.csr ?? 0);
    const code = i32.const(CSR_UPDATES.indexOf(update));
    body.let(callValue("i64", host.csr, [number, code, writes, operand]), (old) => {
      body.if(stopped(), () => this.#unwindHere());
      use(old);
    });
  }

  /** A CSR that is a part of `fcsr`. */
  #floatCsr(
    { shift, mask }: FcsrField,
    update: CsrUpdate,
    operand: I64,
    writes: I32,
    use: (old: I64) => void,
  ): void {
    const { body } = this.#writer;
    const fcsr = i32.load(NOWHERE, HART.fcsr);
    const field = i32.const(mask << shift);
    const given = i32.and(i32.shl(i32.wrap(operand), i32.const(shift)), field);
    const changed = {
      write: i32.or(i32.and(fcsr, i32.xor(field, i32.const(-1))), given),
      set: i32.or(fcsr, given),
      clear: i32.and(fcsr, i32.xor(given, i32.const(-1))),
    };
    const old = i32.and(i32.shr_u(fcsr, i32.const(shift)), i32.const(mask));
    body.let(i64.extend_u(old), (value) => {
      body.if(writes, () => body.store("i32", NOWHERE, changed[update], HART.fcsr));
      this.#writer.floatStateChanged();
      use(value);
    });
  }

  softFloat(operation: FloatOperation, operands: readonly I64[], use: (result: I64) => void): void {
    this.body.let(this.#writer.floats.value(operation, this.roundingMode, operands), (result) => {
      this.#writer.floatStateChanged();
      use(result);
    });
  }

  environmentCall(): void {
    this.#stop("ecall");
  }

  breakpoint(): void {
    this.#stop("ebreak");
  }

  illegal(): void {
    this.#stop("illegal");
  }

  #stop(reason: "ecall" | "ebreak" | "illegal"): void {
    this.body.store("i32", NOWHERE, i32.const(stopCode(reason)), HART.stopReason);
    this.#unwindHere();
  }

  /** Leaves with this instruction not executed. */
  #unwindHere(): void {
    this.#writer.unwind(this.#operation.address, this.#owed, this.#before);
  }

  /** Leaves with this instruction executed. */
  #unwindBehind(): void {
    const { address, length } = this.#operation;
    this.#writer.unwind(address + length, this.#owed - 1);
  }
}

/** 1 when the write just done gave some page another frame, or changed code. */
function translationsChanged(): I32 {
  return i32.load(NOWHERE, HART.refetch);
}
