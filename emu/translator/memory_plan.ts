/**
 * Which loads and stores of a region share a look-up. A look-up gives the place in linear memory of
 * all bytes between a lowest and a highest offset from a base register, if they are on one page.
 *
 * - In a loop that does not change the base register, all loads through it share one look-up, which
 *   is done when it is first needed and forgotten when the register changes; and all stores.
 * - In a block, all accesses through an unchanged base register share one, done at the first.
 */
import { type BaseInstruction, effectsOf, type MemoryAccess } from "../isa/mod.ts";
import { innermostLoops } from "./control_flow.ts";
import type { Block, PlacedOperation, Region } from "./region.ts";

/** Accesses that share a look-up. */
export interface Group {
  readonly base: number;
  /** Lowest offset from the base register, and the one behind the highest byte. */
  low: number;
  high: number;
  write: boolean;
  /** Accesses in it. */
  size: number;
  /** Whether the look-up outlives the block: the base register does not change in the loop. */
  readonly stable: boolean;
}

/** Widest range of offsets that share a look-up. */
const SPAN_MAX = 2048;

/** The groups of a region's accesses, by address of the instruction. */
export class MemoryPlan {
  readonly #groups = new Map<PlacedOperation, Group>();
  readonly #stable = new Map<number, Group[]>();

  constructor(region: Region) {
    const loops = innermostLoops(region.graph);
    const changedIn = new Map<readonly number[], ReadonlySet<number> | "all">();
    const stableGroups = new Map<string, Group>();
    region.blocks.forEach((block, node) => {
      const loop = loops[node];
      if (loop === undefined) return this.#planBlock(block, () => undefined);
      let changed = changedIn.get(loop);
      if (changed === undefined) {
        changed = registersChanged(loop.flatMap((i) => region.blocks[i] ?? []));
        changedIn.set(loop, changed);
      }
      const all = changed;
      this.#planBlock(block, (base, write) => {
        if (all === "all" || all.has(base)) return undefined;
        const key = `${loop[0]} ${base} ${write}`;
        const known = stableGroups.get(key);
        const group = known ?? newGroup(base, write, true);
        if (known === undefined) {
          stableGroups.set(key, group);
          this.#stable.set(base, [...this.stableGroups(base), group]);
        }
        return group;
      });
    });
  }

  /** The group of an access; `undefined` for instructions that have none. */
  groupOf(operation: PlacedOperation): Group | undefined {
    return this.#groups.get(operation);
  }

  /** Groups whose look-up must be forgotten when a register changes. */
  stableGroups(base: number): readonly Group[] {
    return this.#stable.get(base) ?? [];
  }

  /** All groups that outlive blocks. */
  allStable(): readonly Group[] {
    return [...this.#stable.values()].flat();
  }

  #planBlock(
    { operations }: Block,
    stableGroup: (base: number, write: boolean) => Group | undefined,
  ): void {
    const current = new Map<number, Group>();
    for (const operation of operations) {
      const { fields, instruction } = operation;
      const access = accessOf(instruction);
      const base = fields.rs1;
      if (access !== undefined && base !== undefined && base !== 0) {
        const low = fields.imm ?? 0;
        const high = low + access.width;
        const stable = stableGroup(base, access.write);
        if (stable !== undefined && fits(stable, low, high)) {
          this.#join(stable, operation, low, high, access.write);
        } else {
          let group = current.get(base);
          if (group === undefined || !fits(group, low, high)) {
            group = newGroup(base, access.write, false);
            current.set(base, group);
          }
          this.#join(group, operation, low, high, access.write);
        }
      }
      if (fields.rd !== undefined) current.delete(fields.rd);
    }
  }

  #join(group: Group, operation: PlacedOperation, low: number, high: number, write: boolean): void {
    group.low = Math.min(group.low, low);
    group.high = Math.max(group.high, high);
    group.write ||= write;
    group.size++;
    this.#groups.set(operation, group);
  }
}

function newGroup(base: number, write: boolean, stable: boolean): Group {
  return { base, low: Infinity, high: -Infinity, write, size: 0, stable };
}

function fits(group: Group, low: number, high: number): boolean {
  return Math.max(group.high, high) - Math.min(group.low, low) <= SPAN_MAX;
}

/** Integer registers that blocks change; a call may change all. */
function registersChanged(blocks: readonly Block[]): ReadonlySet<number> | "all" {
  const changed = new Set<number>();
  for (const { operations, ending } of blocks) {
    if (ending.kind === "call") return "all";
    for (const { fields } of operations) if (fields.rd !== undefined) changed.add(fields.rd);
  }
  return changed;
}

/** How an instruction accesses memory, if it does so at an offset from a register. */
function accessOf(instruction: BaseInstruction): MemoryAccess | undefined {
  const { access } = effectsOf(instruction);
  return access?.atomic ? undefined : access;
}
