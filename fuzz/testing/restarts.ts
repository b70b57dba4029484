/** Wrong restarts, made by wrapping the right one, to see whether the fuzzer notices. */
import { resealImage, splitImage } from "../../kernel/mod.ts";
import type { Restart } from "../judge.ts";

/** A restart that does not look at checks and digests: it believes whatever stands in the records. */
export const withoutDigestCheck: Restart = (machine, image) =>
  machine.restart(resealed(image) ?? image);

/** A restart that refuses as it should and leaves a frame behind. */
export const leaking: Restart = (machine, image) => {
  try {
    return machine.restart(image);
  } catch (error) {
    machine.kernel.memory.allocateFrame();
    throw error;
  }
};

/** A restart that trips over its own feet. */
export const crashing: Restart = (machine, image) => {
  if (image.length % 7 === 3) throw new TypeError("Cannot read properties of undefined");
  return machine.restart(image);
};

/** The image with checks that fit what it says, or `undefined` when it has no records. */
function resealed(image: Uint8Array): Uint8Array | undefined {
  try {
    return resealImage(splitImage(image));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
