/** Facts, and how two lists of them differ: what every oracle boils down to. */

/** One fact about a task or a run: a name such as `file 1 offset`, and its value as text. */
export interface Fact {
  /** Unique in its list. The first word is the group that summaries count it under. */
  readonly name: string;
  /** The value, as people write it. */
  readonly value: string;
}

/** A fact that is not as it should be. `null` stands for a fact that one side lacks. */
export interface Difference {
  /** Name of the fact. */
  readonly name: string;
  /** What it should be. */
  readonly expected: string | null;
  /** What it is. */
  readonly actual: string | null;
}

/** What was compared with what, and how they differ. */
export interface Comparison {
  /** What was compared, e.g. `identity after restart`. */
  readonly what: string;
  /** Number of facts by group, in the order of their first appearance. */
  readonly groups: Readonly<Record<string, number>>;
  /** Empty when both sides are equal. */
  readonly differences: readonly Difference[];
}

/**
 * Compares two lists of facts by name.
 *
 * @param what What the facts are about, for reports.
 * @example
 * ```ts
 * import { compareFacts } from "./mod.ts";
 *
 * const was = [{ name: "file 1 offset", value: "120" }];
 * const is = [{ name: "file 1 offset", value: "0" }];
 * compareFacts("identity", was, is).differences; // file 1 offset: 120 → 0
 * ```
 */
export function compareFacts(
  what: string,
  expected: readonly Fact[],
  actual: readonly Fact[],
): Comparison {
  const groups: Record<string, number> = {};
  for (const { name } of expected) {
    const group = name.split(" ", 1)[0] ?? name;
    groups[group] = (groups[group] ?? 0) + 1;
  }
  return { what, groups, differences: differencesOf(expected, actual) };
}

/** The facts, by name, that are not the same in both lists. */
export function differencesOf(
  expected: readonly Fact[],
  actual: readonly Fact[],
): readonly Difference[] {
  const isEqual = expected.length === actual.length && expected.every((fact, i) => {
    const other = actual[i];
    return fact.name === other?.name && fact.value === other.value;
  });
  if (isEqual) return [];
  const differences: Difference[] = [];
  const found = new Map(actual.map(({ name, value }) => [name, value]));
  for (const { name, value } of expected) {
    const other = found.get(name) ?? null;
    found.delete(name);
    if (other !== value) differences.push({ name, expected: value, actual: other });
  }
  for (const [name, value] of found) differences.push({ name, expected: null, actual: value });
  return differences;
}

/** Number of facts that a comparison looked at. */
export function factCount({ groups }: Comparison): number {
  return Object.values(groups).reduce((sum, count) => sum + count, 0);
}

/** One line for a difference: `file 1 offset: 120 → 0`. */
export function formatDifference({ name, expected, actual }: Difference): string {
  return `${name}: ${expected ?? "(absent)"} → ${actual ?? "(absent)"}`;
}
