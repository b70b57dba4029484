/**
 * Whose turn it is, and for how long: what of scheduling is left to chance, so that another seed gives
 * another interleaving of the same tasks, and the same seed the same one.
 *
 * Each turn has a number. Its length is drawn from half to one and a half quanta, and whose it is from
 * the {@link CANDIDATES} tasks that have waited longest, without the one that had the turn before. What is
 * drawn depends on the machine's key and the number of the turn alone, so that two numbers and the
 * queue are all the state there is.
 */

/** Of how many tasks at the head of the queue one is drawn. */
const CANDIDATES = 4;
const WORD = 2 ** 32;

/** What chance is drawn from: 0 … 2^32 - 1, by the machine's seed. */
export function turnKey(seed: number | bigint): number {
  const word = BigInt.asUintN(64, BigInt(seed));
  return mix(Number(word & 0xffffffffn) ^ mix(Number(word >> 32n) ^ 0x7f4a7c15));
}

/** Instructions of a turn, at least 1. */
export function turnLength(key: number, turn: number, quantum: number): number {
  const share = draw(key, turn, 1) / WORD;
  return Math.max(1, Math.ceil(quantum / 2 + share * quantum));
}

/** Index of the task whose turn it is, among `count` of which the last had the turn before; 0 for one. */
export function turnIndex(key: number, turn: number, count: number): number {
  const candidates = Math.min(CANDIDATES, Math.max(count - 1, 1));
  return Math.floor((draw(key, turn, 2) / WORD) * candidates);
}

/** 32 bits that depend on everything. */
function draw(key: number, turn: number, purpose: number): number {
  const high = Math.floor(turn / WORD);
  return mix(mix(mix(key ^ purpose) ^ (turn >>> 0)) ^ high);
}

/** A permutation of the 32-bit numbers that leaves no pattern: the finaliser of splitmix32. */
function mix(word: number): number {
  let mixed = (word + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
