/**
 * A region: the code that one translated function covers. It is found by following direct control
 * flow from an entry over what has been executed so far, and cut into basic blocks.
 */
import { Graph } from "./control_flow.ts";
import {
  decode,
  effectsOf,
  expand,
  instructionLength,
  isReservedRounding,
  type Operation,
} from "../isa/mod.ts";

/** Reads code of the address space in use. */
export interface CodeSource {
  /** The halfword at an address, or -1 when it cannot be fetched. */
  halfword(address: number): number;
  /** Whether the instruction at an address has been executed (as far as is known). */
  executed(address: number): boolean;
  /** Addresses that an indirect jump at an address was seen to go to. */
  targets(address: number): readonly number[];
}

/** One instruction with its operands. */
export interface PlacedOperation extends Operation {
  readonly address: number;
}

/** What follows a block's last instruction. */
export type Ending =
  /** The next block. */
  | { readonly kind: "next"; readonly next: number }
  /** The last instruction is a conditional branch. */
  | { readonly kind: "branch"; readonly taken: number; readonly next: number }
  /** It is a direct jump. */
  | { readonly kind: "goto"; readonly target: number }
  /** It is a call, of a known target or an indirect one. */
  | { readonly kind: "call"; readonly target: number | undefined; readonly next: number }
  /** It is an indirect jump; `targets` were seen. */
  | { readonly kind: "jump"; readonly targets: readonly number[] }
  /** It is a return. */
  | { readonly kind: "return" }
  /** Behind it is something that the interpreter does. */
  | { readonly kind: "leave"; readonly next: number };

/** A basic block. */
export interface Block {
  readonly address: number;
  readonly operations: readonly PlacedOperation[];
  readonly ending: Ending;
  /** Numbers of the blocks of this region that may follow. */
  readonly successors: readonly number[];
}

/** Code that is translated together. */
export interface Region {
  /** Where it was found from. */
  readonly entry: number;
  /** Addresses at which it may be entered, and the numbers of their blocks. */
  readonly entries: ReadonlyMap<number, number>;
  readonly blocks: readonly Block[];
  /** How control flows between the blocks. */
  readonly graph: Graph;
  /** The number of the block at an address. */
  readonly blockAt: ReadonlyMap<number, number>;
}

/** Most instructions in a region. */
const REGION_MAX = 1000;
/** Most instructions in a block: the budget that a block needs is less than this. */
export const BLOCK_MAX = 64;
const RETURN_ADDRESS = 1;

/** Finds the region at `entry`; `undefined` when its first instruction is the interpreter's. */
export function findRegion(source: CodeSource, entry: number): Region | undefined {
  const found = new Map<number, PlacedOperation>();
  const leaders = new Set([entry]);
  const pending = [entry];
  for (let leader = pending.shift(); leader !== undefined; leader = pending.shift()) {
    let address = leader;
    while (found.size < REGION_MAX && !found.has(address)) {
      const operation = operationAt(source, address);
      if (operation === undefined) break;
      found.set(address, operation);
      address += operation.length;
      if (!effectsOf(operation.instruction).transfers) continue;
      for (const target of followers(endingOf(operation, source))) {
        if (leaders.has(target) || !source.executed(target)) continue;
        leaders.add(target);
        pending.push(target);
      }
      break;
    }
  }
  if (!found.has(entry)) return undefined;
  return cutIntoBlocks(source, entry, found, leaders);
}

function operationAt(source: CodeSource, address: number): PlacedOperation | undefined {
  const low = source.halfword(address);
  if (low < 0) return undefined;
  const length = instructionLength(low);
  if (length === 0) return undefined;
  const high = length === 4 ? source.halfword(address + 2) : 0;
  if (high < 0) return undefined;
  const decoded = decode((low | (high << 16)) >>> 0);
  if (decoded === undefined) return undefined;
  const operation = expand(decoded);
  if (isReservedRounding(operation.fields.rm ?? 0)) return undefined;
  if (effectsOf(operation.instruction).stops) return undefined;
  return { ...operation, address };
}

/** What a transfer of control is followed by. */
function endingOf(operation: PlacedOperation, source: CodeSource): Ending {
  const { instruction, fields, address, length } = operation;
  const next = address + length;
  const target = address + (fields.imm ?? 0);
  if (fields.rd === undefined) return { kind: "branch", taken: target, next };
  const isDirect = effectsOf(instruction).branch !== undefined;
  if (fields.rd !== 0) return { kind: "call", target: isDirect ? target : undefined, next };
  if (isDirect) return { kind: "goto", target };
  if (fields.rs1 === RETURN_ADDRESS) return { kind: "return" };
  return { kind: "jump", targets: source.targets(address) };
}

/** Addresses in the same region at which an ending may go on. */
function followers(ending: Ending): readonly number[] {
  switch (ending.kind) {
    case "next":
    case "call":
      return [ending.next];
    case "branch":
      return [ending.next, ending.taken];
    case "goto":
      return [ending.target];
    case "jump":
      return ending.targets;
    default:
      return [];
  }
}

function cutIntoBlocks(
  source: CodeSource,
  entry: number,
  found: ReadonlyMap<number, PlacedOperation>,
  leaders: Set<number>,
): Region {
  const begun = [...leaders].filter((address) => found.has(address));
  const parts: { address: number; operations: PlacedOperation[]; ending: Ending }[] = [];
  for (let leader = begun.shift(); leader !== undefined; leader = begun.shift()) {
    const operations: PlacedOperation[] = [];
    let address = leader;
    let ending: Ending | undefined;
    while (ending === undefined) {
      const operation = found.get(address);
      if (operation === undefined) {
        ending = { kind: "leave", next: address };
      } else if (operations.length > 0 && leaders.has(address)) {
        ending = { kind: "next", next: address };
      } else if (operations.length === BLOCK_MAX - 1) {
        leaders.add(address);
        begun.push(address);
        ending = { kind: "next", next: address };
      } else {
        operations.push(operation);
        address += operation.length;
        if (effectsOf(operation.instruction).transfers) ending = endingOf(operation, source);
      }
    }
    parts.push({ address: leader, operations, ending });
  }
  const blockAt = new Map(parts.map(({ address }, i) => [address, i]));
  const blocks = parts.map((part): Block => ({
    ...part,
    successors: [...new Set(followers(part.ending))].flatMap((address) =>
      blockAt.get(address) ?? []
    ),
  }));
  const entries = new Map<number, number>();
  const graph = graphOf(blocks);
  for (const node of new Set([0, ...graph.loops.map(({ header }) => header)])) {
    const block = blocks[node];
    if (block === undefined) continue;
    const repeatsItself = block.successors.includes(node);
    entries.set(block.address, repeatsItself ? blocks.length : node);
    // Nothing is known of the registers where code is entered, so that a loop of one block is entered
    // through another like it.
    if (repeatsItself) blocks.push({ ...block, operations: block.operations.map(copyOf) });
  }
  return {
    entry,
    entries,
    blocks,
    graph: blocks.length === parts.length ? graph : graphOf(blocks),
    blockAt,
  };
}

function graphOf(blocks: readonly Block[]): Graph {
  return new Graph(
    blocks.map(({ successors }) => successors),
    blocks.map(({ address }) => address),
  );
}

/** Instructions are told apart as objects. */
function copyOf(operation: PlacedOperation): PlacedOperation {
  return { ...operation };
}
