/**
 * From a graph of blocks to WebAssembly's structured control flow, whatever the graph: strongly
 * connected components become loops, recursively; forward edges become branches out of blocks that
 * end where their target begins. A loop with several entries begins with a switch over a selector.
 *
 * ```text
 * block                       a → b, a → c, b → c, c → a
 *   loop (a)
 *     block
 *       a      br_if c's label; br b's label
 *     end
 *     b …
 * ```
 */
import { type FunctionBody, type I32, i32, type Label, type Local } from "../wasm/mod.ts";

/** Writes the way to a block, always or when a condition holds. */
export type GoTo = (target: number, condition?: I32) => void;

/** A graph. Nodes are numbered from 0. */
export class Graph {
  /** Nodes that each node may be followed by. */
  readonly successors: readonly (readonly number[])[];
  /** Where each node was in the original code: loops go back from high to low positions. */
  readonly positions: readonly number[];
  /** Nodes that each node may come behind. */
  readonly predecessors: readonly (readonly number[])[];
  #loops: readonly Loop[] | undefined;

  constructor(successors: readonly (readonly number[])[], positions: readonly number[]) {
    this.successors = successors;
    this.positions = positions;
    const predecessors: number[][] = successors.map(() => []);
    successors.forEach((targets, node) => {
      for (const target of targets) predecessors[target]?.push(node);
    });
    this.predecessors = predecessors;
  }

  /** All loops, outer ones before those in them. Every cycle has the header of one. */
  get loops(): readonly Loop[] {
    return this.#loops ??= findLoops(this);
  }
}

/** A loop of a graph. */
export interface Loop {
  readonly nodes: readonly number[];
  /** The node at which its rounds begin. */
  readonly header: number;
}

/** Writes a node's code, which ends by going to one of its successors or by leaving. */
export type WriteNode = (node: number, goTo: GoTo) => void;

/** How a node is reached from where code is being written. */
interface Place {
  readonly label: Label;
  /** Whether the selector must say which node of a loop is meant. */
  readonly selects: boolean;
}

type Places = ReadonlyMap<number, Place>;

/**
 * Writes a graph's code, from one of the nodes `starts` on. Nothing falls out of its end.
 *
 * @param selector Holds the number of the node to begin with; the first, if it is none of them. The
 * code changes it.
 */
export function writeGraph(
  body: FunctionBody,
  graph: Graph,
  write: WriteNode,
  starts: readonly number[],
  selector: Local<"i32">,
): void {
  const nodes = graph.successors.map((_, node) => node);
  new GraphWriter(body, graph, write, selector).sequence(nodes, new Set(), starts, new Map());
}

class GraphWriter {
  readonly #body: FunctionBody;
  readonly #graph: Graph;
  readonly #write: WriteNode;
  readonly #selector: Local<"i32">;

  constructor(body: FunctionBody, graph: Graph, write: WriteNode, selector: Local<"i32">) {
    this.#body = body;
    this.#graph = graph;
    this.#write = write;
    this.#selector = selector;
  }

  /**
   * Writes nodes as components one behind the other.
   *
   * @param cut Nodes to which edges are ways back to a loop's beginning, written already.
   * @param starts Where control comes in: at one node, or where the selector says (the first
   * unless it says another).
   */
  sequence(
    nodes: readonly number[],
    cut: ReadonlySet<number>,
    starts: readonly number[],
    outer: Places,
  ): void {
    const body = this.#body;
    const components = stronglyConnected(nodes, starts, this.#graph.successors, cut);
    const entries = this.#entries(components, starts, cut);
    const places = new Map(outer);
    const startLabels = new Map<number, Label>();
    const first = starts.length > 1 ? -1 : 0;
    const open = (index: number): void => {
      if (index === first) {
        if (index < 0) this.#select(starts, startLabels);
        else this.#component(components[0] ?? [], entries[0] ?? [], cut, places);
        return;
      }
      body.block((label) => {
        const into = entries[index] ?? [];
        const selects = this.#selects(components[index] ?? [], into, cut);
        for (const node of into) {
          startLabels.set(node, label);
          if (!cut.has(node)) places.set(node, { label, selects });
        }
        open(index - 1);
      });
      this.#component(components[index] ?? [], entries[index] ?? [], cut, places);
    };
    open(components.length - 1);
  }

  #select(starts: readonly number[], labels: ReadonlyMap<number, Label>): void {
    const [first = 0, ...others] = starts;
    const labelOf = (node: number): Label => {
      const label = labels.get(node);
      if (label === undefined) throw new Error("A loop's entry has no label");
      return label;
    };
    const isAt = (node: number) => i32.eq(this.#selector, i32.const(node));
    // Rounds of a loop begin at the first more often than any at others.
    this.#body.branch(labelOf(first), isAt(first), "likely");
    for (const node of others) this.#body.branch(labelOf(node), isAt(node), "unlikely");
    this.#body.branch(labelOf(first));
  }

  #component(
    component: readonly number[],
    entries: readonly number[],
    cut: ReadonlySet<number>,
    places: Places,
  ): void {
    const [node = 0] = component;
    if (!isLoop(component, this.#graph.successors, cut)) {
      return this.#write(node, (target, condition) => this.#goTo(target, places, condition));
    }
    const header = headerOf(component, this.#graph);
    const starts = [header, ...entries.filter((entry) => entry !== header)];
    this.#body.loop((label) => {
      const inner = new Map(places).set(header, { label, selects: starts.length > 1 });
      this.sequence(component, new Set(cut).add(header), starts, inner);
    });
  }

