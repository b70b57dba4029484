/**
 * What loads and stores of translated code call when they do not know the place of their bytes:
 * functions that look into the TLBs, and windows, which remember for places in the code what was
 * found there.
 *
 * Windows are in linear memory, at constant addresses, which costs less than local variables: those
 * the host's compiler would have to keep and move.
 */
import { type HostFunctions, NOWHERE, PAGE_MASK, tlbSlot } from "../hart/generated_code.ts";
import type { AccessWidth } from "../isa/instruction.ts";
import { HART, PAGE_SIZE, TLB, WIDE_WINDOWS, WINDOWS } from "../memory/layout.ts";
import {
  type Callable,
  callValue,
  type FunctionBody,
  type I32,
  i32,
  type I64,
  i64,
  type Local,
  type ModuleBuilder,
  type Signature,
} from "../wasm/mod.ts";

/** Functions of a module that find bytes. They leave their place in `HART.found`, or 0. */
export interface MemoryHelpers {
  /** Bytes by the read TLB alone: address, how many, window to move. */
  readonly read: Callable;
  /** The same by the write TLB. */
  readonly write: Callable;
  /** As `read`, but with a wide window and its limit. */
  readonly readRange: Callable;
  /** As `write`, but with a wide window and its limit. */
  readonly writeRange: Callable;
  /** Bytes of a load, or a copy of them, as `read`; none means that it faults. */
  readonly load: Callable;
}

const FINDER: Signature = { parameters: ["i64", "i32", "i32"], results: [] };
const RANGE_FINDER: Signature = { parameters: ["i64", "i32", "i32", "i32"], results: [] };

/** Defines them. */
export function defineMemoryHelpers(module: ModuleBuilder, host: HostFunctions): MemoryHelpers {
  const find = (tlb: number) =>
    module.defineFunction(FINDER, (body) => {
      const window = body.parameter(2, "i32");
      writeLookUp(body, tlb, (page, addend) => {
        body.store("i64", window, page);
        body.store("i32", window, addend, WINDOWS.addend);
      });
    });
  const findRange = (tlb: number) =>
    module.defineFunction(RANGE_FINDER, (body) => {
      const window = body.parameter(2, "i32");
      writeLookUp(body, tlb, (page, addend) => {
        body.store("i64", window, page);
        body.store("i64", window, i64.extend_u(body.parameter(3, "i32")), WIDE_WINDOWS.limit);
        body.store("i32", window, addend, WIDE_WINDOWS.addend);
      });
    });
  const read = find(TLB.read);
  const load = module.defineFunction(FINDER, (body) => {
    const address = body.parameter(0, "i64");
    const width = body.parameter(1, "i32");
    body.call(read, [address, width, body.parameter(2, "i32")]);
    body.if(i32.eqz(found()), () => {
      body.store("i32", NOWHERE, callValue("i32", host.locate, [address, width]), HART.found);
    });
  });
  return {
    read,
    load,
    write: find(TLB.write),
    readRange: findRange(TLB.read),
    writeRange: findRange(TLB.write),
  };
}

function writeLookUp(
  body: FunctionBody,
  tlb: number,
  moveWindow: (page: I64, addend: I32) => void,
): void {
  const address = body.parameter(0, "i64");
  const page = i64.and(address, i64.const(PAGE_MASK));
  const inPage = i32.and(i32.wrap(address), i32.const(PAGE_SIZE - 1));
  const fits = i32.le_u(i32.add(inPage, body.parameter(1, "i32")), i32.const(PAGE_SIZE));
  body.store("i32", NOWHERE, i32.const(0), HART.found);
  body.let(tlbSlot(address), (slot) => {
    body.if(i32.and(i64.eq(i64.load(slot, tlb), page), fits), () => {
      body.let(i32.load(slot, tlb + 8), (addend) => {
        moveWindow(page, addend);
        body.store("i32", NOWHERE, i32.add(i32.wrap(address), addend), HART.found);
      });
    });
  });
}

/**
 * What a helper found. It comes through memory and not as a result, since the host's compiler knows
 * of what it loads, but not of results, that the upper half of the register is zero.
 */
export function found(): I32 {
  return i32.load(NOWHERE, HART.found);
}

/** A window for single accesses: its address. */
export type Window = number;

/** The window that is never looked into. */
export const NO_WINDOW: Window = WINDOWS.base;
/** The wide window that is never looked into. */
export const NO_WIDE_WINDOW: WideWindow = { address: WIDE_WINDOWS.base, limit: 0 };

/** A window for ranges of bytes. */
export interface WideWindow {
  readonly address: number;
  readonly limit: number;
}

let windowsMade = 0;

/** A window. Places in the code that have the same one spoil nothing but speed. */
export function newWindow(): Window {
  return WINDOWS.base + (1 + windowsMade++ % (WINDOWS.entries - 1)) * WINDOWS.size;
}

/** How many windows there are for ranges of up to 8, 16, 32 … 2048 bytes. */
const WINDOWS_OF_SIZE = [64, 64, 64, 56, 44, 24, 12, 6, 5] as const;
const SMALLEST = 8;

const wideWindowsMade = WINDOWS_OF_SIZE.map(() => 0);

/** A window for a range of 1 to 2048 bytes. Ranges that share one have the same limit. */
export function newWideWindow(bytes: number): WideWindow {
  let size = 0;
  let first = 1;
  while (SMALLEST << size < bytes) first += WINDOWS_OF_SIZE[size++] ?? 0;
  const made = wideWindowsMade[size] ?? 0;
  wideWindowsMade[size] = made + 1;
  const index = first + made % (WINDOWS_OF_SIZE[size] ?? 1);
  return {
    address: WIDE_WINDOWS.base + index * WIDE_WINDOWS.size,
    limit: PAGE_SIZE + 1 - (SMALLEST << size),
  };
}

/** Sets `place` to that of an aligned access through its window, or has `elsewhere` set it. */
export function lookInto(
  body: FunctionBody,
  window: Window,
  address: I64,
  width: AccessWidth,
  place: Local<"i32">,
  elsewhere: () => void,
): void {
  const tag = i64.and(address, i64.const(PAGE_MASK | BigInt(width - 1)));
  const addend = i32.load(NOWHERE, window + WINDOWS.addend);
  body.if(
    i64.eq(tag, i64.load(NOWHERE, window)),
    () => body.set(place, i32.add(i32.wrap(address), addend)),
    elsewhere,
    "likely",
  );
}

/** The same for a range of bytes. */
export function lookIntoWide(
  body: FunctionBody,
  { address: window }: WideWindow,
  address: I64,
  place: Local<"i32">,
  elsewhere: () => void,
): void {
  const offset = i64.sub(address, i64.load(NOWHERE, window));
  const addend = i32.load(NOWHERE, window + WIDE_WINDOWS.addend);
  body.if(
    i64.lt_u(offset, i64.load(NOWHERE, window + WIDE_WINDOWS.limit)),
    () => body.set(place, i32.add(i32.wrap(address), addend)),
    elsewhere,
    "likely",
  );
}
