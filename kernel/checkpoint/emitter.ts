/** Writes a tree by the grammar: the other direction of the parser. */
import { EINVAL } from "../abi/errno.ts";
import { type Check, defineCheck } from "./check.ts";
import type { CodecContext, FieldCheck } from "./codec.ts";
import { type Node, OBJREF, type SharedObject } from "./grammar.ts";
import { fieldLabel, PathStack } from "./place.ts";
import { Refusal } from "./refusal.ts";
import type { RecordType } from "./schema.ts";
import { RECORD_FRAME_BYTES, RECORD_HEADER_BYTES } from "./wire.ts";

const LENGTH_MISMATCH = defineCheck(
  "checkpoint/list_length",
  EINVAL,
  "as many elements as the record before says",
);

type Visit = (record: RecordType<unknown>, value: unknown) => void;

/** A tree's records in order, in zeros, with their headers and room for their checks. */
export interface EmittedImage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Offset of each record, and the end of the last one. */
  readonly starts: readonly number[];
}

/**
 * Lays out and writes all records of a tree. The checks and the tail's digest are left zero.
 *
 * @throws {Refusal} When a value does not keep what the schema says of it.
 */
export function emitTree(root: Node<unknown>, tree: unknown): EmittedImage {
  const starts = [0];
  const emitter = new Emitter();
  emitter.walk(root, tree, (record, value) => {
    starts.push(starts[starts.length - 1]! + record.codec.size(value) + RECORD_FRAME_BYTES);
  });
  const bytes = new Uint8Array(starts[starts.length - 1]!);
  const view = new DataView(bytes.buffer);
  let at = 0;
  emitter.walk(root, tree, (record, value) => {
    const start = starts[at]!;
    const end = starts[++at]!;
    view.setUint32(start, record.type, true);
    view.setUint32(start + 4, end - start, true);
    const length = end - start - RECORD_FRAME_BYTES;
    record.codec.encode(value, bytes, view, start + RECORD_HEADER_BYTES, length, emitter);
  });
  return { bytes, starts };
}

class Emitter implements CodecContext {
  readonly at = -1;
  readonly #path = new PathStack();

  fail(failed: FieldCheck, found: string, element: number): never {
    this.#refuse(
      failed.check,
      found,
      failed.field === "" ? null : fieldLabel(failed.field, element),
    );
  }

  /** Calls `visit` for each record below a node, in the order of the image. */
  walk(node: Node<unknown>, tree: unknown, visit: Visit, count = -1): void {
    switch (node.node) {
      case "record":
        visit(node, tree);
        break;
      case "group": {
        const parts = tree as Readonly<Record<string, unknown>>;
        for (const { key, part } of node.parts) {
          const isItself = key === "is" || part.node === "objects";
          if (!isItself) this.#path.enter(key);
          const expected = part.node === "list"
            ? (parts[part.count.part] as Readonly<Record<string, number>>)[part.count.field]
            : -1;
          this.walk(part, parts[key], visit, expected);
          if (!isItself) this.#path.leave();
        }
        break;
      }
      case "list": {
        const elements = tree as readonly unknown[];
        if (elements.length !== count) {
          this.#refuse(LENGTH_MISMATCH, String(elements.length), null);
        }
        for (const [i, element] of elements.entries()) {
          this.#path.index(i);
          this.walk(node.element, element, visit);
        }
        break;
      }
      case "optional":
        if (tree !== null) this.walk(node.part, tree, visit);
        break;
      case "chunks":
        for (const [i, body] of (tree as readonly unknown[]).entries()) {
          this.#path.index(i);
          visit(node.head, { [node.field]: node.sizeOf(body) });
          visit(node.body, body);
        }
        visit(node.head, { [node.field]: 0 });
        break;
      case "objects":
        for (const object of tree as readonly SharedObject[]) {
          visit(OBJREF as RecordType<unknown>, { objtype: object.kind, objref: object.objref });
          this.#path.enter(object.kind.toLowerCase());
          const kind = node.kinds.find((candidate) => candidate.kind === object.kind);
          if (kind === undefined) throw new Error(`Cannot place a ${object.kind} object here`);
          this.walk(kind.body, object.value, visit);
          this.#path.leave();
        }
        break;
    }
  }

  #refuse(check: Check, found: string, field: string | null): never {
    throw Refusal.of({ check, path: this.#path.toString(), field, found });
  }
}
