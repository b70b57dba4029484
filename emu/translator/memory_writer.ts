/**
 * Writes loads and stores. A look-up that succeeds leaves the place of its group's lowest byte in a
 * local variable, 0 when it has none; what the accesses of the group then need is one test.
 *
 * Look-ups that are not shared by a whole loop first try a window: the page and the distance to
 * linear memory that the last look-up at this place in the code found. Windows are in linear memory,
 * at constant addresses, which costs less than local variables: those the host's compiler would have
 * to keep and move. The host drops windows and TLBs together. Places in local variables stay right
 * while translated code runs, since it is left as soon as a write has changed translations.
 */
import {
  type HostFunctions,
  LOAD_KINDS,
  LOAD_WIDTH,
  NOWHERE,
  PAGE_MASK,
  stopped,
  STORE_KIND,
  tlbSlot,
} from "../hart/generated_code.ts";
import type { AccessWidth } from "../isa/instruction.ts";
import type { LoadKind } from "../isa/mod.ts";
import { TLB, WINDOWS } from "../memory/layout.ts";
import {
  type Callable,
  callValue,
  f64,
  type FunctionBody,
  type I32,
  i32,
  type I64,
  i64,
  type Local,
  type ModuleBuilder,
} from "../wasm/mod.ts";
import { type Group, MemoryPlan } from "./memory_plan.ts";
import type { PlacedOperation, Region } from "./region.ts";

/** Functions of a module that look up pages without the host. */
export interface MemoryHelpers {
  /** Place of the bytes from one address up to another, or 0; by whether they are written. */
  readonly read: Callable;
  readonly write: Callable;
  readonly loads: ReadonlyMap<LoadKind, Callable>;
}

/** Defines them. */
export function defineMemoryHelpers(module: ModuleBuilder, host: HostFunctions): MemoryHelpers {
  const probe = (tlb: number) =>
    module.defineFunction({ parameters: ["i64", "i64"], results: ["i32"] }, (body) => {
      const low = body.parameter(0, "i64");
      const page = i64.and(low, i64.const(PAGE_MASK));
      body.let(tlbSlot(low), (slot) => {
        const hit = i64.eq(i64.load(slot, tlb), page);
        const onOnePage = i64.eq(i64.and(body.parameter(1, "i64"), i64.const(PAGE_MASK)), page);
        body.if(i32.and(hit, onOnePage), () => {
          body.return(i32.add(i32.wrap(low), i32.load(slot, tlb + 8)));
        });
      });
      body.return(i32.const(0));
    });
  const read = probe(TLB.read);
  const write = probe(TLB.write);
  const loads = new Map(LOAD_KINDS.map((kind, number) => [
    kind,
    module.defineFunction({ parameters: ["i64"], results: ["i64"] }, (body) => {
      const at = body.parameter(0, "i64");
      const last = i64.add(at, i64.const(BigInt(LOAD_WIDTH[kind] - 1)));
      body.let(callValue("i32", read, [at, last]), (place) => {
        body.if(place, () => body.return(i64[kind](place)));
      });
      body.return(callValue("i64", host.load, [at, i32.const(number)]));
    }),
  ]));
  return { read, write, loads };
}

/** Address of a window. Places in the code that have the same one spoil nothing but speed. */
type Window = number;

let windowsMade = 0;

function newWindow(): Window {
  return WINDOWS.base + (windowsMade++ % WINDOWS.entries) * WINDOWS.size;
}

const tagOf = (window: Window): I64 => i64.load(NOWHERE, window);
const addendOf = (window: Window): I32 => i32.load(NOWHERE, window + WINDOWS.addend);

/** Ways out that an access may take. */
export interface AccessExits {
  /** The access has failed. */
  readonly failed: () => void;
  /** The access has been done, and has changed translations. */
  readonly changed: () => void;
}

/** Writes the accesses of one function. */
export class MemoryWriter {
  readonly #body: FunctionBody;
  readonly #host: HostFunctions;
  readonly #helpers: MemoryHelpers;
  readonly #plan: MemoryPlan;
  readonly #base: (register: number) => I64;
  readonly #places = new Map<Group, Local<"i32">>();

