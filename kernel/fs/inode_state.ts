/**
 * What an image says of a file that is mapped: not its contents, which stay in the file system, but
 * by what to recognise them.
 */
import { EFBIG, ETXTBSY, SystemError } from "../abi/errno.ts";
import { blake3, DIGEST_BYTES } from "../checkpoint/blake3.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, objectKind, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import { bytes, record, size64 } from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import type { RegularInode } from "./inode.ts";

const SIZE_CHANGED = defineCheck("INODE.size/unchanged", ETXTBSY, "the mapped file's size");
const CONTENTS_CHANGED = defineCheck(
  "INODE.digest/unchanged",
  ETXTBSY,
  "the digest of the mapped file's contents",
);

/** Bytes that are hashed at a time. */
const PIECE_BYTES = 2 ** 18;
/** The most of a mapped file that is read for its digest: what a minute or so is enough for. */
const READ_BYTES_MAX = 2 ** 34;

/** A mapped file's contents. */
export const INODE = record("INODE", CKPT_HDR.INODE, {
  doc: "Identifies the contents of a mapped file, which must be the same at restart.",
  fields: {
    size: size64({ doc: "bytes of the file", unit: "bytes" }),
    digest: bytes(DIGEST_BYTES, {
      doc: "BLAKE3 of its size and of each 256 KiB that are not all zeros, behind their offset",
    }),
  },
});

/** The INODE object. */
export const inodeKind = objectKind("INODE", group("inode", "A mapped file", { is: INODE }));

/**
 * The digest of a file's contents; computed again only after they changed. Zeros cost nothing where they are a
 * hole. Throws SystemError(EFBIG) when there is too much to be read.
 */
export function contentDigest(inode: RegularInode): Uint8Array {
  inode.refresh();
  return inode.contentIdentity((file) => blake3(piecesOf(file)));
}

/**
 * The size, and each piece that is not all zeros behind its offset: holes and zeros are the same. Unlike read(2)
 * this does not touch the time of the last access.
 */
function* piecesOf(file: RegularInode): Generator<Uint8Array> {
  yield numberBytes(file.size);
  let bytesRead = 0;
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    const data = file.nextData(at);
    if (data < 0) return;
    at = data - (data % PIECE_BYTES);
    const piece = file.read(at, PIECE_BYTES);
    bytesRead += piece.length;
    if (bytesRead > READ_BYTES_MAX) throw new SystemError(EFBIG);
    if (piece.length === 0) return;
    if (piece.every((byte) => byte === 0)) continue;
    yield numberBytes(at);
    yield piece;
  }
}

function numberBytes(value: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt(value), true);
  return new Uint8Array(bytes.buffer);
}

/** Saves what identifies a file's contents. */
export function saveInode(inode: RegularInode): TreeOf<typeof inodeKind.body> {
  return { is: { digest: contentDigest(inode), size: inode.size } };
}

/** Refuses unless the file has the contents that it had. */
export function requireSameContents(
  context: RestartContext,
  { is }: TreeOf<typeof inodeKind.body>,
  inode: RegularInode,
): void {
  inode.refresh();
  if (inode.size !== is.size) {
    context.refuse(SIZE_CHANGED, is, "size", `a file of ${is.size} bytes`, {
      expected: `${inode.size} bytes, as it has now`,
    });
  }
  const digest = contentDigest(inode);
  if (!digest.every((byte, i) => byte === is.digest[i])) {
    context.refuse(CONTENTS_CHANGED, is, "digest", "the digest of other contents");
  }
}
