/**
 * Writes loads and stores, of three kinds:
 *
 * - alone: looks into a window of its own, else asks a helper.
 * - in a group of its block: the first of the group looks for the bytes of all, and the others rely
 *   on what it found. When it finds nothing, the block goes on in a second copy of its code, in
 *   which each access is on its own (see {@linkcode MemoryWriter.separately}).
 * - in a group of its loop: any of them looks for the bytes of all when nobody has before.
 *
 * What was found stays right while translated code runs, since it is left as soon as a write has
 * changed translations.
 */
import { type HostFunctions, LOAD_WIDTH, STORE_KIND } from "../hart/generated_code.ts";
import type { AccessWidth } from "../isa/instruction.ts";
import type { LoadKind } from "../isa/mod.ts";
import {
  boxedSingle,
  type Callable,
  callValue,
  f32,
  f64,
  type FunctionBody,
  type I32,
  i32,
  type I64,
  i64,
  type Label,
  type Local,
} from "../wasm/mod.ts";
import {
  found,
  lookInto,
  lookIntoWide,
  type MemoryHelpers,
  newWideWindow,
  newWindow,
  NO_WIDE_WINDOW,
  NO_WINDOW,
  type Window,
} from "./memory_helpers.ts";
import { type Group, MemoryPlan } from "./memory_plan.ts";
import type { PlacedOperation, Region } from "./region.ts";

/** Ways out that an access may take. */
export interface AccessExits {
  /** The access has failed. */
  readonly failed: () => void;
  /** The access has been done, and has changed translations. */
  readonly changed: () => void;
}

/** An access that is being written. */
interface Access {
  readonly operation: PlacedOperation;
  readonly width: AccessWidth;
  readonly address: I64;
}

