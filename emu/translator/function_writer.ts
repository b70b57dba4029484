/**
 * Writes the WebAssembly function of a region.
 *
 * ```text
 * load registers
 * block unwind
 *   block leave
 *     the region's blocks, each: budget -= its instructions; none left? unwind
 *   end
 *   store registers; go on in the translated code at `pc`, or return pc
 * end
 * store registers; return pc | 1      everybody who called returns too, to the interpreter
 * ```
 */
import {
  entrySlot,
  type ExactOperations,
  type HostFunctions,
  NOWHERE,
  recordJump,
} from "../hart/generated_code.ts";
import { ENTRIES, HART } from "../memory/layout.ts";
import {
  type FunctionBody,
  type I32,
  i32,
  type I64,
  i64,
  type Label,
  type Local,
} from "../wasm/mod.ts";
import { BudgetPlan } from "./budget_plan.ts";
import { type GoTo, writeGraph } from "./control_flow.ts";
import { KnownMeaning } from "./known_meaning.ts";
import type { MemoryHelpers } from "./memory_helpers.ts";
import type { Group } from "./memory_plan.ts";
import { MemoryWriter } from "./memory_writer.ts";
import { RegisterPlan } from "./register_plan.ts";
import { NO_KNOWLEDGE, type RegisterKnowledge, RegisterLocals } from "./register_locals.ts";
import type { Block, PlacedOperation, Region } from "./region.ts";

/** What all translated functions of a module use. */
export interface ModuleParts {
  readonly host: HostFunctions;
  /** Index of the type of translated functions. */
  readonly typeIndex: number;
  readonly helpers: MemoryHelpers;
  readonly floats: ExactOperations;
}

/** A function under construction. */
export class FunctionWriter {
  readonly body: FunctionBody;
  readonly host: HostFunctions;
  readonly registers: RegisterLocals;
  readonly memory: MemoryWriter;
  readonly floats: ExactOperations;
  /** Instructions that may still be executed, behind the current block. */
  readonly budget: Local<"i32">;
  /** 1 when rounding is to nearest-even and the inexact flag is up; if the region has floats. */
  readonly inexactNearest: Local<"i32">;
  readonly #depth: Local<"i32">;
  /** Where to go on, on the ways out. */
  readonly #pc: Local<"i64">;
  readonly #region: Region;
  readonly #parts: ModuleParts;
  readonly #plan: BudgetPlan;
  readonly #registerPlan: RegisterPlan;
  readonly #hasFloats: boolean;
  /** Number of the block being written. */
  #node = 0;
  #leave: Label | undefined;
  #unwind: Label | undefined;

