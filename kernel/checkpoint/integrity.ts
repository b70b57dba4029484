/**
 * Seals images and verifies them, in one hashing pass.
 *
 * ```text
 * record 0 ─ BLAKE3 ─► digest 0 ──┬─ first 8 bytes stand at the record's end
 * record 1 ─ BLAKE3 ─► digest 1 ──┤
 *    …                    …       │      ┌──────────────────────────────┐
 * record n-1 ────────► digest n-1 ┴─────►│ BLAKE3(digest 0 … n-1, n)    │─► 32 bytes in the tail
 *                                        └──────────────────────────────┘
 * tail ─── BLAKE3 ───► first 8 bytes at its end
 * ```
 *
 * A record's check finds damage where it is; the tail's digest binds all records to each other and
 * to their order, so that no record of another image, or of an older one, fits. With a key every
 * BLAKE3 above is the keyed one, which makes the digest a MAC.
 */
import { EINVAL, EKEYREJECTED, ENOKEY } from "../abi/errno.ts";
import { blake3, DIGEST_BYTES, DIGEST_WORDS, digestStretches } from "./blake3.ts";
import { type Check, defineCheck } from "./check.ts";
import type { Frame } from "./frame.ts";
import { placeOfField } from "./place.ts";
import { Refusal } from "./refusal.ts";
import { HEADER, INTEGRITY } from "./header.ts";
import { bytes, constant, record, recordBytes, size64 } from "./schema.ts";
import { CHECKPOINT_MAGIC_TAIL, CKPT_HDR, RECORD_CHECK_BYTES } from "./wire.ts";

const RECORD_DAMAGED = defineCheck(
  "integrity/record",
  EINVAL,
  "bytes that belong to the check at the record's end",
);
const IMAGE_DAMAGED = defineCheck(
  "integrity/image",
  EINVAL,
  "the records, in their order, that belong to the tail's digest",
);
const KEY_MISSING = defineCheck("integrity/key_given", ENOKEY, "a key, because the image is keyed");
const KEY_UNUSED = defineCheck(
  "integrity/image_keyed",
  EKEYREJECTED,
  "an image that was sealed with a key",
);
const KEY_WRONG = defineCheck(
  "integrity/key_right",
  EKEYREJECTED,
  "an image that was sealed with this key",
);

/** The last record. */
export const TAIL = record("TAIL", CKPT_HDR.TAIL, {
  doc: "Ends the image. What follows it in a file is not the image's.",
  fields: {
    magic: constant(8, CHECKPOINT_MAGIC_TAIL, { doc: "CHECKPOINT_MAGIC_TAIL", show: "hex" }),
    records: size64({ doc: "number of records before this one", unit: "records" }),
    digest: bytes(DIGEST_BYTES, {
      doc: "BLAKE3 of the digests of all records before this one and of their number (u64)",
    }),
  },
});

const RECORDS_OFFSET = placeOfField(TAIL, "records").offset;
const DIGEST_OFFSET = placeOfField(TAIL, "digest").offset;
/** Bytes of a tail that has all its fields. */
const TAIL_BYTES = recordBytes(TAIL.fixedBytes);
const INTEGRITY_OFFSET = placeOfField(HEADER, "integrity").offset;

/** The digest that the tail must hold, given room for the records' digests and their number. */
function tailDigest(digests: Uint32Array, records: number, key: Uint8Array | null): Uint8Array {
  const bytes = new Uint8Array(digests.buffer, 0, records * DIGEST_BYTES + 8);
  const view = new DataView(digests.buffer);
  view.setBigUint64(records * DIGEST_BYTES, BigInt(records), true);
  return blake3(bytes, key);
}

/**
 * Fills in the checks of all records, and the number and digest in the tail.
 *
 * @param bytes The image; it is written to.
 * @param starts Offset of each record, and the end of the last one, the tail.
 * @param key 32 bytes, or null to seal without a key.
 */