  constructor(
    body: FunctionBody,
    region: Region,
    host: HostFunctions,
    helpers: MemoryHelpers,
    base: (register: number) => I64,
  ) {
    this.#body = body;
    this.#host = host;
    this.#helpers = helpers;
    this.#plan = new MemoryPlan(region);
    this.#base = base;
    // Changes of a register must reach the places that only later code uses.
    for (const group of this.#plan.allStable()) this.#places.set(group, body.local("i32"));
  }

  /** Forgets what depends on a register that has changed; on any, without an argument. */
  registerChanged(register?: number): void {
    const groups = register === undefined
      ? this.#plan.allStable()
      : this.#plan.stableGroups(register);
    for (const group of groups) {
      const place = this.#places.get(group);
      if (place !== undefined) this.#body.set(place, i32.const(0));
    }
  }

  load(
    operation: PlacedOperation,
    kind: LoadKind,
    address: I64,
    exits: AccessExits,
    use: (value: I64) => void,
  ): void {
    const body = this.#body;
    const group = this.#plan.groupOf(operation);
    // A double goes straight into a register for floats.
    const isDouble = kind === "load" && operation.fields.fd !== undefined;
    if (isDouble) return this.#loadDouble(operation, address, exits, use);
    body.let(i64.const(0n), (value) => {
      const slow = (at: I64) => {
        body.set(value, this.#slowLoad(kind, at));
        body.if(stopped(), exits.failed, undefined, "unlikely");
      };
      const fast = (place: I32, offset: number) => body.set(value, i64[kind](place, offset));
      this.#access(operation, group, LOAD_WIDTH[kind], address, false, fast, slow);
      use(value);
    });
  }

  #loadDouble(
    operation: PlacedOperation,
    address: I64,
    exits: AccessExits,
    use: (value: I64) => void,
  ): void {
    const body = this.#body;
    body.let(f64.const(0), (value) => {
      const slow = (at: I64) => {
        body.set(value, f64.reinterpret(this.#slowLoad("load", at)));
        body.if(stopped(), exits.failed, undefined, "unlikely");
      };
      const fast = (place: I32, offset: number) => body.set(value, f64.load(place, offset));
      const group = this.#plan.groupOf(operation);
      this.#access(operation, group, 8, address, false, fast, slow);
      use(i64.reinterpret(value));
    });
  }

  #slowLoad(kind: LoadKind, address: I64): I64 {
    const helper = this.#helpers.loads.get(kind);
    if (helper === undefined) throw new Error(`There is no helper for ${kind}`);
    return callValue("i64", helper, [address]);
  }

  store(
    operation: PlacedOperation,
    width: AccessWidth,
    address: I64,
    value: I64,
    exits: AccessExits,
  ): void {
    const body = this.#body;
    const slow = (at: I64) => {
      const done = callValue("i32", this.#host.store, [at, value, i32.const(width)]);
      body.if(i32.eqz(done), exits.failed, undefined, "unlikely");
      exits.changed();
    };
    const double = width === 8 && value.reinterprets;
    const fast = (place: I32, offset: number) =>
      double
        ? body.store("f64", place, double, offset)
        : body.store(STORE_KIND[width], place, value, offset);
    this.#access(
      operation,
      this.#plan.groupOf(operation),
      width,
      address,
      true,
      fast,
      slow,
    );
  }

  #access(
    { fields }: PlacedOperation,
    group: Group | undefined,
    width: AccessWidth,
    address: I64,
    write: boolean,
    fast: (place: I32, offset: number) => void,
    slow: (address: I64) => void,
  ): void {
    const body = this.#body;
    if (group === undefined || (group.size === 1 && !group.stable)) {
      return this.#single(width, address, write, fast, slow);
    }
    const offset = (fields.imm ?? 0) - group.low;
    const known = this.#places.get(group);
    const place = known ?? body.local("i32");
    this.#places.set(group, place);
    const access = () => body.if(place, () => fast(place, offset), () => slow(address), "likely");
    if (group.stable) {
      const find = () => body.set(place, this.#probe(group));
      body.if(i32.eqz(place), find, undefined, "unlikely");
      access();
    } else if (known !== undefined) access();
    else this.#first(group, place, () => fast(place, offset), access);
  }

  /**
   * The first access of a group, which looks it up.
   *
   * @param hit The access when the window is right.
   * @param miss The access with or without a place.
   */
  #first(group: Group, place: Local<"i32">, hit: () => void, miss: () => void): void {
    const body = this.#body;
    const window = newWindow();
    const outside = (address: I64) => i64.ne(i64.and(address, i64.const(PAGE_MASK)), tagOf(window));
    body.block((done) => {
      body.block((moved) => {
        body.branch(moved, outside(this.#low(group)), "unlikely");
        body.branch(moved, outside(this.#last(group)), "unlikely");
        body.set(place, i32.add(i32.wrap(this.#low(group)), addendOf(window)));
        hit();
        body.branch(done);
      });
      body.set(place, this.#probe(group));
      body.if(place, () => this.#moveWindow(window, this.#low(group), place));
      miss();
    });
  }

  /** An access that shares its look-up with none. */
  #single(
    width: AccessWidth,
    address: I64,
    write: boolean,
    fast: (place: I32, offset: number) => void,
    slow: (address: I64) => void,
  ): void {
    const body = this.#body;
    const window = newWindow();
    body.let(address, (at) => {
      const tag = i64.and(at, i64.const(PAGE_MASK | BigInt(width - 1)));
      body.if(
        i64.eq(tag, tagOf(window)),
        () => fast(i32.add(i32.wrap(at), addendOf(window)), 0),
        () =>
          body.let(
            callValue("i32", write ? this.#helpers.write : this.#helpers.read, [
              at,
              i64.add(at, i64.const(BigInt(width - 1))),
            ]),
            (place) =>
              body.if(place, () => {
                this.#moveWindow(window, at, place);
                fast(place, 0);
              }, () => slow(at)),
          ),
        "likely",
      );
    });
  }

  #moveWindow(window: Window, address: I64, place: I32): void {
    const page = i64.and(address, i64.const(PAGE_MASK));
    this.#body.store("i64", NOWHERE, page, window);
    const addend = i32.sub(place, i32.wrap(address));
    this.#body.store("i32", NOWHERE, addend, window + WINDOWS.addend);
  }

  #probe(group: Group): I32 {
    const helper = group.write ? this.#helpers.write : this.#helpers.read;
    return callValue("i32", helper, [this.#low(group), this.#last(group)]);
  }

  #low(group: Group): I64 {
    return i64.add(this.#base(group.base), i64.const(BigInt(group.low)));
  }

  #last(group: Group): I64 {
    return i64.add(this.#base(group.base), i64.const(BigInt(group.high - 1)));
  }
}
