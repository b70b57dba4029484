/**
 * The interpreter and the translator side by side: two equal guests that must stay equal in every
 * bit, whatever is done to both.
 */
import { assert, assertEquals } from "../../std_assert.ts";
import { Hart, PAGE_SIZE, type Stop } from "../mod.ts";
import type { Guest } from "./guest.ts";
import { below, mend, type RandomWords } from "./random_program.ts";

/** Translates whatever comes by. */
const EAGER = { samplesMin: 1, warmUp: 0, interval: 25 };

/** SplitMix64. */
export function randomWords(seed: number): RandomWords {
  let state = BigInt(seed) * 0x1234_5678_9abc_def1n;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e37_79b9_7f4a_7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
    return z ^ (z >> 31n);
  };
}

/** Two equal guests, one interpreted only, one whose code is translated as soon as it is hot. */
export class EnginePair {
  readonly interpreted: Guest;
  readonly translated: Guest;
  /** What a failure names. */
  readonly #name: string;

  /** @param make Makes the same guest each time, each on a memory of its own. */
  constructor(name: string, make: () => Guest) {
    this.#name = name;
    this.interpreted = make();
    this.translated = make();
    Hart.of(this.interpreted.memory).configure({ translate: false });
    Hart.of(this.translated.memory).configure({ heat: EAGER });
  }

  /** Does the same to both. */
  both(change: (guest: Guest) => void): void {
    change(this.interpreted);
    change(this.translated);
  }

  /** Runs both and compares how they stop and their registers. */
  run(budget: number): Stop {
    const expected = this.interpreted.run(budget);
    const actual = this.translated.run(budget);
    assertEquals(actual, expected, this.#where());
    this.#compareRegisters();
    return expected;
  }

  /** Compares what is mapped, and all that is in it. */
  compareMemory(): void {
    const [a, b] = [this.interpreted, this.translated];
    const pages = a.pages.presentPages();
    assertEquals(b.pages.presentPages(), pages, this.#where());
    for (const page of pages) {
      const [expected, actual] = [a, b].map((guest) => guest.read(page * PAGE_SIZE, PAGE_SIZE));
      const where = `${this.#where()}, page ${page}`;
      if (expected?.join() !== actual?.join()) assertEquals(actual, expected, where);
      assertEquals(b.pages.isDirty(page), a.pages.isDirty(page), where);
    }
  }

  /** Instructions that translated code has executed. */
  get byTranslatedCode(): number {
    return Hart.of(this.translated.memory).translatedInstructions;
  }

  #where(): string {
    return `${this.#name}, instruction ${this.interpreted.instructions}`;
  }

  #compareRegisters(): void {
    const [a, b] = [this.interpreted.registers, this.translated.registers];
    if (a.equals(b)) return;
    const where = this.#where();
    for (let i = 0; i < 32; i++) {
      assertEquals(b.x(i), a.x(i), `${where}: x${i}`);
      assertEquals(b.f(i), a.f(i), `${where}: f${i}`);
    }
    assertEquals(b.pc, a.pc, `${where}: pc`);
    assertEquals(b.fcsr, a.fcsr, `${where}: fcsr`);
    assert(false, `${where}: reservation`);
  }
}

/** Runs two equal guests in pieces of random length; gives how much translated code executed. */
export function compareEngines(
  seed: number,
  make: (next: RandomWords) => Guest,
  total: number,
  longest: number,
): number {
  const next = randomWords(seed);
  const pair = new EnginePair(`seed ${seed}`, () => make(randomWords(seed)));
  for (let left = total, stops = 0; left > 0 && stops < 3000; stops++) {
    const stop = pair.run(Math.min(left, 1 + below(next, longest)));
    left -= stop.retired;
    if (stop.reason !== "budget") pair.both((guest) => mend(guest, stop));
    if (stops % 64 === 0) pair.compareMemory();
  }
  pair.compareMemory();
  return pair.byTranslatedCode;
}