  constructor(body: FunctionBody, region: Region, parts: ModuleParts) {
    this.body = body;
    this.host = parts.host;
    this.floats = parts.floats;
    this.budget = body.parameter(0, "i32");
    this.#depth = body.parameter(1, "i32");
    this.#pc = body.local("i64");
    this.inexactNearest = body.local("i32");
    this.#region = region;
    this.#parts = parts;
    this.#plan = new BudgetPlan(region);
    this.#registerPlan = new RegisterPlan(region);
    this.#hasFloats = region.blocks.some(({ operations }) =>
      operations.some(({ fields }) => fields.rm !== undefined)
    );
    this.registers = new RegisterLocals(body, region);
    this.memory = new MemoryWriter(
      body,
      region,
      parts.host,
      parts.helpers,
      (register) => this.registers.x(register),
    );
  }

  /** Writes all of it. */
  write(): void {
    const { body, registers } = this;
    registers.load();
    this.floatStateChanged();
    body.block((unwind) => {
      this.#unwind = unwind;
      body.block((leave) => {
        this.#leave = leave;
        const { graph, entries } = this.#region;
        const write = (node: number, goTo: GoTo) => this.#writeBlock(node, goTo);
        writeGraph(body, graph, write, [...entries.values()], body.parameter(2, "i32"));
      });
      registers.store();
      body.let(entrySlot(this.#pc), (slot) =>
        this.#ifEntry(slot, this.#pc, (entry, start) => {
          const args = [this.budget, this.#depth, start];
          body.returnCallIndirect(this.#parts.typeIndex, entry, args);
        }));
      body.return(this.#pc, this.budget);
    });
    registers.store();
    body.return(i64.or(this.#pc, i64.const(1n)), this.budget);
  }

  /** Must be written where `fcsr` may have changed. */
  floatStateChanged(): void {
    if (!this.#hasFloats) return;
    const relevant = i32.and(i32.load(NOWHERE, HART.fcsr), i32.const(0xe1));
    this.body.set(this.inexactNearest, i32.eq(relevant, i32.const(1)));
  }

  /**
   * Ends the run of translated code at an address; `owed` is budget taken but not used.
   *
   * @param knowledge What is known there, if it is not what is known where code is being written.
   */
  unwind(address: number, owed: number, knowledge?: RegisterKnowledge): void {
    this.registers.completeOnWayOut(knowledge);
    this.body.set(this.#pc, i64.const(BigInt(address)));
    this.#giveBack(owed);
    if (this.#unwind === undefined) throw new Error("There is no way out yet");
    this.body.branch(this.#unwind);
  }

  /** Goes on at an address outside of the region. */
  leave(address: I64): void {
    this.#giveBack(this.#plan.surplus(this.#node, undefined));
    this.registers.completeOnWayOut();
    this.body.set(this.#pc, address);
    if (this.#leave === undefined) throw new Error("There is no way out yet");
    this.body.branch(this.#leave);
  }

  /** Returns to the caller, which may be expecting this address. */
  return(address: I64): void {
    this.#giveBack(this.#plan.surplus(this.#node, undefined));
    this.body.set(this.#pc, address);
    this.registers.completeOnWayOut();
    this.registers.store();
    this.body.return(this.#pc, this.budget);
  }

  /** Goes to the block at an address, or leaves. */
  goTo(address: number, goTo: GoTo, condition?: I32): void {
    const { body } = this;
    const block = this.#region.blockAt.get(address);
    const surplus = this.#plan.surplus(this.#node, block);
    const follower = block === undefined ? undefined : this.#registerPlan.at(block);
    const isReady = follower !== undefined && !this.registers.needsPreparation(follower);
    if (block !== undefined && surplus === 0 && isReady) return goTo(block, condition);
    const go = () => {
      if (block === undefined) return this.leave(i64.const(BigInt(address)));
      this.#giveBack(surplus);
      if (follower !== undefined) this.registers.prepare(follower);
      goTo(block);
    };
    if (condition === undefined) go();
    else body.if(condition, go);
  }

  /**
   * Goes to the block of one of the addresses that a target was seen to have, or leaves, noting in
   * the trail where the jump at `address` went.
   */
  jump(address: number, target: I64, seen: readonly number[], goTo: GoTo): void {
    for (const known of seen) {
      if (!this.#region.blockAt.has(known)) continue;
      this.goTo(known, goTo, i64.eq(target, i64.const(BigInt(known))));
    }
    recordJump(this.body, i64.const(BigInt(address)), target);
    this.leave(target);
  }

  /** Calls translated code and goes on behind the call when it returns there. */
  call(target: I64, next: number, goTo: GoTo): void {
    const { body, budget, registers } = this;
    this.#giveBack(this.#plan.surplus(this.#node, undefined));
    registers.completeOnWayOut();
    registers.store();
    body.block((called) => {
      body.let(
        entrySlot(target),
        (slot) =>
          body.if(this.#depth, () =>
            this.#ifEntry(slot, target, (entry, start) => {
              const args = [budget, i32.sub(this.#depth, i32.const(1)), start];
              body.callIndirectInto([this.#pc, budget], this.#parts.typeIndex, entry, args);
              body.branch(called);
            })),
      );
      body.return(target, budget);
    });
    const elsewhere = i64.ne(this.#pc, i64.const(BigInt(next)));
    body.if(elsewhere, () => body.return(this.#pc, budget), undefined, "unlikely");
    registers.load();
    registers.knowledge = NO_KNOWLEDGE;
    this.floatStateChanged();
    this.memory.registerChanged();
    const block = this.#region.blockAt.get(next);
    if (block !== undefined) return goTo(block);
    body.return(this.#pc, budget);
  }

  /** Has `use` written for when there is translated code at `address`. */
  #ifEntry(slot: I32, address: I64, use: (entry: Local<"i32">, start: I32) => void): void {
    const { body } = this;
    body.if(i64.eq(i64.load(slot, ENTRIES.base), address), () =>
      body.let(
        i32.load(slot, ENTRIES.base + ENTRIES.function),
        (entry) => body.if(entry, () => use(entry, i32.load(slot, ENTRIES.base + ENTRIES.start))),
      ));
  }

  #writeBlock(node: number, goTo: GoTo): void {
    const block = this.#region.blocks[node];
    if (block === undefined) throw new Error(`There is no block ${node}`);
    const { ending, address } = block;
    this.#node = node;
    this.registers.knowledge = this.#registerPlan.at(node);
    this.#takeBudget(address, this.#plan.taken(node));
    this.#writeOperations(block, (operation, i) => {
      const owed = this.#plan.needed(node) - i;
      operation.instruction.semantics(new KnownMeaning(this, operation, owed, ending, goTo));
    });
    if (ending.kind === "next" || ending.kind === "branch") this.goTo(ending.next, goTo);
    if (ending.kind === "leave") this.leave(i64.const(BigInt(ending.next)));
  }

  /**
   * Writes a block's instructions; from its first group of accesses to its last a second time, with
   * each access on its own, for when the bytes of a group were not found:
   *
   * ```text
   * block done
   *   block second missing
   *     block first missing
   *       a  find the first group or missing  b  find the second or missing  c;  done
   *     end
   *     b'
   *   end
   *   c'
   * end
   * d
   * ```
   */
  #writeOperations(
    { operations }: Block,
    write: (operation: PlacedOperation, index: number) => void,
  ): void {
    const { body, memory, registers } = this;
    const groups = operations.map((operation) => memory.groupOf(operation));
    const starts = groups.flatMap((group, i) =>
      group !== undefined && groups.indexOf(group) === i ? [{ group, i }] : []
    );
    const last = groups.findLastIndex((group) => group !== undefined);
    const writeRange = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        const operation = operations[i];
        if (operation !== undefined) write(operation, i);
      }
    };
    if (starts.length === 0) return writeRange(0, operations.length);
    const missing = new Map<Group, Label>();
    const known = new Map<Group, RegisterKnowledge>();
    const together = (done: Label) => {
      let from = 0;
      for (const { group, i } of starts) {
        writeRange(from, i);
        const label = missing.get(group);
        if (label === undefined) throw new Error("A group has no second copy");
        known.set(group, registers.knowledge);
        memory.findGroup(group, label);
        from = i;
      }
      writeRange(from, last + 1);
      body.branch(done);
    };
    const open = (index: number, done: Label): void => {
      const start = starts[index];
      if (start === undefined) return together(done);
      body.block((label) => {
        missing.set(start.group, label);
        open(index - 1, done);
      });
      registers.knowledge = known.get(start.group) ?? registers.knowledge;
      memory.separately(() => writeRange(start.i, starts[index + 1]?.i ?? last + 1));
    };
    body.block((done) => open(starts.length - 1, done));
    writeRange(last + 1, operations.length);
  }

  #takeBudget(address: number, count: number): void {
    const { body, budget } = this;
    if (count === 0) return;
    body.set(budget, i32.sub(budget, i32.const(count)));
    const used = i32.lt_s(budget, i32.const(0));
    body.if(used, () => this.unwind(address, count), undefined, "unlikely");
  }

  #giveBack(count: number): void {
    if (count > 0) this.body.set(this.budget, i32.add(this.budget, i32.const(count)));
  }
}
