/**
 * The interpreter: one WebAssembly function, generated from the instruction table, that executes
 * decoded records.
 *
 * ```text
 * dispatch:  no budget left?  ─────────────────────────────▶ exit, pc from the record
 *            switch (record.opcode)
 *              an instruction  its semantics; record += stride; budget -= 1; dispatch
 *              taken branch    target = …;     budget -= 1; jump        (near: record += 8 × imm)
 *              undecoded       write record; dispatch
 *              sentinel        target = pc; jump
 *              marked as hot   call translated code from pc on; target = where it left; jump
 * jump:      same page? record = …; else fetch TLB, or fetch(target); dispatch
 * ```
 *
 * What cannot be done on the fast path goes through the imports of {@linkcode InterpreterHost}.
 */
import type { FloatOperation, LoadKind, Meaning } from "../isa/mod.ts";
import type { AccessWidth, CsrUpdate } from "../isa/instruction.ts";
import {
  ENTRIES,
  FRAMES_BASE,
  HART,
  PAGE_SIZE,
  RECORD,
  RECORD_HOT,
  RECORD_SHIFT,
  STRADDLE_RECORD,
  TLB,
  WASM_PAGE,
} from "../memory/layout.ts";
import {
  type Callable,
  callValue,
  defineFusedProbe,
  type FunctionBody,
  fusesMultiplyAdd,
  type I32,
  i32,
  type I64,
  i64,
  type Label,
  type Local,
  memoized,
  ModuleBuilder,
  select,
  type Signature,
} from "../wasm/mod.ts";
import {
  CSR_UPDATES,
  entrySlot,
  ExactOperations,
  type HostFunctions,
  importHost,
  LOAD_KINDS,
  LOAD_WIDTH,
  NOWHERE,
  PAGE_MASK,
  recordJump,
  stopped,
  STORE_KIND,
  tlbHit,
  tlbPlace,
  tlbSlot,
  TRANSLATED,
} from "./generated_code.ts";
import { type Decoder, defineDecoder } from "./decoder.ts";
import { OPCODES } from "./opcodes.ts";
import { CODE_ADDRESS } from "./record.ts";
import { stopCode } from "./stop.ts";

/** From bytes of code to bytes of record and back. */
const TO_RECORDS = i32.const(RECORD_SHIFT);

/** Calls of translated code within each other; the host's stack bounds them. */
const CALL_DEPTH = 300;

/** Local variables and places that all of the function uses. */
interface Frame extends Surroundings {
  readonly body: FunctionBody;
  /** Address of the current record. */
  readonly record: Local<"i32">;
  /** Address of the record behind it. */
  readonly nextRecord: I32;
  /** Address of the current decoded page. */
  readonly decoded: Local<"i32">;
  /** Guest address that the decoded page begins at. */
  readonly page: Local<"i64">;
  /** Where to go on, on the way to `jump`. */
  readonly target: Local<"i64">;
  /** Instructions that may be interpreted before this call ends. */
  readonly budget: Local<"i32">;
  /** The budget behind the current instruction. */
  readonly lessBudget: I32;
  /** Part of the budget that is kept back: for translated code, and see `refetch`. */
  readonly deferred: Local<"i32">;
  readonly opcode: Local<"i32">;
  readonly translated: TranslatedCode;
  /** Executes `opcode`. */
  readonly dispatch: Label;
  readonly jump: Label;
  /** Leaves with `pc` = `target`. */
  readonly exitAtTarget: Label;
  /** Leaves with `pc` from the record. */
  readonly exit: Label;
}

/** What is needed to call translated code. */
interface TranslatedCode {
  readonly pc: Local<"i64">;
  readonly left: Local<"i32">;
  /** The interpreter's part of the budget that it executed, or that was set aside. */
  readonly borrowed: Local<"i32">;
}

/**
 * Encodes the interpreter as a WebAssembly module that exports `run(budget: i32, more: i32)`: it
 * interprets up to `budget` instructions, and has translated code execute up to `more` besides. On
 * a host that has a fused multiply-add, it uses that and exports what tells whether its host has it.
 */