/** Writes the accesses of one function. */
export class MemoryWriter {
  readonly #body: FunctionBody;
  readonly #host: HostFunctions;
  readonly #helpers: MemoryHelpers;
  readonly #plan: MemoryPlan;
  readonly #base: (register: number) => I64;
  /** Places of the lowest bytes of groups. */
  readonly #places = new Map<Group, Local<"i32">>();
  /** Whether groups of blocks are ignored: nothing was found for one. */
  #separately = false;

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
    for (const group of groups) this.#body.set(this.#place(group), i32.const(0));
  }

  /** The group of a block that an operation is in. */
  groupOf(operation: PlacedOperation): Group | undefined {
    const group = this.#plan.groupOf(operation);
    return group === undefined || group.stable || group.size === 1 ? undefined : group;
  }

  /** Looks for the bytes of a group of a block, whose accesses are written behind; goes to `missing`. */
  findGroup(group: Group, missing: Label): void {
    const body = this.#body;
    const place = this.#place(group);
    const window = newWideWindow(group.high - group.low);
    lookIntoWide(body, window, this.#low(group), place, () => {
      body.set(place, this.#findRange(group, window));
      body.branch(missing, i32.eqz(place), "unlikely");
    });
  }

  /** Has accesses written that do not rely on groups of blocks. */
  separately(write: () => void): void {
    this.#separately = true;
    write();
    this.#separately = false;
  }

  load(
    operation: PlacedOperation,
    kind: LoadKind,
    address: I64,
    exits: AccessExits,
    use: (value: I64) => void,
  ): void {
    // Floats go straight into registers for floats.
    const isDouble = kind === "load" && operation.fields.fd !== undefined;
    const isSingle = kind === "load32_u" && operation.fields.fd !== undefined;
    this.#findToLoad({ operation, width: LOAD_WIDTH[kind], address }, exits, (place, offset) => {
      if (isDouble) use(i64.reinterpret(f64.load(place, offset)));
      else if (isSingle) use(i64.extend_u(i32.reinterpret(f32.load(place, offset))));
      else use(i64[kind](place, offset));
    });
  }

  store(
    operation: PlacedOperation,
    width: AccessWidth,
    address: I64,
    value: I64,
    exits: AccessExits,
  ): void {
    const body = this.#body;
    const double = width === 8 && value.reinterprets;
    const single = width === 4 && boxedSingle(value);
    this.#findToStore(
      { operation, width, address },
      (place, offset) =>
        double
          ? body.store("f64", place, double, offset)
          : single
          ? body.store("f32", place, single, offset)
          : body.store(STORE_KIND[width], place, value, offset),
      (at) => {
        const done = callValue("i32", this.#host.store, [at, value, i32.const(width)]);
        body.if(i32.eqz(done), exits.failed, undefined, "unlikely");
        exits.changed();
      },
    );
  }

  #findToLoad(
    { operation, width, address }: Access,
    exits: AccessExits,
    access: (place: I32, offset: number) => void,
  ): void {
    const body = this.#body;
    const { load } = this.#helpers;
    const orFail = (place: I32) => body.if(i32.eqz(place), exits.failed, undefined, "unlikely");
    const group = this.#plan.groupOf(operation);
    if (group?.stable === true) {
      const offset = offsetIn(group, operation);
      return body.let(this.#place(group), (place) => {
        body.if(
          i32.eqz(place),
          () => {
            body.set(place, this.#findRange(group));
            body.if(place, () => body.set(this.#place(group), place), () => {
              body.set(place, this.#find(load, address, width, NO_WINDOW));
              orFail(place);
              body.set(place, i32.sub(place, i32.const(offset)));
            });
          },
          undefined,
          "unlikely",
        );
        access(place, offset);
      });
    }
    if (group !== undefined && group.size > 1 && !this.#separately) {
      return access(this.#place(group), offsetIn(group, operation));
    }
    body.let(address, (at) =>
      body.let(i32.const(0), (place) => {
        const fill = (window = NO_WINDOW) => {
          body.set(place, this.#find(load, at, width, window));
          orFail(place);
        };
        if (this.#separately) fill();
        else {
          const window = newWindow();
          lookInto(body, window, at, width, place, () => fill(window));
        }
        access(place, 0);
      }));
  }

  #findToStore(
    { operation, width, address }: Access,
    access: (place: I32, offset: number) => void,
    slow: (address: I64) => void,
  ): void {
    const body = this.#body;
    const { write } = this.#helpers;
    const group = this.#plan.groupOf(operation);
    if (group?.stable === true) {
      const offset = offsetIn(group, operation);
      return body.block((done) =>
        body.let(this.#place(group), (place) => {
          body.if(
            i32.eqz(place),
            () => {
              body.set(place, this.#findRange(group));
              body.if(place, () => body.set(this.#place(group), place), () => {
                body.let(address, slow);
                body.branch(done);
              });
            },
            undefined,
            "unlikely",
          );
          access(place, offset);
        })
      );
    }
    if (group !== undefined && group.size > 1 && !this.#separately) {
      return access(this.#place(group), offsetIn(group, operation));
    }
    body.block((done) =>
      body.let(address, (at) =>
        body.let(i32.const(0), (place) => {
          const fill = (window = NO_WINDOW) => {
            body.set(place, this.#find(write, at, width, window));
            body.if(
              i32.eqz(place),
              () => {
                slow(at);
                body.branch(done);
              },
              undefined,
              "unlikely",
            );
          };
          if (this.#separately) fill();
          else {
            const window = newWindow();
            lookInto(body, window, at, width, place, () => fill(window));
          }
          access(place, 0);
        }))
    );
  }

  /** The place of an access, found by a helper. */
  #find(helper: Callable, address: I64, width: AccessWidth, window: Window): I32 {
    this.#body.call(helper, [address, i32.const(width), i32.const(window)]);
    return found();
  }

  /** The place of a group's lowest byte, found by a helper. */
  #findRange(group: Group, window = NO_WIDE_WINDOW): I32 {
    const { readRange, writeRange } = this.#helpers;
    const span = i32.const(group.high - group.low);
    const args = [this.#low(group), span, i32.const(window.address), i32.const(window.limit)];
    this.#body.call(group.write ? writeRange : readRange, args);
    return found();
  }

  #place(group: Group): Local<"i32"> {
    const known = this.#places.get(group);
    if (known !== undefined) return known;
    const place = this.#body.local("i32");
    this.#places.set(group, place);
    return place;
  }

  #low(group: Group): I64 {
    return i64.add(this.#base(group.base), i64.const(BigInt(group.low)));
  }
}

function offsetIn(group: Group, { fields }: PlacedOperation): number {
  return (fields.imm ?? 0) - group.low;
}
