/** Specimens: images for a fuzzer to damage, with what the undamaged one does. */
import type { Fact } from "./comparison.ts";
import type { Machine } from "./machine.ts";
import type { Point } from "./point.ts";
import type { Random } from "./random.ts";

/** An image, and all that is needed to judge what restart makes of a damaged copy of it. */
export interface Specimen {
  /** The undamaged image. */
  readonly image: Uint8Array;
  /** Where it was taken. */
  readonly point: Point;
  /** A machine without tasks that the image can be restarted in; to be forked, not used up. */
  readonly world: Machine;
  /** Identity of the task when the undamaged image has been restarted. */
  readonly identity: readonly Fact[];
  /** What the task has done when its run ends. */
  readonly outcome: readonly Fact[];
  /** Instructions after which its run is cut. */
  readonly instructionsMax: number;
  /** Whether the program is one that runs for ever, so that the cut is no hang. */
  readonly mayRunOn: boolean;
}

/** Where specimens come from. */
export interface SpecimenSource {
  /** Chooses a point. */
  pick(random: Random, seed: number): Point;
  /**
   * Makes the specimen of a point.
   *
   * @throws {RangeError} when the program's run has no such point.
   */
  make(seed: number, point: Point): Specimen;
}