export function encodeInterpreter(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory("host", "memory", FRAMES_BASE / WASM_PAGE);
  module.importTable("host", "table");
  const host = importHost(module);
  const typeIndex = module.typeIndex(TRANSLATED);
  const decoder = defineDecoder(module);
  const floats = new ExactOperations(module, host);
  const place = defineAtomicPlace(module, host);
  module.defineFunction(
    { parameters: ["i32", "i32"], results: [] },
    (body) => writeRun(body, { host, decoder, place, floats, typeIndex }),
    "run",
  );
  if (fusesMultiplyAdd()) defineFusedProbe(module);
  return module.encode();
}

/** What the function uses of its module. */
interface Surroundings {
  readonly host: HostFunctions;
  readonly decoder: Decoder;
  /** See {@linkcode defineAtomicPlace}. */
  readonly place: Callable;
  readonly floats: ExactOperations;
  /** Type of translated functions. */
  readonly typeIndex: number;
}

/**
 * Defines `(address: i64, width: i32, writes: i32) → i32`: the place of an atomic operation, or 0
 * with the stop set. A function of its own, because there are many atomic operations and few of
 * them are hot.
 */
function defineAtomicPlace(module: ModuleBuilder, host: HostFunctions): Callable {
  const signature: Signature = { parameters: ["i64", "i32", "i32"], results: ["i32"] };
  return module.defineFunction(signature, (body) => {
    const address = body.parameter(0, "i64");
    const width = body.parameter(1, "i32");
    const writes = body.parameter(2, "i32");
    const tlb = select(writes, i32.const(TLB.write), i32.const(TLB.read));
    const within = i64.extend_u(i32.sub(width, i32.const(1)));
    const tag = i64.and(address, i64.or(i64.const(PAGE_MASK), within));
    body.let(i32.add(tlb, tlbSlot(address)), (slot) => {
      body.if(i64.eq(i64.load(slot), tag), () => body.return(tlbPlace(0, slot, address)));
    });
    body.return(callValue("i32", host.translate, [address, width, writes]));
  });
}

function writeRun(body: FunctionBody, surroundings: Surroundings): void {
  const record = body.local("i32");
  const budget = body.parameter(0, "i32");
  const shared = {
    ...surroundings,
    body,
    budget,
    lessBudget: memoized(i32.sub(budget, i32.const(1))),
    record,
    nextRecord: memoized(i32.add(record, i32.load16_u(record, RECORD.stride))),
    decoded: body.local("i32"),
    page: body.local("i64"),
    target: body.local("i64"),
    deferred: body.parameter(1, "i32"),
    opcode: body.local("i32"),
    translated: {
      pc: body.local("i64"),
      left: body.local("i32"),
      borrowed: body.local("i32"),
    },
  };
  const { page, target, deferred, opcode } = shared;
  body.set(page, i64.const(-1n));
  body.set(target, i64.load(NOWHERE, HART.pc));
  body.block((end) => {
    body.block((exitAtTarget) => {
      body.block((exit) => {
        body.loop((again) => {
          // Enter and re-enter through `jump` when no record is current.
          body.block((jump) => {
            body.branch(jump, i32.eqz(record));
            body.set(opcode, opcodeAt(record));
            body.loop((dispatch) => {
              body.branch(exit, i32.eqz(budget));
              writeSwitch({ ...shared, dispatch, jump, exit, exitAtTarget });
            });
          });
          writeJump(shared, exitAtTarget);
          body.branch(again);
        });
      });
      body.store("i64", NOWHERE, currentPc(shared), HART.pc);
      body.branch(end);
    });
    body.store("i64", NOWHERE, target, HART.pc);
  });
  body.store("i64", NOWHERE, target, HART.arrived);
  body.store("i32", NOWHERE, i32.add(budget, shared.translated.borrowed), HART.quotaLeft);
  body.store("i32", NOWHERE, i32.add(budget, deferred), HART.budgetLeft);
}

type Position = Pick<Frame, "record" | "decoded" | "page">;

/** The guest address of the record at `record + offset`. */
function currentPc({ record, decoded, page }: Position, ahead?: I32): I64 {
  const at = ahead === undefined ? record : i32.add(record, ahead);
  return i64.add(page, i64.extend_u(i32.shr_u(i32.sub(at, decoded), TO_RECORDS)));
}

