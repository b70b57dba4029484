/**
 * Cuts an image into its records by their headers, without believing anything else, and never
 * takes more memory than bytes have really come.
 */
import { EINVAL, EIO, EPIPE } from "../abi/errno.ts";
import { type Check, defineCheck } from "./check.ts";
import { Refusal } from "./refusal.ts";
import {
  CKPT_HDR,
  RECORD_ALIGNMENT,
  RECORD_FRAME_BYTES,
  RECORD_HEADER_BYTES,
  recordTypeName,
} from "./wire.ts";

const CUT = defineCheck("frame/complete", EPIPE, "more bytes before the image's tail");
const UNKNOWN_TYPE = defineCheck("frame/type", EINVAL, "a type of record that this kernel reads");
const BAD_LENGTH = defineCheck(
  "frame/length",
  EINVAL,
  `a multiple of ${RECORD_ALIGNMENT} from ${RECORD_FRAME_BYTES} to the longest record of its type`,
);
const ERROR_RECORD = defineCheck("frame/error_record", EIO, "an image whose checkpoint succeeded");

/** The records of an image. */
export interface Frame {
  /** The image, from its first byte to its tail's last; more may follow when it lay in memory. */
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;
  /** Offset of each record, and the end of the last one. */
  readonly starts: readonly number[];
}

/** Where an image is read from, piece by piece. */
export interface ByteSource {
  /** Fills `into` from its start; answers how many bytes came, 0 at the end. */
  read(into: Uint8Array): number;
}

/** The longest record, in bytes, of each type that may appear. */
export type RecordCaps = ReadonlyMap<number, number>;

/**
 * Frames an image that lies in memory. What follows the tail is left alone.
 *
 * @throws {Refusal} When it ends too early, or a header cannot be.
 */
export function frameImage(bytes: Uint8Array, caps: RecordCaps): Frame {
  const frame = frameLeniently(bytes, caps);
  if (frame.refusal !== null) throw frame.refusal;
  return frame;
}

/** Like {@linkcode frameImage}, but answers what could be framed together with the refusal. */
export function frameLeniently(
  bytes: Uint8Array,
  caps: RecordCaps,
): Frame & { readonly refusal: Refusal | null } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = [0];
  for (let at = 0;;) {
    const refusal = refuseHeader(view, at, starts.length - 1, caps);
    if (refusal !== null) return { bytes, view, starts, refusal };
    const end = at + view.getUint32(at + 4, true);
    if (end > bytes.length) {
      const type = recordTypeName(view.getUint32(at, true));
      const found = `the end after ${bytes.length - at} of ${end - at} bytes of a ${type} record`;
      return { bytes, view, starts, refusal: refuse(CUT, starts.length - 1, bytes.length, found) };
    }
    starts.push(end);
    if (view.getUint32(at, true) === CKPT_HDR.TAIL) return { bytes, view, starts, refusal: null };
    at = end;
  }
}

/** Bytes that are asked for at a time; the buffer doubles only when that many have come. */
const PIECE_BYTES = 65536;

/**
 * Reads an image from a source, and not one byte more than it has.
 *
 * @throws {Refusal} When it ends too early, or a header cannot be; the source has been read up to
 *   there.
 */
export function readFrame(source: ByteSource, caps: RecordCaps): Frame {
  let bytes = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  const starts = [0];
  const fill = (wanted: number): void => {
    while (filled < wanted) {
      if (filled === bytes.length) {
        const larger = new Uint8Array(bytes.length * 2);
        larger.set(bytes);
        bytes = larger;
      }
      const count = source.read(bytes.subarray(filled, Math.min(wanted, bytes.length)));
      if (count === 0) {
        const found = `the end after ${filled} bytes`;
        throw refuse(CUT, starts.length - 1, filled, found);
      }
      filled += count;
    }
  };
  for (let at = 0;;) {
    fill(at + RECORD_HEADER_BYTES);
    const view = new DataView(bytes.buffer);
    const refusal = refuseHeader(view, at, starts.length - 1, caps);
    if (refusal !== null) throw refusal;
    const type = view.getUint32(at, true);
    const end = at + view.getUint32(at + 4, true);
    fill(end);
    starts.push(end);
    at = end;
    if (type === CKPT_HDR.TAIL) {
      return { bytes: bytes.subarray(0, end), view: new DataView(bytes.buffer), starts };
    }
  }
}

/** Looks at a record's header; null when it can be one. */
function refuseHeader(
  view: DataView,
  at: number,
  number: number,
  caps: RecordCaps,
): Refusal | null {
  if (at + RECORD_HEADER_BYTES > view.byteLength) {
    return refuse(CUT, number, view.byteLength, `the end after ${view.byteLength} bytes`);
  }
  const type = view.getUint32(at, true);
  if (type === CKPT_HDR.ERROR) {
    return refuse(ERROR_RECORD, number, at, "a record that says the checkpoint failed");
  }
  const cap = caps.get(type);
  if (cap === undefined) return refuse(UNKNOWN_TYPE, number, at, recordTypeName(type), "type");
  const length = view.getUint32(at + 4, true);
  if (length < RECORD_FRAME_BYTES || length > cap || length % RECORD_ALIGNMENT !== 0) {
    const found = `${length} for a ${recordTypeName(type)} record`;
    return refuse(BAD_LENGTH, number, at + 4, found, "len");
  }
  return null;
}

function refuse(
  check: Check,
  number: number,
  offset: number,
  found: string,
  field: string | null = null,
): Refusal {
  return Refusal.of({ check, path: `record[${number}]`, field, offset, found });
}
