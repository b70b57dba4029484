/**
 * Reads the records of a framed image by the grammar into a tree. What the tree holds has passed
 * every check that the schema declares: fields, relations, references between objects.
 *
 * A node of the grammar becomes a function once; those of groups are generated as source text for
 * the same reason as codecs are.
 */
import { EINVAL } from "../abi/errno.ts";
import { type Check, defineCheck } from "./check.ts";
import type { CodecContext, FieldCheck } from "./codec.ts";
import type { Frame } from "./frame.ts";
import {
  beginnings,
  type Group,
  type Node,
  type Objects,
  OBJREF,
  type SharedObject,
  type TreeRelation,
} from "./grammar.ts";
import { fieldLabel, PathStack, placeOfField } from "./place.ts";
import { Refusal } from "./refusal.ts";
import type { RecordType } from "./schema.ts";
import { RECORD_FRAME_BYTES, RECORD_HEADER_BYTES, recordTypeName } from "./wire.ts";

const OUT_OF_PLACE = defineCheck(
  "OBJREF.objtype/place",
  EINVAL,
  "an object of a kind that belongs here, each kind once and in order",
);
const NOT_NEXT = defineCheck("OBJREF.objref/next", EINVAL, "the next number in order");
const UNUSED = defineCheck(
  "OBJREF.objref/used",
  EINVAL,
  "an object that the record which follows it refers to",
);

/** In place of a type: there is no further record. */
const NO_RECORD = -1;

/** A record that was read, for those who want to know where it stood. */
export interface TracedRecord {
  readonly record: RecordType<unknown>;
  readonly path: string;
  readonly value: unknown;
}

interface ObjectSlot {
  readonly kind: string;
  /** Set when the object has been read to its end. */
  object: SharedObject | null;
  used: boolean;
}

/** Goes through the records of a frame. */
export class Cursor implements CodecContext {
  /** Number of the record that is being decoded. */
  at = -1;
  readonly path: PathStack = new PathStack();
  #record: RecordType<unknown> | null = null;
  readonly #slots: ObjectSlot[] = [];

  constructor(readonly frame: Frame, readonly trace: TracedRecord[] | null) {}

  /** The type of the next record. */
  nextType(): number {
    const { view, starts } = this.frame;
    // A whole frame ends with a tail, at which the grammar stops; a cut one may end anywhere.
    return this.at + 2 < starts.length ? view.getUint32(starts[this.at + 1]!, true) : NO_RECORD;
  }

  /** Reads one record of the given type. */
  read(record: RecordType<unknown>): unknown {
    const { bytes, view, starts } = this.frame;
    const type = this.nextType();
    const at = ++this.at;
    const start = starts[at]!;
    this.#record = record;
    if (type !== record.type) {
      const found = type === NO_RECORD
        ? "the end of the image"
        : `a ${recordTypeName(type)} record`;
      this.refuse(record.misplaced, null, -1, found);
    }
    const length = starts[at + 1]! - start - RECORD_FRAME_BYTES;
    const value = record.codec.decode(bytes, view, start + RECORD_HEADER_BYTES, length, this);
    for (const relation of record.relations) {
      if (!relation.holds(value)) {
        this.refuse(relation.check, relation.field, -1, describe(value, relation.field));
      }
    }
    for (const reference of record.references) {
      this.#follow(reference, (value as Readonly<Record<string, number>>)[reference.field]!);
    }
    if (this.trace !== null) this.trace.push({ record, path: this.path.toString(), value });
    return value;
  }

