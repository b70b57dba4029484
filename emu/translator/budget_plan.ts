/**
 * Where translated code counts. Some blocks, among them one in each loop, are checkpoints: they take
 * from the budget what the longest way from there to the next checkpoint needs, or leave when there
 * is less. Every other edge gives back what its way is shorter.
 *
 * ```text
 * a (3) ──▶ b (5) ──▶ d (2) ─▶ checkpoint        a takes 3 + 5 + 2
 *   └─────▶ c (1) ──▶ d                          a → c gives back 5 - 1
 * ```
 */
import { innermostLoops } from "./control_flow.ts";
import type { Region } from "./region.ts";

/** Most that a checkpoint takes; translated code is entered with a larger budget only. */
export const TAKEN_MAX = 250;

/** What each block and edge does to the budget. */
export class BudgetPlan {
  readonly #region: Region;
  readonly #checkpoints: Set<number>;
  /** Instructions on the longest way from a block's beginning to the next checkpoint. */
  readonly #needed: number[] = [];

  constructor(region: Region) {
    this.#region = region;
    const { graph } = region;
    const headers = graph.loops.map(({ header }) => header);
    this.#checkpoints = new Set([...region.entries.values(), ...headers]);
    // A round of a loop shall not pay for what is behind the loop.
    const loops = innermostLoops(graph);
    loops.forEach((loop, node) => {
      for (const target of graph.successors[node] ?? []) {
        if (loop !== undefined && !loop.includes(target)) this.#checkpoints.add(target);
      }
    });
    for (const { ending } of region.blocks) {
      if (ending.kind !== "call") continue;
      const next = region.blockAt.get(ending.next);
      if (next !== undefined) this.#checkpoints.add(next);
    }
    for (let node = 0; node < region.blocks.length; node++) this.#measure(node);
  }

  /** What a block takes at its beginning: 0 unless it is a checkpoint. */
  taken(node: number): number {
    return this.#checkpoints.has(node) ? this.needed(node) : 0;
  }

  /** What has been taken, at a block's beginning, for instructions that are still to come. */
  needed(node: number): number {
    return this.#needed[node] ?? 0;
  }

  /** What has been taken for the instructions behind the block, and is left over on one way out. */
  surplus(node: number, target: number | undefined): number {
    const own = this.#region.blocks[node]?.operations.length ?? 0;
    return this.needed(node) - own - this.#ahead(target);
  }

  /** What a block must find taken already. */
  #ahead(node: number | undefined): number {
    return node === undefined || this.#checkpoints.has(node) ? 0 : this.needed(node);
  }

  /** Depth first, with a stack of its own; edges that are not into checkpoints form no cycle. */
  #measure(first: number): void {
    const stack = [first];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const { operations, successors } = this.#region.blocks[node] ?? noBlock();
      const pending = successors.filter((target) =>
        !this.#checkpoints.has(target) && this.#needed[target] === undefined
      );
      if (this.#needed[node] === undefined && pending.length > 0) {
        stack.push(...pending);
        continue;
      }
      stack.pop();
      if (this.#needed[node] !== undefined) continue;
      const longest = () => Math.max(0, ...successors.map((target) => this.#ahead(target)));
      if (operations.length + longest() > TAKEN_MAX) {
        for (const target of successors) this.#checkpoints.add(target);
      }
      this.#needed[node] = operations.length + longest();
    }
  }
}

function noBlock(): never {
  throw new Error("A region's successor is not in the region");
}