/** Finds the record for `target`; leaves when there is no budget or the fetch faults. */
function writeJump(
  frame: Omit<Frame, "dispatch" | "jump" | "exit" | "exitAtTarget">,
  exitAtTarget: Label,
): void {
  const { body, host, record, decoded, page, target, budget } = frame;
  body.branch(exitAtTarget, i32.eqz(budget));
  const targetPage = i64.and(target, i64.const(PAGE_MASK));
  body.if(i64.ne(targetPage, page), () => {
    body.let(tlbSlot(target), (slot) => {
      body.if(
        i64.eq(i64.load(slot, TLB.fetch), targetPage),
        () => body.set(decoded, i32.load(slot, TLB.fetch + 8)),
        () => {
          body.set(decoded, callValue("i32", host.fetch, [target]));
          body.branch(exitAtTarget, i32.eqz(decoded));
        },
      );
    });
    body.set(page, targetPage);
  });
  const pageOffset = i32.and(i32.wrap(target), i32.const(PAGE_SIZE - 1));
  body.set(record, i32.add(decoded, i32.shl(pageOffset, TO_RECORDS)));
}

/** The switch over opcodes; the last case is a record marked as hot. */
function writeSwitch(frame: Frame): void {
  const { body, host, decoder, record, target, jump } = frame;
  const [far, near] = [new RecordMeaning(frame, false), new RecordMeaning(frame, true)];
  body.switch(frame.opcode, [
    () => {
      body.call(decoder.inPage, [record, frame.decoded]);
      body.if(i32.load(NOWHERE, HART.mayShare), () => {
        body.call(host.decoded, [record, currentPc(frame)]);
      });
      execute(frame);
    },
    () => {
      body.set(target, currentPc(frame));
      body.branch(jump);
    },
    () => writeStraddling(frame),
    () => stop(frame, "illegal"),
    ...OPCODES.map(({ instruction, isNear }) => () => {
      instruction.semantics(isNear ? near : far);
      retire(frame);
    }),
    () => writeHot(frame),
  ]);
}

/** Enters translated code, if there is any for this place and the budget is worth it. */
function writeHot(frame: Frame): void {
  const { body, host, opcode, target, page, budget, deferred, translated } = frame;
  const { pc, left, borrowed } = translated;
  const total = i32.add(budget, deferred);
  body.if(i32.gt_s(total, i32.load(NOWHERE, HART.enterAbove)), () => {
    body.set(pc, currentPc(frame));
    body.let(
      entrySlot(pc),
      (slot) =>
        body.let(i32.load(slot, ENTRIES.base + ENTRIES.function), (entry) => {
          body.if(
            i64.ne(i64.load(slot, ENTRIES.base), pc),
            () => body.set(entry, callValue("i32", host.enter, [pc])),
          );
          body.if(entry, () => {
            body.callIndirectInto([pc, left], frame.typeIndex, entry, [
              total,
              i32.const(CALL_DEPTH),
              i32.load(slot, ENTRIES.base + ENTRIES.start),
            ]);
            // What was executed counts against the part kept back, as long as there is any.
            body.set(deferred, i32.sub(left, budget));
            body.if(i32.lt_s(deferred, i32.const(0)), () => {
              body.set(borrowed, i32.sub(borrowed, deferred));
              body.set(budget, left);
              body.set(deferred, i32.const(0));
            });
            body.set(target, i64.and(pc, i64.const(-2n)));
            body.branch(frame.exitAtTarget, stopped());
            body.if(i32.load(NOWHERE, HART.refetch), () => {
              body.store("i32", NOWHERE, i32.const(0), HART.refetch);
              body.set(page, i64.const(-1n));
            });
            body.branch(frame.jump);
          });
        }),
    );
  });
  body.set(opcode, i32.and(opcode, i32.const(RECORD_HOT - 1)));
  body.branch(frame.dispatch);
}

