/**
 * The image as a whole: its grammar, and the way from bytes to a decoded tree and back.
 *
 * ```text
 * HEADER RELEASE HEADER_ARCH MACHINE NODENAME RUN_QUEUE TREE TREE_PIDS  task …  TAIL
 *
 * task   TASK COMM THREAD RESTART_BLOCK CPU CPU_FPU
 *        OBJREF FILE_TABLE { [OBJREF [OBJREF PIPE_BUF] FILE [FILE_NAME]] FILE_DESC } …
 *        OBJREF MM { [OBJREF FILE FILE_NAME] … AUXV { [OBJREF INODE] VMA { PGARR PAGES } PGARR } … }
 *        OBJREF FS FILE_NAME FILE_NAME   OBJREF SIGHAND   OBJREF SIGNAL SIGPENDING
 *        TASK_OBJS
 *        OBJREF CRED … TASK_CREDS   SIGNAL_TASK   SIGPENDING
 * ```
 *
 * What several tasks share stands with the first of them.
 *
 * The exact grammar is {@linkcode imageNode}; docs/image_format.md is generated from it.
 */
import { machineNode } from "../machine_state.ts";
import { type TASK_OBJS, taskNode } from "../task_state.ts";
import { PIDS, TREE } from "../task_tree_state.ts";
import { EINVAL } from "../abi/errno.ts";
import { defineCheck } from "./check.ts";
import { emitTree } from "./emitter.ts";
import { type ByteSource, type Frame, frameImage, readFrame, type RecordCaps } from "./frame.ts";
import { group, list, type Node, recordTypes, type SharedObject, type TreeOf } from "./grammar.ts";
import { headerNode } from "./header.ts";
import { seal, TAIL, verify } from "./integrity.ts";
import { compileParser, Cursor, type Parse, type TracedRecord } from "./parser.ts";
import { placeOfField } from "./place.ts";
import { Refusal } from "./refusal.ts";
import { type Placed, recordBytes, type RecordType, type RecordValue } from "./schema.ts";

/** The grammar of an image. */
export const imageNode = group("image", "A checkpoint image", {
  header: headerNode,
  machine: machineNode,
  tree: TREE,
  pids: PIDS,
  task: list("tree", "nr_tasks", taskNode),
  tail: TAIL,
}, {
  id_counted: {
    field: "id",
    record: ({ header }) => header.is,
    text: "no id beyond the machine's counter",
    violation: ({ header, machine }) =>
      header.is.id <= machine.is.checkpoints
        ? null
        : `${header.is.id} of ${machine.is.checkpoints}`,
  },
  pids_counted: {
    field: "nr_tasks",
    record: ({ tree }) => tree,
    text: "as many ids as tasks",
    violation: ({ tree, pids }) =>
      pids.pids.length === tree.nr_tasks ? null : `${tree.nr_tasks} for ${pids.pids.length} ids`,
  },
  threads: {
    field: "pids",
    record: ({ pids }) => pids,
    text:
      "threads that share memory and dispositions, and processes that have each a SIGNAL of their own",
    violation: ({ pids, task }) => unlikeThreads(pids.pids, task),
  },
  queued: {
    field: "queue",
    record: ({ machine }) => machine.run_queue,
    text:
      "the RUNNING tasks without a place to wait at and the INTERRUPTIBLE ones with one, all of them",
    violation({ machine, pids, task }) {
      const { queue } = machine.run_queue;
      const queued = new Map(queue.map(({ pid, ticket }) => [pid, ticket]));
      const expected = task.flatMap(({ is: { state } }, i) =>
        state === "RUNNING" || state === "INTERRUPTIBLE"
          ? [{ pid: pids.pids[i]?.vpid ?? 0, state }]
          : []
      );
      const isEqual = expected.length === queued.size && expected.every(({ pid, state }) => {
        const ticket = queued.get(pid);
        return ticket !== undefined && (ticket === 0) === (state === "RUNNING");
      });
      const [found, wanted] = [queue, expected].map((of) => of.map(({ pid }) => pid).join(", "));
      return isEqual ? null : `${found} for ${wanted}`;
    },
  },
});

/** The first task that shares something with its process, or another's, which such tasks do not. */
function unlikeThreads(
  ids: RecordValue<typeof PIDS>["pids"],
  tasks: readonly TreeOf<typeof taskNode>[],
): string | null {
  const ofProcess = new Map<number, RecordValue<typeof TASK_OBJS>>();
  const processOf = new Map<number, number>();
  const memoryOf = new Map<number, number>();
  for (const [i, { is, objs }] of tasks.entries()) {
    const { vpid = 0, vtgid = 0 } = ids[i] ?? {};
    const { signal_objref, mm_objref, sighand_objref } = objs;
    const owner = processOf.get(signal_objref) ?? vtgid;
    processOf.set(signal_objref, owner);
    const memory = memoryOf.get(sighand_objref) ?? mm_objref;
    const other = ofProcess.get(vtgid);
    const isSame = other === undefined || (other.signal_objref === signal_objref &&
      (is.state === "ZOMBIE" || other.mm_objref === 0 ||
        (other.mm_objref === mm_objref && other.sighand_objref === sighand_objref)));
    if (owner !== vtgid || memory !== mm_objref || !isSame) return `task ${vpid}`;
    if (is.state === "ZOMBIE" && other !== undefined) continue;
    ofProcess.set(vtgid, objs);
    if (sighand_objref !== 0) memoryOf.set(sighand_objref, mm_objref);
  }
  return null;
}

