/**
 * Sets of harts, each the bits of a 32-bit number: which harts a machine has, and on which a task may run.
 *
 * The machine's harts are simulated one after another: a turn of a task is a turn of a hart, and each hart
 * that somebody can run on has its turn before the first one has it again.
 *
 * Source: sched_setaffinity(2), cpuset(7) ("List format").
 */

/** Most harts of a machine. */
export const HARTS_MAX = 32;
/** Every hart that a machine may have: what a task may run on unless it is told otherwise. */
export const EVERY_HART = 0xffffffff;

/** The harts of a machine that has `count`, 1 … {@link HARTS_MAX}. */
export function hartsOf(count: number): number {
  return EVERY_HART >>> (HARTS_MAX - count);
}

/** Whether a hart is in a set. */
export function hasHart(set: number, hart: number): boolean {
  return ((set >>> hart) & 1) === 1;
}

/** The lowest hart of a set that is not empty. */
export function lowestHart(set: number): number {
  return HARTS_MAX - 1 - Math.clz32(set & -set);
}

/** A set as Linux prints lists: `0-2,5`; empty for none. */
export function hartList(set: number): string {
  const runs: string[] = [];
  for (let first = 0; first < HARTS_MAX; first++) {
    if (!hasHart(set, first)) continue;
    let last = first;
    while (hasHart(set, last + 1) && last + 1 < HARTS_MAX) last++;
    runs.push(first === last ? `${first}` : `${first}-${last}`);
    first = last;
  }
  return runs.join(",");
}
