/** The part of `@std/text` that Crucible uses. */

/** The candidate that is most like `word`; throws when there are no candidates. */
export function closestString(word: string, candidates: readonly string[]): string;
