/**
 * Checkpoint points: the instants of a run at which it is saved. Each is an instruction boundary.
 */

/**
 * - `entry`: the task is about to make its system call number `index` (counted from 0);
 * - `return`: that call has just returned;
 * - `instruction`: `index` instructions have been executed;
 * - `self`: the program itself calls checkpoint(2), for the time number `index` (counted from 0).
 */
export interface Point {
  /** What is counted. */
  readonly kind: PointKind;
  /** How many of them have passed, 0 to 2^53 - 1. */
  readonly index: number;
}

/** What a {@linkcode Point} counts. */
export type PointKind = "entry" | "return" | "instruction" | "self";

const POINT_KINDS: readonly PointKind[] = ["entry", "return", "instruction", "self"];

/** A point as text, e.g. `entry:12`. */
export function formatPoint({ kind, index }: Point): string {
  return `${kind}:${index}`;
}

/**
 * The point that a text names.
 *
 * @throws {TypeError} when it is no point.
 * @example
 * ```ts
 * import { parsePoint } from "./mod.ts";
 *
 * const { kind, index } = parsePoint("return:3");
 * console.assert(kind === "return" && index === 3);
 * ```
 */
export function parsePoint(text: string): Point {
  const [, name, digits] = /^([a-z]+):(\d{1,15})$/.exec(text) ?? [];
  const kind = POINT_KINDS.find((candidate) => candidate === name);
  if (kind === undefined) {
    throw new TypeError(
      `Cannot read checkpoint point '${text}': it must be one of ${POINT_KINDS.join(", ")}, ` +
        "a colon and a number, such as entry:12",
    );
  }
  return { kind, index: Number(digits) };
}