  /** Whether a loop begins with a switch: control may come in at another place than the header. */
  #selects(component: readonly number[], into: readonly number[], cut: ReadonlySet<number>) {
    if (!isLoop(component, this.#graph.successors, cut)) return false;
    return into.length > 1 || into[0] !== headerOf(component, this.#graph);
  }

  #goTo(target: number, places: Places, condition?: I32): void {
    const place = places.get(target);
    if (place === undefined) throw new Error(`Block ${target} cannot be reached from here`);
    if (!place.selects) return this.#body.branch(place.label, condition);
    const select = () => {
      this.#body.set(this.#selector, i32.const(target));
      this.#body.branch(place.label);
    };
    if (condition === undefined) select();
    else this.#body.if(condition, select);
  }

  /** For each component the nodes at which control comes in from outside of it. */
  #entries(
    components: readonly (readonly number[])[],
    starts: readonly number[],
    cut: ReadonlySet<number>,
  ): number[][] {
    const componentOf = new Map<number, number>();
    components.forEach((component, i) => component.forEach((node) => componentOf.set(node, i)));
    const found = components.map(() => new Set<number>());
    for (const start of starts) found[componentOf.get(start) ?? 0]?.add(start);
    for (const [node, component] of componentOf) {
      for (const target of this.#graph.successors[node] ?? []) {
        const other = componentOf.get(target);
        if (other !== undefined && other !== component && !cut.has(target)) {
          found[other]?.add(target);
        }
      }
    }
    return found.map((set) => [...set]);
  }
}

/**
 * Where a loop's rounds begin: where all ways into it lead, or else at the target of its longest way
 * back. Nodes to which nothing leads do not count: they are where the graph is entered, which is often
 * inside of nested loops that shall stay nested.
 */
function headerOf(component: readonly number[], graph: Graph): number {
  const { successors, predecessors, positions } = graph;
  const inside = new Set(component);
  const isWayIn = (node: number) => !inside.has(node) && (predecessors[node]?.length ?? 0) > 0;
  const entries = component.filter((node) => predecessors[node]?.some(isWayIn));
  const [only] = entries;
  if (only !== undefined && entries.length === 1) return only;
  let [header = 0] = component;
  let longest = -1;
  for (const node of component) {
    for (const target of successors[node] ?? []) {
      const way = (positions[node] ?? 0) - (positions[target] ?? 0);
      if (inside.has(target) && way > longest) [header, longest] = [target, way];
    }
  }
  return header;
}

/** Whether a strongly connected component goes round. */
function isLoop(
  component: readonly number[],
  successors: readonly (readonly number[])[],
  cut: ReadonlySet<number>,
): boolean {
  const [node = 0] = component;
  return component.length > 1 || (!cut.has(node) && successors[node]?.includes(node) === true);
}

function findLoops(graph: Graph): Loop[] {
  const { successors } = graph;
  const loops: Loop[] = [];
  const descend = (nodes: readonly number[], cut: ReadonlySet<number>) => {
    for (const component of stronglyConnected(nodes, nodes, successors, cut)) {
      if (!isLoop(component, successors, cut)) continue;
      const header = headerOf(component, graph);
      loops.push({ nodes: component, header });
      descend(component, new Set(cut).add(header));
    }
  };
  descend(successors.map((_, node) => node), new Set());
  return loops;
}

/** For each node the nodes of the innermost loop that it is in, or `undefined`. */
export function innermostLoops(graph: Graph): (readonly number[] | undefined)[] {
  const innermost: (readonly number[] | undefined)[] = graph.successors.map(() => undefined);
  for (const { nodes } of graph.loops) {
    for (const node of nodes) innermost[node] = nodes;
  }
  return innermost;
}

/** Strongly connected components in topological order (Tarjan's algorithm). */
function stronglyConnected(
  nodes: readonly number[],
  starts: readonly number[],
  successors: readonly (readonly number[])[],
  cut: ReadonlySet<number>,
): number[][] {
  const inside = new Set(nodes);
  const order = new Map<number, number>();
  const low = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();
  const components: number[][] = [];
  const enter = (node: number) => {
    order.set(node, order.size);
    low.set(node, order.get(node) ?? 0);
    stack.push(node);
    onStack.add(node);
  };
  const lower = (node: number, to: number) => low.set(node, Math.min(low.get(node) ?? to, to));
  for (const root of starts) {
    if (order.has(root)) continue;
    enter(root);
    const path: { node: number; next: number }[] = [{ node: root, next: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = successors[top.node]?.[top.next++];
      if (target !== undefined) {
        if (!inside.has(target) || cut.has(target)) continue;
        if (!order.has(target)) {
          enter(target);
          path.push({ node: target, next: 0 });
        } else if (onStack.has(target)) lower(top.node, order.get(target) ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) lower(parent.node, low.get(top.node) ?? 0);
      if (low.get(top.node) !== order.get(top.node)) continue;
      const component: number[] = [];
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        onStack.delete(node);
        component.push(node);
        if (node === top.node) break;
      }
      components.push(component.reverse());
    }
  }
  return components.reverse();
}
