/** Two engines between whose runs a kernel does what it likes to the memory of both. */
import { assert } from "../../std_assert.ts";
import { EXECUTE, PAGE_SIZE, READ, WRITE } from "../mod.ts";
import { compareEngines, EnginePair, randomWords } from "./engine_pair.ts";
import { ALL, CODE, DATA, type Guest } from "./guest.ts";
import { bytes } from "./random_guests.ts";
import { below, mend, oneOf, randomWord, type RandomWords } from "./random_program.ts";

/** Frames that are mapped nowhere, with a pattern in them. */
function guardFrames({ memory }: Guest): number[] {
  return [1, 2, 3].map((pattern) => {
    const frame = memory.allocateFrame();
    memory.writeFrame(frame, 0, new Uint8Array(PAGE_SIZE).fill(pattern));
    return frame;
  });
}

function assertGuardsIntact({ memory }: Guest, frames: readonly number[]): void {
  for (const [i, frame] of frames.entries()) {
    assert(memory.frameBytes(frame).every((byte) => byte === i + 1), `guard ${i}`);
  }
}

/** Executes random bytes in both engines, and checks that no frame is touched but the guest's. */
export function compareRandomBytes(seed: number): void {
  const guards = new Map<Guest, number[]>();
  compareEngines(
    seed,
    (next) => {
      const guest = bytes(next);
      guards.set(guest, guardFrames(guest));
      return guest;
    },
    20_000,
    700,
  );
  for (const [guest, frames] of guards) assertGuardsIntact(guest, frames);
}

/** Pages that {@linkcode disturb} plays with. */
const PAGES = [CODE, CODE + PAGE_SIZE, DATA, DATA + PAGE_SIZE, DATA + 4 * PAGE_SIZE]
  .map((address) => address / PAGE_SIZE);
const PERMISSIONS = [0, READ, EXECUTE, READ | WRITE, READ | EXECUTE, ALL, ALL, ALL];

/** What a kernel could do between two runs, as a change that can be made to several guests. */
function disturb(next: RandomWords): (guest: Guest) => void {
  const [page, other] = [oneOf(next, PAGES), oneOf(next, PAGES)];
  const permissions = oneOf(next, PERMISSIONS);
  const place = CODE + 2 * below(next, PAGE_SIZE - 2);
  const word = randomWord(next);
  const fresh = new Uint8Array(BigUint64Array.from({ length: 512 }, next).buffer);
  const code = (at: number) => (guest: Guest) => {
    const isThere = [at, at + 3].every((byte) =>
      guest.pages.frameAt(Math.floor(byte / PAGE_SIZE)) >= 0
    );
    if (isThere) guest.writeCode(at, [word]);
  };
  return oneOf<(guest: Guest) => void>(next, [
    ({ pages }) => {
      if (pages.frameAt(page) >= 0) pages.protect(page, permissions);
    },
    ({ pages }) => {
      if (pages.frameAt(page) >= 0) pages.unmap(page);
    },
    (guest) => guest.map(page * PAGE_SIZE, ALL, fresh),
    // Mapped twice: the other page's frame, here too.
    ({ pages, memory }) => {
      const frame = pages.frameAt(other);
      if (frame < 0 || page === other) return;
      memory.retainFrame(frame);
      pages.map(page, frame, ALL);
    },
    // Shared with somebody who goes away again: the next write copies it all the same.
    ({ pages, memory }) => {
      const frame = pages.frameAt(page);
      if (frame >= 0) memory.retainFrame(frame);
    },
    code(place),
    code(CODE + PAGE_SIZE - 2), // across the page's edge
    ({ registers }) => registers.pc = BigInt(place),
  ]);
}

/** Runs both engines and disturbs them in between; gives how much translated code executed. */
export function compareDisturbed(seed: number, make: (next: RandomWords) => Guest): number {
  const next = randomWords(seed);
  const pair = new EnginePair(`disturbed ${seed}`, () => make(randomWords(seed)));
  for (let round = 0; round < 80; round++) {
    for (let left = 4000, stops = 0; left > 0 && stops < 20; stops++) {
      const stop = pair.run(Math.min(left, 1 + below(next, 3000)));
      left -= stop.retired;
      if (stop.reason !== "budget") pair.both((guest) => mend(guest, stop));
    }
    pair.compareMemory();
    for (let changes = 1 + below(next, 3); changes > 0; changes--) pair.both(disturb(next));
  }
  return pair.byTranslatedCode;
}
