/**
 * Raw damage to an image: changes to its bytes that know nothing of what they mean.
 *
 * A mutation is data. Applied to the same bytes it gives the same damage, so that a case can be
 * replayed; what {@linkcode proposeMutation} proposes changes the bytes of the image itself (what
 * follows an image is not part of it, and changing it would be no damage).
 */
import type { Random } from "../harness/mod.ts";

/** One change. Offsets and lengths are in bytes. */
export type Mutation =
  | { readonly kind: "flip"; readonly offset: number; readonly bit: number }
  | { readonly kind: "set"; readonly offset: number; readonly value: number }
  | { readonly kind: "cut"; readonly offset: number; readonly length: number }
  | { readonly kind: "insert"; readonly offset: number; readonly hex: string }
  | {
    readonly kind: "swap";
    readonly offset: number;
    readonly other: number;
    readonly length: number;
  };

/** The kinds of mutation. */
export type MutationKind = Mutation["kind"];

/** All kinds, in the order in which reports list them. */
export const MUTATION_KINDS: readonly MutationKind[] = ["flip", "set", "cut", "insert", "swap"];

/** Bytes that programs get wrong more often than others. */
const INTERESTING_BYTES = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];
const INSERT_LENGTH_MAX = 64;
const SWAP_LENGTHS = [1, 2, 4, 8, 16, 64, 4096];

/**
 * The image after a change; the image itself stays as it is.
 *
 * @throws {RangeError} when the change lies outside the image.
 */
export function applyMutation(image: Uint8Array, mutation: Mutation): Uint8Array<ArrayBuffer> {
  requireInside(image, mutation);
  switch (mutation.kind) {
    case "flip": {
      const result = image.slice();
      result[mutation.offset] = byteAt(image, mutation.offset) ^ (1 << mutation.bit);
      return result;
    }
    case "set": {
      const result = image.slice();
      result[mutation.offset] = mutation.value;
      return result;
    }
    case "cut":
      return concatenate(
        image.subarray(0, mutation.offset),
        image.subarray(mutation.offset + mutation.length),
      );
    case "insert":
      return concatenate(
        image.subarray(0, mutation.offset),
        bytesOfHex(mutation.hex),
        image.subarray(mutation.offset),
      );
    case "swap": {
      const { offset, other, length } = mutation;
      const result = image.slice();
      result.set(image.subarray(other, other + length), offset);
      result.set(image.subarray(offset, offset + length), other);
      return result;
    }
  }
}

/** The image after several changes, one after the other. */
export function applyMutations(image: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  return mutations.reduce<Uint8Array>(applyMutation, image);
}

/**
 * A random change of a kind (or of any) that makes a difference to the image's own bytes.
 *
 * @param image At least one byte.
 */
export function proposeMutation(
  random: Random,
  image: Uint8Array,
  kind: MutationKind = random.pick(MUTATION_KINDS),
): Mutation {
  for (;;) {
    const mutation = PROPOSALS[kind](random, image);
    if (isDamage(image, mutation)) return mutation;
    // Swapping equal bytes, say, changes nothing; on an image of equal bytes only other kinds do.
    kind = random.pick(MUTATION_KINDS);
  }
}

/** Whether the bytes of the image itself are no longer the same. */
export function isDamage(image: Uint8Array, mutation: Mutation): boolean {
  const changed = applyMutation(image, mutation);
  return changed.length < image.length || image.some((byte, i) => byte !== changed[i]);
}

const PROPOSALS: Readonly<Record<MutationKind, (random: Random, image: Uint8Array) => Mutation>> = {
  flip: (random, image) => ({
    kind: "flip",
    offset: random.below(image.length),
    bit: random.below(8),
  }),
  set: (random, image) => ({
    kind: "set",
    offset: random.below(image.length),
    value: random.below(2) === 0 ? random.pick(INTERESTING_BYTES) : random.below(256),
  }),
  cut(random, image) {
    const offset = random.below(image.length);
    const rest = image.length - offset;
    const length = random.below(2) === 0 ? rest : random.between(1, rest);
    return { kind: "cut", offset, length };
  },
  insert(random, image) {
    const length = random.between(1, INSERT_LENGTH_MAX);
    const bytes = Uint8Array.from({ length }, () => random.below(256));
    return { kind: "insert", offset: random.below(image.length), hex: hexOfBytes(bytes) };
  },
  swap(random, image) {
    const fitting = SWAP_LENGTHS.filter((length) => 2 * length <= image.length);
    if (fitting.length === 0) return PROPOSALS.flip(random, image);
    const length = random.pick(fitting);
    const offset = random.below(image.length - 2 * length + 1);
    const other = random.between(offset + length, image.length - length);
    return { kind: "swap", offset, other, length };
  },
};

function requireInside(image: Uint8Array, mutation: Mutation): void {
  const last = lastOffset(mutation);
  const limit = mutation.kind === "insert" ? image.length : image.length - 1;
  if (mutation.offset >= 0 && last <= limit) return;
  throw new RangeError(
    `Cannot ${mutation.kind} at byte ${last} of an image of ${image.length} bytes`,
  );
}

function lastOffset(mutation: Mutation): number {
  switch (mutation.kind) {
    case "cut":
      return mutation.offset + mutation.length - 1;
    case "swap":
      return Math.max(mutation.offset, mutation.other) + mutation.length - 1;
    default:
      return mutation.offset;
  }
}

function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

function concatenate(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

function hexOfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
