/** Counts of a campaign: what became of which kind of mutation, and which checks refused. */
import { MUTATION_KINDS, type MutationKind } from "./mutation.ts";
import { type Judgement, type Verdict, VERDICTS } from "./verdict.ts";

/** The counts as plain data, e.g. to be sent by a worker. */
export interface StatisticsData {
  /** Cases by `mutation kind/verdict`. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Refusals by check. */
  readonly checks: Readonly<Record<string, number>>;
}

/** Counts cases. */
export class Statistics {
  readonly #verdicts = new Map<string, number>();
  readonly #checks = new Map<string, number>();

  /** Counts one case. */
  count(kind: MutationKind, { verdict, check }: Judgement): void {
    increase(this.#verdicts, `${kind}/${verdict}`, 1);
    if (check !== "") increase(this.#checks, check, 1);
  }

  /** Cases of a kind of mutation with a verdict. */
  cases(kind: MutationKind, verdict: Verdict): number {
    return this.#verdicts.get(`${kind}/${verdict}`) ?? 0;
  }

  /** Cases with a verdict. */
  total(verdict: Verdict): number {
    return MUTATION_KINDS.reduce((sum, kind) => sum + this.cases(kind, verdict), 0);
  }

  /** All cases. */
  get size(): number {
    return VERDICTS.reduce((sum, verdict) => sum + this.total(verdict), 0);
  }

  /** Refusals by check, most first, then by name. */
  get checks(): [check: string, count: number][] {
    return [...this.#checks].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  }

  /** Adds another campaign's counts. */
  add({ verdicts, checks }: StatisticsData): void {
    for (const [key, count] of Object.entries(verdicts)) increase(this.#verdicts, key, count);
    for (const [key, count] of Object.entries(checks)) increase(this.#checks, key, count);
  }

  /** The counts as plain data, in a fixed order. */
  toJSON(): StatisticsData {
    return { verdicts: sorted(this.#verdicts), checks: sorted(this.#checks) };
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
