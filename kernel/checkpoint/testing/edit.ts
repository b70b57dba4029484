/** Edits of single fields of an image, with the integrity repaired afterwards. */
import { type ImagePart, imageParts, resealImage, splitImage } from "../fields.ts";

/** The part of an image by its record's path and its name; the record's type decides between equals. */
export function findPart(
  image: Uint8Array,
  path: string,
  field: string,
  type?: string,
): ImagePart {
  const found = imageParts(image).find((part) =>
    part.path === path && part.field === field && (type === undefined || part.type === type)
  );
  if (found === undefined) throw new Error(`The image has no ${path} ${field}`);
  return found;
}

/** The value of a part as an unsigned number. */
export function valueOf(image: Uint8Array, { offset, length }: ImagePart): bigint {
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(image[offset + i]!);
  return value;
}

/** A copy of the image in which a part has another value, sealed anew. */
export function editPart(
  image: Uint8Array,
  { offset, length }: ImagePart,
  value: bigint | Uint8Array,
  key: Uint8Array | null = null,
): Uint8Array {
  const bytes = image.slice();
  if (value instanceof Uint8Array) bytes.set(value, offset);
  else {
    let left = BigInt.asUintN(length * 8, value);
    for (let i = 0; i < length; i++) {
      bytes[offset + i] = Number(left & 0xffn);
      left >>= 8n;
    }
  }
  return resealImage(splitImage(bytes), key);
}

/** An image in which several parts, by path and name, have other values, sealed anew. */
export function editFields(
  image: Uint8Array,
  edits: readonly (readonly [path: string, field: string, value: number, type?: string])[],
): Uint8Array {
  const parts = edits.map(([path, field, value, type]) =>
    [findPart(image, path, field, type), BigInt(value)] as const
  );
  return parts.reduce((bytes, [part, value]) => editPart(bytes, part, value), image);
}

/** As {@linkcode editPart}, by path and name. */
export function editField(
  image: Uint8Array,
  path: string,
  field: string,
  value: bigint | number | Uint8Array,
  type?: string,
): Uint8Array {
  const bytes = typeof value === "number" ? BigInt(value) : value;
  return editPart(image, findPart(image, path, field, type), bytes);
}