function writeStraddling(frame: Frame): void {
  const { body, host, decoder, page, record, decoded, target, exit } = frame;
  body.set(target, currentPc(frame));
  const nextPage = i64.add(page, i64.const(BigInt(PAGE_SIZE)));
  body.let(tlbSlot(nextPage), (slot) => {
    body.if(
      i64.eq(i64.load(slot, TLB.fetch), nextPage),
      () => {
        const first = i32.load16_u(i32.load(decoded, CODE_ADDRESS), PAGE_SIZE - 2);
        const second = i32.load16_u(i32.load(i32.load(slot, TLB.fetch + 8), CODE_ADDRESS));
        const word = i32.or(first, i32.shl(second, i32.const(16)));
        body.call(decoder.straddling, [i32.const(STRADDLE_RECORD), word]);
      },
      () =>
        body.let(callValue("i64", host.fetchStraddling, [target]), (word) => {
          body.branch(exit, i64.lt_s(word, i64.const(0n)));
          body.call(decoder.straddling, [i32.const(STRADDLE_RECORD), i32.wrap(word)]);
        }),
    );
  });
  // A page address that is no multiple of the page size equals no target's page, so that every
  // branch looks its target up anew.
  body.set(page, target);
  body.set(decoded, i32.const(STRADDLE_RECORD));
  body.set(record, i32.const(STRADDLE_RECORD));
  execute(frame);
}

const opcodeAt = (record: I32) => i32.load16_u(record, RECORD.opcode);

/** Goes on with the current record. Every way to the switch loads the opcode by itself. */
function execute({ body, opcode, record, dispatch }: Frame): void {
  body.set(opcode, opcodeAt(record));
  body.branch(dispatch);
}

/** Goes on with the record at `record`, behind the current instruction. */
function retire(frame: Frame, record: I32 = frame.nextRecord): void {
  frame.body.set(frame.record, record);
  frame.body.set(frame.budget, frame.lessBudget);
  execute(frame);
}

function stop({ body, exit }: Frame, reason: "ecall" | "ebreak" | "illegal"): void {
  body.store("i32", NOWHERE, i32.const(stopCode(reason)), HART.stopReason);
  body.branch(exit);
}

/** An instruction's operands and effects where they are found through the current record. */
class RecordMeaning implements Meaning {
  readonly body: FunctionBody;
  readonly rs1: I64;
  readonly rs2: I64;
  readonly fs1: I64;
  readonly fs2: I64;
  readonly fs3: I64;
  readonly imm: I64;
  readonly zimm: I64;
  readonly rs1IsZero: I32;
  readonly pc: I64;
  readonly next: I64;
  readonly roundingMode: I32;
  readonly inexactNearest: I32;
  readonly inexact: I32;
  readonly reservation: I64 = i64.load(NOWHERE, HART.reservation);
  readonly reservedValue: I64 = i64.load(NOWHERE, HART.reservedValue);
  /** Offset of the destination register. */
  readonly #rd: I32;
  readonly #frame: Frame;
  readonly #near: boolean;

  constructor(frame: Frame, near: boolean) {
    const { body, record } = frame;
    const register = (field: number) =>
      memoized(i64.load(i32.load16_u(record, field), HART.registers));
    const imm = i32.load(record, RECORD.imm);
    const fcsr = i32.load(NOWHERE, HART.fcsr);
    const mode = i32.and(imm, i32.const(7));
    const dynamicMode = i32.and(i32.shr_u(fcsr, i32.const(5)), i32.const(7));
    this.#rd = memoized(i32.load16_u(record, RECORD.rd));
    this.#frame = frame;
    this.#near = near;
    this.body = body;
    this.rs1 = this.fs1 = register(RECORD.rs1);
    this.rs2 = this.fs2 = register(RECORD.rs2);
    this.fs3 = register(RECORD.extra);
    this.imm = memoized(i64.extend_s(imm));
    this.zimm = i64.extend_u(i32.load16_u(record, RECORD.extra));
    this.rs1IsZero = i32.eqz(i32.load16_u(record, RECORD.rs1));
    this.pc = memoized(currentPc(frame));
    this.next = currentPc(frame, i32.load16_u(record, RECORD.stride));
    this.roundingMode = select(i32.eq(mode, i32.const(7)), dynamicMode, mode);
    const mask = i32.shr_u(imm, i32.const(8));
    this.inexactNearest = i32.eq(i32.and(fcsr, mask), i32.const(1));
    this.inexact = i32.and(fcsr, i32.const(1));
  }

