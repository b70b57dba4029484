/**
 * What an image says of a file that is mapped: not its contents, which stay in the file system, but
 * by what to recognise them.
 */
import { ETXTBSY } from "../abi/errno.ts";
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

/** A mapped file's contents. */
export const INODE = record("INODE", CKPT_HDR.INODE, {
  doc: "Identifies the contents of a mapped file, which must be the same at restart.",
  fields: {
    size: size64({ doc: "bytes of the file", unit: "bytes" }),
    digest: bytes(DIGEST_BYTES, { doc: "BLAKE3 of its contents" }),
  },
});

/** The INODE object. */
export const inodeKind = objectKind("INODE", group("inode", "A mapped file", { is: INODE }));

/** The digest of a file's contents; computed again only after they changed. */
export function contentDigest(inode: RegularInode): Uint8Array {
  inode.refresh();
  return inode.contentIdentity((file) => blake3(piecesOf(file)));
}

/** The contents piece by piece; unlike read(2) this does not touch the time of the last access. */
function* piecesOf(file: RegularInode): Generator<Uint8Array> {
  for (let at = 0; at < file.size;) {
    const piece = file.read(at, PIECE_BYTES);
    if (piece.length === 0) return;
    yield piece;
    at += piece.length;
  }
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
  const digest = contentDigest(inode);
  if (inode.size !== is.size) {
    context.refuse(SIZE_CHANGED, is, "size", `a file of ${is.size} bytes`, {
      expected: `${inode.size} bytes, as it has now`,
    });
  }
  if (!digest.every((byte, i) => byte === is.digest[i])) {
    context.refuse(CONTENTS_CHANGED, is, "digest", "the digest of other contents");
  }
}
