/** Repeatable chance for tests. */

/** Numbers at random, the same for the same seed. */
export class Random {
  #state: number;

  /** A generator with a seed of 32 bits. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 32 random bits, unsigned. */
  word(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }

  /** A number from 0 up to, but not including, `end`. */
  below(end: number): number {
    return this.word() % end;
  }

  /** One of the elements. */
  pick<T>(elements: readonly [T, ...T[]] | readonly T[]): T {
    return elements[this.below(elements.length)] as T;
  }

  /** 64 random bits, unsigned. */
  wide(): bigint {
    return (BigInt(this.word()) << 32n) | BigInt(this.word());
  }

  /** One word of `of`, a whole number from 1, is 0. */
  oneIn(of: number): boolean {
    return this.below(of) === 0;
  }

  /** The elements in another order. */
  shuffled<T>(elements: readonly T[]): T[] {
    const result = [...elements];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [result[i], result[j]] = [result[j] as T, result[i] as T];
    }
    return result;
  }
}