  /** Reads the objects that may stand here. */
  readObjects(kinds: ReadonlyMap<string, Parse>): SharedObject[] {
    const found: SharedObject[] = [];
    let left = [...kinds.keys()];
    while (this.nextType() === OBJREF.type) {
      const { objtype, objref } = this.read(OBJREF as RecordType<unknown>) as {
        objtype: string;
        objref: number;
      };
      const parse = kinds.get(objtype);
      const index = left.indexOf(objtype);
      if (parse === undefined || index < 0) {
        this.refuse(OUT_OF_PLACE, "objtype", -1, objtype, left.join(" or ") || "no further object");
      }
      left = left.slice(index + 1);
      if (objref !== this.#slots.length + 1) {
        this.refuse(NOT_NEXT, "objref", -1, String(objref), String(this.#slots.length + 1));
      }
      const at = this.at;
      const slot: ObjectSlot = { kind: objtype, object: null, used: false };
      this.#slots.push(slot);
      this.path.enter(objtype.toLowerCase());
      const object = { at, kind: objtype, objref, value: parse(this, 0) };
      this.path.leave();
      slot.object = object;
      found.push(object);
    }
    return found;
  }

  /** All objects in the order of their numbers. */
  get objects(): readonly SharedObject[] {
    // Every slot was filled when its object had been read.
    return this.#slots.map(({ object }) => object!);
  }

  /** Refuses objects that the record behind them does not use: it was to be their first user. */
  requireUsed(objects: readonly SharedObject[]): void {
    for (const { objref, kind, at } of objects) {
      if (this.#slots[objref - 1]!.used) continue;
      this.at = at ?? this.at;
      this.#record = OBJREF as RecordType<unknown>;
      this.refuse(UNUSED, "objref", -1, `${kind} object ${objref}, which it does not`);
    }
  }

  /** Applies the relations of a group to its tree. */
  relate(relations: Group<unknown>["relations"], tree: unknown): void {
    for (const relation of relations) this.#relateOne(relation, tree);
  }

  fail(failed: FieldCheck, found: string, element: number): never {
    this.refuse(failed.check, failed.field === "" ? null : failed.field, element, found);
  }

  /** Refuses the record that is being read. */
  refuse(
    check: Check,
    field: string | null,
    element: number,
    found: string,
    expected?: string,
  ): never {
    const start = this.frame.starts[this.at] ?? 0;
    const place = field === null || this.#record === null
      ? 0
      : placeOfField(this.#record, field, element).offset;
    throw Refusal.of({
      check,
      path: this.path.toString(),
      field: field === null ? null : fieldLabel(field, element),
      offset: start + place,
      found,
      ...(expected === undefined ? {} : { expected }),
    });
  }

  #relateOne(relation: TreeRelation<unknown> & { readonly check: Check }, tree: unknown): void {
    const violation = relation.violation(tree);
    if (violation === null) return;
    const { at } = relation.record(tree);
    throw Refusal.of({
      check: relation.check,
      path: this.path.toString(),
      field: relation.field,
      offset: this.frame.starts[at ?? 0] ?? 0,
      found: violation,
    });
  }

  #follow(reference: RecordType<unknown>["references"][number], objref: number): void {
    if (objref === 0) return;
    const slot = this.#slots[objref - 1];
    if (slot?.object === null || slot === undefined) {
      this.refuse(reference.defined, reference.field, -1, `object ${objref}`);
    }
    if (!reference.kinds.includes(slot.kind)) {
      this.refuse(reference.matches, reference.field, -1, `an object of kind ${slot.kind}`);
    }
    slot.used = true;
  }
}

function describe(value: unknown, field: string): string {
  const found = (value as Readonly<Record<string, unknown>>)[field];
  if (typeof found === "number" || typeof found === "bigint") return `0x${found.toString(16)}`;
  return typeof found === "string" ? JSON.stringify(found) : "something else";
}

/** Reads a node at the cursor; `count` is how often a list repeats. */
export type Parse = (cursor: Cursor, count: number) => unknown;

/** Builds the reading function of a node. Objects of one kind share theirs. */
export function compileParser(node: Node<unknown>): Parse {
  switch (node.node) {
    case "record":
      return (cursor) => cursor.read(node);
    case "group":
      return compileGroup(node);
    case "list": {
      const parse = compileParser(node.element);
      return (cursor, count) => {
        const elements: unknown[] = [];
        for (let i = 0; i < count; i++) {
          cursor.path.index(i);
          elements.push(parse(cursor, 0));
        }
        return elements;
      };
    }
    case "optional": {
      const { types } = beginnings(node.part);
      const parse = compileParser(node.part);
      return (cursor) => (types.has(cursor.nextType()) ? parse(cursor, 0) : null);
    }
    case "chunks":
      return (cursor) => {
        const bodies: unknown[] = [];
        for (;;) {
          cursor.path.index(bodies.length);
          const head = cursor.read(node.head) as Readonly<Record<string, number>>;
          const claimed = head[node.field]!;
          if (claimed === 0) return bodies;
          const body = cursor.read(node.body);
          if (node.sizeOf(body) !== claimed) {
            cursor.refuse(node.mismatch, null, -1, `${claimed} for ${node.sizeOf(body)}`);
          }
          bodies.push(body);
        }
      };
    case "objects": {
      const kinds = compileKinds(node);
      return (cursor) => cursor.readObjects(kinds);
    }
  }
}

function compileKinds(node: Objects<unknown>): ReadonlyMap<string, Parse> {
  return new Map(node.kinds.map(({ kind, body }) => [kind, compileParser(body)]));
}

function compileGroup(group: Group<unknown>): Parse {
  const parsers = group.parts.map(({ part }) => compileParser(part));
  const lines = group.parts.map(({ key, part }, i) => {
    const counted = part.node === "list";
    const owner = group.parts.findIndex((other) => counted && other.key === part.count.part);
    if (counted && (owner < 0 || owner >= i)) {
      throw new Error(`Cannot count "${key}" of ${group.name} before "${part.count.part}"`);
    }
    const count = counted ? `a${owner}.${part.count.field}` : "0";
    const read = `const a${i} = p${i}(c, ${count});`;
    const isItself = key === "is" || part.node === "objects";
    const before = group.parts[i - 1];
    if (before?.part.node === "objects") {
      const use = `${read} c.requireUsed(a${i - 1});`;
      return isItself ? use : `c.path.enter(${JSON.stringify(key)}); ${use} c.path.leave();`;
    }
    return isItself ? read : `c.path.enter(${JSON.stringify(key)}); ${read} c.path.leave();`;
  });
  const tree = `{ ${group.parts.map(({ key }, i) => `${key}: a${i}`).join(", ")} }`;
  const relate = group.relations.length > 0 ? "c.relate(relations, tree);" : "";
  const make = new Function(
    "relations",
    ...parsers.map((_, i) => `p${i}`),
    `"use strict"; return (c) => { ${
      lines.join("\n")
    } const tree = ${tree}; ${relate} return tree; };`,
  ) as (...values: unknown[]) => Parse;
  return make(group.relations, ...parsers);
}
