/**
 * The machine's only source of chance: a generator seeded by the machine's seed. getrandom(2), AT_RANDOM
 * and /dev/urandom draw from it, in the order in which the guests ask.
 *
 * xoshiro256** by David Blackman and Sebastiano Vigna, seeded through splitmix64 as its authors advise
 * (https://prng.di.unimi.it). It is no cryptographic generator and must not be: the point is replay.
 */

const MASK = (1n << 64n) - 1n;

/** The four 64-bit words of the generator; never all zero. */
export type EntropyState = readonly [bigint, bigint, bigint, bigint];

/** A stream of pseudo-random bytes that depends on its seed alone. */
export class Entropy {
  /** The four words, low half first: halves are much faster than bigints. */
  readonly #halves = new Uint32Array(8);

  /** `seed` is any integer; only its low 64 bits count. */
  constructor(seed: number | bigint) {
    let word = BigInt.asUintN(64, BigInt(seed));
    const split = () => {
      word = (word + 0x9e3779b97f4a7c15n) & MASK;
      let mixed = word;
      mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
      mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
      return mixed ^ (mixed >> 31n);
    };
    this.state = [split(), split(), split(), split()];
  }

  /** Where the generator stands, to be saved with a machine. */
  get state(): EntropyState {
    const [a = 0n, b = 0n, c = 0n, d = 0n] = new BigUint64Array(this.#halves.buffer);
    return [a, b, c, d];
  }

  /** Continues from a saved state. Throws RangeError for the all-zero state, which never moves. */
  set state(state: EntropyState) {
    if (state.every((word) => word === 0n)) {
      throw new RangeError("Cannot set the entropy's state: it is all zero");
    }
    new BigUint64Array(this.#halves.buffer).set(state);
  }

  /** The next `length` bytes. A remainder of the last word is thrown away. */
  bytes(length: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(length / 8) * 2);
    for (let i = 0; i < words.length; i += 2) this.#next(words, i);
    return new Uint8Array(words.buffer, 0, length);
  }

  /** An independent generator that goes on like this one. */
  clone(): Entropy {
    const clone = new Entropy(0);
    clone.#halves.set(this.#halves);
    return clone;
  }

  /** Puts the next 64 bits at `at` and `at + 1`. */
  #next(into: Uint32Array, at: number): void {
    const state = this.#halves;
    let [a0 = 0, a1 = 0, b0 = 0, b1 = 0, c0 = 0, c1 = 0, d0 = 0, d1 = 0] = state;

    // result = rotateLeft(b * 5, 7) * 9, where * 5 and * 9 are a shift and an addition.
    const x0 = (b0 + (b0 << 2)) >>> 0;
    const x1 = b1 + ((b1 << 2) | (b0 >>> 30)) + carry(b0, b0 << 2);
    const y0 = (x0 << 7) | (x1 >>> 25);
    const y1 = (x1 << 7) | (x0 >>> 25);
    into[at] = y0 + (y0 << 3);
    into[at + 1] = y1 + ((y1 << 3) | (y0 >>> 29)) + carry(y0, y0 << 3);

    const [t0, t1] = [b0 << 17, (b1 << 17) | (b0 >>> 15)];
    c0 ^= a0, c1 ^= a1;
    d0 ^= b0, d1 ^= b1;
    b0 ^= c0, b1 ^= c1;
    a0 ^= d0, a1 ^= d1;
    c0 ^= t0, c1 ^= t1;
    // rotateLeft(d, 45): the halves change places, then by 13.
    [d0, d1] = [(d1 << 13) | (d0 >>> 19), (d0 << 13) | (d1 >>> 19)];
    state[0] = a0, state[1] = a1;
    state[2] = b0, state[3] = b1;
    state[4] = c0, state[5] = c1;
    state[6] = d0, state[7] = d1;
  }
}

/** 1 when the sum of the two, as unsigned 32-bit numbers, needs a 33rd bit. */
function carry(a: number, b: number): number {
  return (a >>> 0) + (b >>> 0) > 0xffffffff ? 1 : 0;
}
