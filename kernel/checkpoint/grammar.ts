/**
 * The grammar of an image: which record may follow which. It is declared with six kinds of nodes and
 * nests by order alone, as in the patch series: nothing in an image says where a group ends.
 *
 * ```text
 * record            exactly one record of that type
 * group             its parts, one after the other
 * list              a node, as often as a field of an earlier record says
 * optional          a node, or nothing; the next record's type decides
 * chunks            head body head body … head, where a field of the last head is 0
 * objects           OBJREF and the object it announces, of each kind listed at most one, in order;
 *                   the record that follows must be the first to refer to each of them
 * ```
 *
 * The types of the decoded trees follow from the declarations.
 */
import { EINVAL } from "../abi/errno.ts";
import { type Check, defineCheck } from "./check.ts";
import { enumeration, type Placed, record, type RecordType, s32 } from "./schema.ts";
import { CKPT_HDR, CKPT_OBJ } from "./wire.ts";

declare const TREE: unique symbol;

/** Something that may stand in an image; `T` is its decoded form. */
export type Node<T> =
  | RecordType<T>
  | Group<T>
  | List<T>
  | Optional<T>
  | Chunks<T>
  | Objects<T>;

/** The decoded form of a node. */
export type TreeOf<N> = N extends RecordType<infer T> ? T
  : N extends { readonly [TREE]?: infer T } ? T
  : never;

/** A relation between records that every image must keep. */
export interface TreeRelation<T> {
  /** What must hold, for people. */
  readonly text: string;
  /** The field that is named when it fails, and its record. */
  readonly field: string;
  record(tree: T): Placed;
  /** What stands there, when the relation fails; null when it holds. */
  violation(tree: T): string | null;
  /** The error number; EINVAL by default. */
  readonly errno?: number;
}

/** Parts in a fixed order. */
export interface Group<T> {
  readonly node: "group";
  readonly name: string;
  readonly doc: string;
  /** The part called `is` is the group itself and adds nothing to a path. */
  readonly parts: readonly { readonly key: string; readonly part: Node<unknown> }[];
  readonly relations: readonly (TreeRelation<T> & { readonly check: Check })[];
  readonly [TREE]?: T;
}

/** A node that repeats. */
export interface List<T> {
  readonly node: "list";
  /** The part of the group, and its field, that count. */
  readonly count: { readonly part: string; readonly field: string };
  readonly element: Node<unknown>;
  readonly [TREE]?: T;
}

/** A node that may be missing. */
export interface Optional<T> {
  readonly node: "optional";
  readonly part: Node<unknown>;
  readonly [TREE]?: T;
}

/** Heads with a body each, ended by a head whose field is 0. */
export interface Chunks<T> {
  readonly node: "chunks";
  readonly head: RecordType<unknown>;
  /** The head's field that is 0 at the end. */
  readonly field: string;
  readonly body: RecordType<unknown>;
  /** Body and head do not fit together. */
  readonly mismatch: Check;
  /** What the head's field must say for a body. */
  sizeOf(body: unknown): number;
  readonly [TREE]?: T;
}

/** Shared objects, each at its first sight. */
export interface Objects<T> {
  readonly node: "objects";
  readonly kinds: readonly ObjectKind<unknown>[];
  readonly [TREE]?: T;
}

/** A kind of shared object, with the decoded form `T`. */
export interface ObjectKind<T> {
  readonly kind: keyof typeof CKPT_OBJ;
  readonly body: Node<T>;
}

/** A shared object as it is decoded. */
export interface SharedObject extends Placed {
  /** Name of its kind. */
  readonly kind: string;
  /** Its number, counting from 1 in the order of the image. */
  readonly objref: number;
  readonly value: unknown;
}

type GroupTree<P> = { readonly [K in keyof P]: TreeOf<P[K]> };

