/**
 * Repeatable random choices for scenarios and campaigns: the same seed gives the same choices on
 * every machine.
 *
 * The generator is xoshiro128** (Blackman and Vigna, 2018), seeded through SplitMix32; it is fast
 * and good, and not for secrets.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  /**
   * A generator for a seed, and for one of its streams: streams of one seed are independent.
   *
   * @param seed 0 to 2^32 - 1.
   * @param stream 0 to 2^32 - 1, e.g. the number of a run.
   */
  constructor(seed: number, stream = 0) {
    let mixed = Math.imul(seed ^ 0x6a09e667, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b);
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) | 0;
      let z = mixed;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[i] = z ^ (z >>> 15);
    }
  }

  /** The next 32 random bits, as a number from 0 to 2^32 - 1. */
  u32(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    state[2] = c ^ a;
    state[3] = d ^ b;
    state[1] = b ^ c ^ a;
    state[0] = a ^ d ^ b;
    state[2] = c ^ a ^ (b << 9);
    state[3] = rotateLeft(d ^ b, 11);
    return result;
  }

  /** A number from 0 to `limit` - 1, each as likely; `limit` is 1 to 2^32. */
  below(limit: number): number {
    // Numbers from the incomplete last span would favour small results.
    const end = 2 ** 32 - 2 ** 32 % limit;
    for (;;) {
      const value = this.u32();
      if (value < end) return value % limit;
    }
  }

  /** A number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** One of the values, each as likely; there must be one at least. */
  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError("Cannot pick from no values");
    return value;
  }
}

function rotateLeft(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count));
}
