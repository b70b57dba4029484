/**
 * A map of an image: which part of which record every byte is. Mutators choose from it, and heat maps
 * take their labels from it. With {@linkcode resealImage} an edited image can be given back its
 * integrity.
 */
import { frameLeniently } from "./frame.ts";
import { imageCaps, traceLeniently } from "./image.ts";
import { seal } from "./integrity.ts";
import { type PartKind, partsOf, type RecordPart } from "./layout.ts";
import type { FieldSpec } from "./field_spec.ts";
import { RECORD_FRAME_BYTES, recordTypeName } from "./wire.ts";

/** A part of an image. */
export interface ImagePart {
  /** Number of its record, from 0. */
  readonly record: number;
  /** What the record is, such as `VMA`. */
  readonly type: string;
  /** Where the record is, such as `task[0]/mm/vma[3]`; empty where the grammar could not place it. */
  readonly path: string;
  /** Such as `vm_start`; `type`, `len` and `check` for the frame of a record. */
  readonly field: string;
  /** Byte offset in the image. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** What it is. */
  readonly kind: PartKind;
  /** The field's declaration with its bounds and names, or null for the frame of a record. */
  readonly spec: FieldSpec | null;
}

/**
 * All parts of an image in order; they cover every byte up to the tail's end exactly once.
 *
 * @example What is the byte at offset 100?
 * ```ts
 * import { checkpoint, imageParts, Kernel, partAt } from "../mod.ts";
 * import { guests } from "../../scenarios/programs/mod.ts";
 *
 * const machine = new Kernel();
 * machine.fileSystem.writeFile("/bin/ckpt", guests.ckpt.bytes(), 0o755);
 * const image = checkpoint(machine, machine.spawn({ path: "/bin/ckpt" }));
 * const part = partAt(imageParts(image), 100);
 * console.assert(part?.type === "RELEASE" && part.field === "check");
 * ```
 */
export function imageParts(bytes: Uint8Array): ImagePart[] {
  const frame = frameLeniently(bytes, imageCaps());
  const { trace } = traceLeniently(frame);
  return frame.starts.slice(0, -1).flatMap((start, record) => {
    const traced = trace[record];
    const path = traced?.path ?? "";
    const type = traced?.record.name ?? recordTypeName(frame.view.getUint32(start, true));
    const parts = partsOf(traced?.record ?? null, frame.starts[record + 1]! - start);
    return parts.map(({ name, offset, length, kind, spec }: RecordPart) => ({
      record,
      type,
      path,
      field: name,
      offset: start + offset,
      length,
      kind,
      spec,
    }));
  });
}

/** The part that holds the byte at `offset`, by bisection, or undefined. */
export function partAt(parts: readonly ImagePart[], offset: number): ImagePart | undefined {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { offset: start, length } = parts[middle]!;
    if (start + length > offset) high = middle;
    else low = middle + 1;
  }
  const found = parts[low];
  return found !== undefined && found.offset <= offset ? found : undefined;
}

/** The records of an image as bytes of their own, up to the tail. */
export function splitImage(bytes: Uint8Array): Uint8Array[] {
  const { starts } = frameLeniently(bytes, imageCaps());
  return starts.slice(0, -1).map((start, i) => bytes.slice(start, starts[i + 1]!));
}

/**
 * Puts records together and seals them anew: lengths are set to what the records have, the last record
 * is taken for the tail. What the fields say is not looked at.
 *
 * @throws {RangeError} When a record is too short for a header and a check.
 *
 * @example Edit a record, and give the image its integrity back
 * ```ts
 * import { checkpoint, inspectImage, Kernel, resealImage, splitImage } from "../mod.ts";
 * import { guests } from "../../scenarios/programs/mod.ts";
 *
 * const machine = new Kernel();
 * machine.fileSystem.writeFile("/bin/ckpt", guests.ckpt.bytes(), 0o755);
 * const image = checkpoint(machine, machine.spawn({ path: "/bin/ckpt" }));
 * const records = splitImage(image);
 * records[0]![48]! ^= 1; // the time
 * console.assert(inspectImage(resealImage(records)).refusal === null);
 * ```
 */
export function resealImage(
  records: readonly Uint8Array[],
  key: Uint8Array | null = null,
): Uint8Array<ArrayBuffer> {
  const starts = [0];
  for (const { length } of records) {
    if (length < RECORD_FRAME_BYTES) {
      throw new RangeError(`Cannot seal a record of ${length} bytes`);
    }
    starts.push(starts[starts.length - 1]! + length);
  }
  const bytes = new Uint8Array(starts[starts.length - 1]!);
  const view = new DataView(bytes.buffer);
  for (const [i, record] of records.entries()) {
    bytes.set(record, starts[i]!);
    view.setUint32(starts[i]! + 4, record.length, true);
  }
  if (records.length > 0) seal(bytes, starts, key);
  return bytes;
}