/** Declares a group. `relations` name checks that begin with the group's name. */
export function group<const P extends Readonly<Record<string, Node<unknown>>>>(
  name: string,
  doc: string,
  parts: P,
  relations: Readonly<Record<string, TreeRelation<GroupTree<P>>>> = {},
): Group<GroupTree<P>> {
  return {
    node: "group",
    name,
    doc,
    parts: Object.entries(parts).map(([key, part]) => ({ key, part })),
    relations: Object.entries(relations).map(([key, relation]) => ({
      ...relation,
      check: defineCheck(`${name}/${key}`, relation.errno ?? EINVAL, relation.text),
    })),
  };
}

/** Declares a repetition, counted by `field` of the group's part `part`. */
export function list<N extends Node<unknown>>(
  part: string,
  field: string,
  element: N,
): List<readonly TreeOf<N>[]> {
  return { node: "list", count: { part, field }, element };
}

/** Declares a node that may be missing. */
export function optional<N extends Node<unknown>>(part: N): Optional<TreeOf<N> | null> {
  return { node: "optional", part };
}

/** Declares chunks; `sizeOf` says what the head's `field` must be for a body. */
export function chunks<H, B>(
  head: RecordType<H>,
  field: keyof H & string,
  body: RecordType<B>,
  sizeOf: (body: B) => number,
): Chunks<readonly B[]> {
  return {
    node: "chunks",
    head: head as RecordType<unknown>,
    field,
    body: body as RecordType<unknown>,
    mismatch: defineCheck(
      `${head.name}.${field}/matches`,
      EINVAL,
      `the number of elements of the ${body.name} record that follows`,
    ),
    // A body that reaches this has been decoded, or typed, as the record's own value.
    sizeOf: (value) => sizeOf(value as B),
  };
}

/** Declares a kind of shared object. */
export function objectKind<N extends Node<unknown>>(
  kind: keyof typeof CKPT_OBJ,
  body: N,
): ObjectKind<TreeOf<N>> {
  return { kind, body: body as Node<TreeOf<N>> };
}

/** Declares a place where shared objects of some kinds may stand. */
export function objects(
  ...kinds: readonly ObjectKind<unknown>[]
): Objects<readonly SharedObject[]> {
  return { node: "objects", kinds };
}

/** Announces a shared object. */
export const OBJREF = record("OBJREF", CKPT_HDR.OBJREF, {
  doc: "Announces a shared object, which follows; later records refer to it by its number.",
  fields: {
    objtype: enumeration(CKPT_OBJ, { doc: "what kind of object follows" }),
    objref: s32({ doc: "its number: one more than the object's before it", min: 1 }),
  },
});

/** Record types that may begin a node, and whether it may be empty. */
export function beginnings(node: Node<unknown>): { types: ReadonlySet<number>; empty: boolean } {
  switch (node.node) {
    case "record":
      return { types: new Set([node.type]), empty: false };
    case "group": {
      const types = new Set<number>();
      for (const { part } of node.parts) {
        const first = beginnings(part);
        for (const type of first.types) types.add(type);
        if (!first.empty) return { types, empty: false };
      }
      return { types, empty: true };
    }
    case "list":
      return { types: beginnings(node.element).types, empty: true };
    case "optional":
      return { types: beginnings(node.part).types, empty: true };
    case "chunks":
      return { types: new Set([node.head.type]), empty: false };
    case "objects":
      return { types: new Set([OBJREF.type]), empty: true };
  }
}

/** All record types below a node, each once, in the order of their first place. */
export function recordTypes(
  node: Node<unknown>,
  found: Set<RecordType<unknown>> = new Set(),
): ReadonlySet<RecordType<unknown>> {
  switch (node.node) {
    case "record":
      found.add(node);
      break;
    case "group":
      for (const { part } of node.parts) recordTypes(part, found);
      break;
    case "list":
      recordTypes(node.element, found);
      break;
    case "optional":
      recordTypes(node.part, found);
      break;
    case "chunks":
      found.add(node.head).add(node.body);
      break;
    case "objects":
      found.add(OBJREF as RecordType<unknown>);
      for (const { body } of node.kinds) recordTypes(body, found);
      break;
  }
  return found;
}
