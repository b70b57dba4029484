/**
 * Checkpoint and restart: the image, its checks, and the two system calls.
 *
 * @module
 */
export { allChecks, type Check } from "./check.ts";
export { Refusal, type RefusalFacts } from "./refusal.ts";
export { blake3, DIGEST_BYTES, KEY_BYTES } from "./blake3.ts";
export { checkpoint, type CheckpointOptions } from "./checkpoint.ts";
export { planImage, planRestart, type RestartOptions, type RestartPlan } from "./restart.ts";
export { Image, type ReadOptions } from "./image.ts";
export { type ByteSource, type Frame } from "./frame.ts";
export {
  formatInspection,
  type InspectedField,
  type InspectedRecord,
  inspectImage,
  type Inspection,
  type InspectOptions,
} from "./inspect.ts";
export { type ImagePart, imageParts, partAt, resealImage, splitImage } from "./fields.ts";
export { checkpointCalls } from "./calls.ts";