export function seal(
  bytes: Uint8Array,
  starts: readonly number[],
  key: Uint8Array | null,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records = starts.length - 2;
  const tail = starts[records]!;
  const digests = new Uint32Array((records + 1) * DIGEST_WORDS);
  digestStretches(bytes, starts.slice(0, records + 1), RECORD_CHECK_BYTES, key, digests);
  const digestView = new DataView(digests.buffer);
  for (let i = 0; i < records; i++) {
    const end = starts[i + 1]! - RECORD_CHECK_BYTES;
    const at = i * DIGEST_BYTES;
    view.setUint32(end, digestView.getUint32(at, true), true);
    view.setUint32(end + 4, digestView.getUint32(at + 4, true), true);
  }
  if (starts[records + 1]! - tail !== TAIL_BYTES) return;
  view.setBigUint64(tail + RECORDS_OFFSET, BigInt(records), true);
  bytes.set(tailDigest(digests, records, key), tail + DIGEST_OFFSET);
  const end = starts[records + 1]! - RECORD_CHECK_BYTES;
  bytes.set(blake3(bytes.subarray(tail, end), key).subarray(0, RECORD_CHECK_BYTES), end);
}

/**
 * Verifies every record's check and the tail's digest. Nothing of the image but the records' headers
 * has been looked at before, and nothing may be believed unless this returns.
 *
 * @param key The key that the image must have been sealed with, or null for a plain image.
 * @throws {Refusal} At the first record that is damaged.
 */
export function verify(frame: Frame, key: Uint8Array | null): void {
  const { bytes, view, starts } = frame;
  const records = starts.length - 2;
  const tail = starts[records]!;
  const digests = new Uint32Array((records + 2) * DIGEST_WORDS);
  const digestView = new DataView(digests.buffer);
  const damaged = digestStretches(bytes, starts, RECORD_CHECK_BYTES, key, digests, (i) => {
    const end = starts[i + 1]! - RECORD_CHECK_BYTES;
    const at = i * DIGEST_BYTES;
    return view.getUint32(end, true) !== digestView.getUint32(at, true) ||
      view.getUint32(end + 4, true) !== digestView.getUint32(at + 4, true);
  });
  if (damaged >= 0) throw explainDamage(frame, damaged, key);
  if (starts[records + 1]! - tail !== TAIL_BYTES) {
    throw refuseRecord(IMAGE_DAMAGED, frame, records, "a tail without a digest");
  }
  const expected = tailDigest(digests, records, key);
  const counted = view.getBigUint64(tail + RECORDS_OFFSET, true);
  if (counted !== BigInt(records)) {
    throw refuseRecord(IMAGE_DAMAGED, frame, records, `a tail behind ${counted} records`);
  }
  for (let i = 0; i < DIGEST_BYTES; i++) {
    if (bytes[tail + DIGEST_OFFSET + i] !== expected[i]) {
      throw refuseRecord(IMAGE_DAMAGED, frame, records, "the digest of other records");
    }
  }
}

/** Says why a record's check is wrong: damage, or a question of keys. */
function explainDamage(frame: Frame, damaged: number, key: Uint8Array | null): Refusal {
  const { bytes, view, starts } = frame;
  if (damaged === 0 && key !== null) {
    const first = bytes.subarray(0, starts[1]! - RECORD_CHECK_BYTES);
    const plain = blake3(first).subarray(0, RECORD_CHECK_BYTES);
    const isPlain = plain.every((byte, i) => byte === bytes[first.length + i]);
    const found = isPlain ? "one without a key" : "a MAC by another key, or damage";
    return refuseRecord(isPlain ? KEY_UNUSED : KEY_WRONG, frame, 0, found);
  }
  const hasField = damaged === 0 && starts[1]! >= INTEGRITY_OFFSET + 4;
  if (hasField && view.getUint32(INTEGRITY_OFFSET, true) === INTEGRITY.BLAKE3_KEYED) {
    // Believed for the wording alone: the image is refused either way.
    return refuseRecord(KEY_MISSING, frame, 0, "no key");
  }
  return refuseRecord(RECORD_DAMAGED, frame, damaged, "other bytes");
}

function refuseRecord(check: Check, { starts }: Frame, record: number, found: string): Refusal {
  return Refusal.of({ check, path: `record[${record}]`, offset: starts[record] ?? 0, found });
}
