/** Where something stands in an image: paths of records, offsets of fields. */
import type { RecordType } from "./schema.ts";
import { fixedSize, isRest, type NamedField } from "./field_spec.ts";
import { RECORD_HEADER_BYTES } from "./wire.ts";

/** The parts of a path while a tree is walked. */
export class PathStack {
  readonly #labels: string[] = [];
  readonly #indices: number[] = [];
  #depth = 0;

  /** Goes down to a part. */
  enter(label: string): void {
    this.#labels[this.#depth] = label;
    this.#indices[this.#depth++] = -1;
  }

  /** Says which element of the part it is. */
  index(index: number): void {
    this.#indices[this.#depth - 1] = index;
  }

  /** Goes up again. */
  leave(): void {
    this.#depth--;
  }

  /** Such as `task[0]/mm/vma[3]`; empty at the top. */
  toString(): string {
    return this.#labels.slice(0, this.#depth).map((label, i) => {
      const index = this.#indices[i]!;
      return index < 0 ? label : `${label}[${index}]`;
    }).join("/");
  }
}

/** Where a field of a record stands, from the record's first byte. */
export interface FieldPlace {
  readonly offset: number;
  readonly length: number;
}

/**
 * The place of a field by the name that checks use: `vm_start`, or with an element's number
 * `sigaction[].mask`. The record itself when there is no such field.
 */
export function placeOfField(
  record: RecordType<unknown>,
  name: string,
  element = -1,
): FieldPlace {
  let offset = RECORD_HEADER_BYTES;
  let fields: readonly NamedField[] = record.fields;
  let length = 0;
  for (const part of name.split("[].")) {
    const field = fields.find((candidate) => candidate.name === part);
    if (field === undefined) return { offset: 0, length: 0 };
    offset += field.offset;
    length = isRest(field.spec) ? 0 : fixedSize(field.spec);
    if (field.spec.kind === "array" && part !== name.split("[].").at(-1)) {
      offset += Math.max(0, element) * field.spec.stride;
      fields = field.spec.element;
    }
  }
  return { offset, length };
}

/** A field's name with its element's number: `sigaction[2].mask`. */
export function fieldLabel(name: string, element: number): string {
  return element < 0 ? name : name.replace("[]", `[${element}]`);
}
