/**
 * Checkpoint and restart: the image, its checks, and the two system calls.
 *
 * @module
 */
export { allChecks, type Check } from "./check.ts";
export { Refusal, type RefusalFacts } from "./refusal.ts";
export { blake3, DIGEST_BYTES, KEY_BYTES } from "./blake3.ts";
export { checkpoint, type CheckpointOptions } from "./checkpoint.ts";
export {
  planRestart,
  type RestartInto,
  type RestartMachine,
  type RestartOptions,
  type RestartPlan,
} from "./restart.ts";
export type { ReadOptions } from "./image.ts";
export type { ByteSource, Frame } from "./frame.ts";
export {
  formatInspection,
  type InspectedField,
  type InspectedRecord,
  inspectImage,
  type Inspection,
  type InspectOptions,
} from "./inspect.ts";
export { type ImagePart, imageParts, partAt, resealImage, splitImage } from "./fields.ts";
export type { PartKind } from "./layout.ts";
export type {
  ArraySpec,
  BytesSpec,
  ConstantSpec,
  DataSpec,
  EnumSpec,
  FieldSpec,
  FlagsSpec,
  IntegerSpec,
  NamedField,
  Notes,
  PaddingSpec,
  PagesSpec,
  Show,
  TextSpec,
  WordsSpec,
} from "./field_spec.ts";
export { imageFormatDocument } from "./document.ts";
export { checkpointCalls } from "./calls.ts";
