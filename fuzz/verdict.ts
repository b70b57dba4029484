/** What restart made of a damaged image. */

/**
 * - `refused`: restart said no, and left no trace;
 * - `same`: the task came back as it was saved, and went on as it should;
 * - `changed`: it came back with another identity;
 * - `diverged`: it came back as it was saved, and then did something else;
 * - `dead`: restart said yes, and there is no such task;
 * - `crash`: the kernel threw something that is not a refusal;
 * - `hang`: it did not come to its end within the budget;
 * - `leak`: restart said no, and something stayed behind.
 */
export type Verdict =
  | "refused"
  | "same"
  | "changed"
  | "diverged"
  | "dead"
  | "crash"
  | "hang"
  | "leak";

/** All verdicts, in the order in which reports list them. */
export const VERDICTS: readonly Verdict[] = [
  "refused",
  "same",
  "changed",
  "diverged",
  "dead",
  "crash",
  "hang",
  "leak",
];

/** A verdict with its reason. */
export interface Judgement {
  /** What happened. */
  readonly verdict: Verdict;
  /** Name of the check that refused; empty for other verdicts. */
  readonly check: string;
  /** One line for people: what was refused, or what differed first. */
  readonly detail: string;
}

/** Whether a judgement of raw damage is a violation: damage may only be refused. */
export function isViolation({ verdict }: Judgement): boolean {
  return verdict !== "refused";
}

/**
 * What two violations of one cause have in common: the verdict, and the detail without its numbers.
 * Lower-case words joined by hyphens, fit for a file name.
 */
export function signatureOf({ verdict, detail }: Judgement): string {
  const words = detail.toLowerCase().replace(/0x[0-9a-f]+|\d+/g, " ").match(/[a-z]+/g) ?? [];
  return [verdict, ...words].slice(0, 8).join("-");
}