/** The decoded form of an image. */
export type ImageTree = TreeOf<typeof imageNode>;

const SEALED_AS_SAID = defineCheck(
  "HEADER.integrity/sealed_so",
  EINVAL,
  "an image that is sealed in the way that it says",
);

let parse: Parse | undefined;
let caps: RecordCaps | undefined;

/** All types of records, in the order of their first place in the grammar. */
export function imageRecords(): readonly RecordType<unknown>[] {
  return [...recordTypes(imageNode as Node<unknown>)];
}

/** The longest record of each type number. */
export function imageCaps(): RecordCaps {
  if (caps === undefined) {
    const longest = new Map<number, number>();
    for (const { type, maxBytes } of imageRecords()) {
      longest.set(type, Math.max(longest.get(type) ?? 0, recordBytes(maxBytes)));
    }
    caps = longest;
  }
  return caps;
}

/** How an image is read. */
export interface ReadOptions {
  /** 32 bytes that the image must have been sealed with; without it the image must be plain. */
  readonly key?: Uint8Array;
  /**
   * What decides whether the bytes may be believed. Default: all checks and the digest. For
   * experiments that ask what would happen without.
   */
  readonly verify?: (frame: Frame, key: Uint8Array | null) => void;
}

/** A decoded image: every check that needs nothing but the image has passed. */
export class Image {
  readonly frame: Frame;
  readonly tree: ImageTree;
  /** Shared objects by their numbers, number 1 first. */
  readonly objects: readonly SharedObject[];

  private constructor(frame: Frame, tree: ImageTree, objects: readonly SharedObject[]) {
    this.frame = frame;
    this.tree = tree;
    this.objects = objects;
  }

  /**
   * Frames, verifies and decodes an image, which lies in memory or is read from a source. Bytes behind
   * the tail are left alone; of a source they are not even read.
   *
   * @throws {Refusal}
   */
  static read(source: Uint8Array | ByteSource, options: ReadOptions = {}): Image {
    const frame = source instanceof Uint8Array
      ? frameImage(source, imageCaps())
      : readFrame(source, imageCaps());
    (options.verify ?? verify)(frame, options.key ?? null);
    const image = Image.decode(frame);
    image.#requireSealedAsSaid(options.key !== undefined);
    return image;
  }

  /**
   * Decodes a framed image without asking whether it was damaged.
   *
   * @throws {Refusal}
   */
  static decode(frame: Frame): Image {
    parse ??= compileParser(imageNode as Node<unknown>);
    const cursor = new Cursor(frame, null);
    // The parser builds what the grammar declares.
    const tree = parse(cursor, 0) as ImageTree;
    return new Image(frame, tree, cursor.objects);
  }

  #requireSealedAsSaid(hasKey: boolean): void {
    const header = this.tree.header.is;
    if ((header.integrity === "BLAKE3_KEYED") === hasKey) return;
    const place = this.placeOf(header, "integrity");
    throw Refusal.of({
      check: SEALED_AS_SAID,
      ...place,
      field: "integrity",
      found: `${header.integrity} ${hasKey ? "with" : "without"} a key`,
    });
  }

  /** Path and offset of a decoded record, or of one of its fields. */
  placeOf(record: Placed, field: string | null): { path: string; offset: number } {
    const at = record.at ?? 0;
    const traced = traceLeniently(this.frame).trace[at];
    const place = traced === undefined || field === null
      ? 0
      : placeOfField(traced.record, field).offset;
    return { path: traced?.path ?? "", offset: (this.frame.starts[at] ?? 0) + place };
  }
}

/** The records of a frame in order with their paths, as far as the grammar can follow. */
export function traceLeniently(
  frame: Frame,
): { readonly trace: readonly TracedRecord[]; readonly refusal: Refusal | null } {
  parse ??= compileParser(imageNode as Node<unknown>);
  const trace: TracedRecord[] = [];
  try {
    parse(new Cursor(frame, trace), 0);
    return { trace, refusal: null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { trace, refusal: error };
  }
}

/** An image as bytes. The tail's fields are filled in. */
export function encodeImage(
  tree: Omit<ImageTree, "tail">,
  key: Uint8Array | null = null,
): Uint8Array<ArrayBuffer> {
  const tail = { records: 0, digest: new Uint8Array(32) };
  const { bytes, starts } = emitTree(imageNode as Node<unknown>, { ...tree, tail });
  seal(bytes, starts, key);
  return bytes;
}