  setRd(value: I64): void {
    this.body.store("i64", this.#rd, value, HART.registers);
  }

  setFd(bits: I64): void {
    this.setRd(bits);
  }

  load(kind: LoadKind, address: I64, use: (value: I64) => void): void {
    const { body, host, exit } = this.#frame;
    body.let(address, (at) =>
      body.let(tlbSlot(at), (slot) =>
        body.let(i64.const(0n), (value) => {
          body.if(
            tlbHit(TLB.read, slot, at, LOAD_WIDTH[kind]),
            () => body.set(value, i64[kind](tlbPlace(TLB.read, slot, at))),
            () => {
              const number = i32.const(LOAD_KINDS.indexOf(kind));
              body.set(value, callValue("i64", host.load, [at, number]));
              body.branch(exit, stopped());
            },
          );
          use(value);
        })));
  }

  store(width: AccessWidth, address: I64, value: I64): void {
    const { body, host, exit } = this.#frame;
    body.let(address, (at) =>
      body.let(tlbSlot(at), (slot) =>
        body.if(
          tlbHit(TLB.write, slot, at, width),
          () => body.store(STORE_KIND[width], tlbPlace(TLB.write, slot, at), value),
          () => {
            const done = callValue("i32", host.store, [at, value, i32.const(width)]);
            body.branch(exit, i32.eqz(done));
            this.#refetch();
          },
        )));
  }

  atomic(width: 4 | 8, address: I64, access: "read" | "write", use: (place: I32) => void): void {
    const { body, place, exit } = this.#frame;
    const writes = i32.const(access === "write" ? 1 : 0);
    body.let(callValue("i32", place, [address, i32.const(width), writes]), (found) => {
      body.branch(exit, i32.eqz(found));
      if (access === "write") this.#refetch();
      use(found);
    });
  }

  reserve(address: I64, value: I64): void {
    this.body.store("i64", NOWHERE, value, HART.reservedValue);
    this.body.store("i64", NOWHERE, address, HART.reservation);
  }

  branch(condition?: I32): void {
    const { body, record } = this.#frame;
    const taken = () => {
      if (!this.#near) return this.#goTo(i64.add(this.pc, this.imm));
      const distance = i32.shl(i32.load(record, RECORD.imm), TO_RECORDS);
      retire(this.#frame, i32.add(record, distance));
    };
    if (condition === undefined) taken();
    else body.if(condition, taken);
  }

  jump(target: I64): void {
    recordJump(this.body, this.pc, target);
    this.#goTo(target);
  }

  #goTo(target: I64): void {
    const { body, budget, lessBudget, jump } = this.#frame;
    body.set(this.#frame.target, target);
    body.set(budget, lessBudget);
    body.branch(jump);
  }

  csr(update: CsrUpdate, operand: I64, writes: I32, use: (old: I64) => void): void {
    const { body, host, record, budget, deferred, exit } = this.#frame;
    body.store("i32", NOWHERE, i32.add(budget, deferred), HART.budgetLeft);
    const number = i32.load(record, RECORD.imm);
    const code = i32.const(CSR_UPDATES.indexOf(update));
    body.let(callValue("i64", host.csr, [number, code, writes, operand]), (old) => {
      body.branch(exit, stopped());
      use(old);
    });
  }

  softFloat(operation: FloatOperation, operands: readonly I64[], use: (result: I64) => void): void {
    this.body.let(this.#frame.floats.value(operation, this.roundingMode, operands), use);
  }

  environmentCall(): void {
    stop(this.#frame, "ecall");
  }

  breakpoint(): void {
    stop(this.#frame, "ebreak");
  }

  illegal(): void {
    stop(this.#frame, "illegal");
  }

  /**
   * After a write that gave the page being executed another frame, ends this call behind the
   * current instruction: the rest of the budget is set aside, and the host calls again.
   */
  #refetch(): void {
    const { body, budget, deferred, translated: { borrowed } } = this.#frame;
    body.if(i32.load(NOWHERE, HART.refetch), () => {
      body.store("i32", NOWHERE, i32.const(0), HART.refetch);
      const rest = i32.sub(budget, i32.const(1));
      body.set(deferred, i32.add(deferred, rest));
      body.set(borrowed, i32.add(borrowed, rest)); // it was not interpreted
      body.set(budget, i32.const(1));
    });
  }
}
