/**
 * Checks: every way to refuse has a name of its own, and all names stand in one registry, so that a
 * campaign can count which checks it has reached.
 */

/** One way to refuse. */
export interface Check {
  /** Unique: `RECORD.field/what`, `record/relation`, `plan/…`, `frame/…`, `integrity/…`. */
  readonly name: string;
  /** What the guest's system call answers, positive. */
  readonly errno: number;
  /** What must hold, as half a sentence for people. */
  readonly text: string;
}

const registry = new Map<string, Check>();
/** What declares checks when it is first needed, and is not known to have done so. */
const later: (() => void)[] = [];

/**
 * Names something that declares checks of its own when it is first called, and nothing when it is
 * called again.
 */
export function defineLater(define: () => void): void {
  later.push(define);
}

/**
 * Declares a check. Called once for each.
 *
 * @throws {Error} When the name is taken: two checks that cannot be told apart are a mistake here.
 */
export function defineCheck(name: string, errno: number, text: string): Check {
  if (registry.has(name)) throw new Error(`Cannot define check "${name}" twice`);
  const check = { name, errno, text };
  registry.set(name, check);
  return check;
}

/**
 * All checks, by name.
 *
 * @example
 * ```ts
 * import { allChecks } from "./mod.ts";
 *
 * console.assert(allChecks().some(({ name }) => name === "integrity/record"));
 * ```
 */
export function allChecks(): readonly Check[] {
  for (const define of later.splice(0)) define();
  return [...registry.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
