/**
 * The laws of the image: it says all, it comes back the same, and whatever is not exactly what was
 * written is refused with nothing left behind.
 */
import fc from "npm:fast-check@4";
import { assert, assertEquals, assertThrows } from "../../std_assert.ts";
import { EINVAL, EIO, EKEYREJECTED, ENOKEY, EPIPE } from "../abi/errno.ts";
import type { Kernel } from "../kernel.ts";
import { checkpoint } from "./checkpoint.ts";
import { emitTree } from "./emitter.ts";
import { imageParts, partAt, resealImage, splitImage } from "./fields.ts";
import type { ByteSource } from "./frame.ts";
import type { Node } from "./grammar.ts";
import { Image, imageNode } from "./image.ts";
import { formatInspection, inspectImage } from "./inspect.ts";
import { seal } from "./integrity.ts";
import { Refusal } from "./refusal.ts";
import { planRestart } from "./restart.ts";
import { decorate } from "./testing/decorate.ts";
import { type Decoration, decorations } from "./testing/decoration.ts";
import { fingerprint, makeWorld, startLooping } from "./testing/world.ts";

const world = makeWorld();

/** The image of a `ckpt` in some state, and of nothing else. */
function imageOf(states: readonly Decoration[] = [], key?: Uint8Array): Uint8Array {
  const kernel = world.fork();
  const task = startLooping(kernel);
  decorate(kernel, task, states);
  const image = checkpoint(kernel, task, key === undefined ? {} : { key });
  kernel.dispose();
  return image;
}

const hello = imageOf();
const KEY = new Uint8Array(32).map((_, i) => i * 3);

/** The refusal of an image, which must leave the machine as it was. */
function refusalOf(image: Uint8Array | ByteSource, kernel: Kernel, key?: Uint8Array): Refusal {
  const before = fingerprint(kernel);
  const options = key === undefined ? {} : { key };
  const refusal = assertThrows(
    () => planRestart(kernel, image, { adoptMachine: true, ...options }),
    Refusal,
  );
  assertEquals(fingerprint(kernel), before);
  return refusal;
}

Deno.test("a checkpoint of a restarted image is that image, whatever state the task is in", () => {
  fc.assert(
    fc.property(decorations, (states) => {
      const image = imageOf(states);
      const kernel = world.fork();
      const frames = kernel.memory.framesInUse;
      const task = planRestart(kernel, image, { adoptMachine: true }).commit();
      assertEquals(
        formatInspection(inspectImage(checkpoint(kernel, task))).split("\n"),
        formatInspection(inspectImage(image)).split("\n"),
      );
      assertEquals(checkpoint(kernel, task), image);
      kernel.dispose();
      assert(kernel.memory.framesInUse <= frames);
    }),
    { seed: 1, numRuns: 60 },
  );
});

Deno.test("a plan that is disposed of leaves no trace, whatever state the task is in", () => {
  fc.assert(
    fc.property(decorations, (states) => {
      const image = imageOf(states);
      const kernel = world.fork();
      const before = fingerprint(kernel);
      planRestart(kernel, image, { adoptMachine: true }).dispose();
      assertEquals(fingerprint(kernel), before);
      kernel.dispose();
    }),
    { seed: 1, numRuns: 30 },
  );
});

Deno.test("decoding and encoding an image gives its bytes", () => {
  fc.assert(
    fc.property(decorations, (states) => {
      const image = imageOf(states);
      const { tree } = Image.read(image);
      const { bytes, starts } = emitTree(imageNode as Node<unknown>, tree);
      seal(bytes, starts, null);
      assertEquals(bytes, image);
    }),
    { seed: 1, numRuns: 30 },
  );
});

Deno.test("a hundred generations change nothing", () => {
  const kernel = world.fork();
  let image = hello;
  for (let i = 0; i < 100; i++) {
    const task = planRestart(kernel, image, { adoptMachine: true }).commit();
    image = checkpoint(kernel, task);
    kernel.signal(task.pid, 9);
    kernel.run();
    kernel.reap(task.pid);
  }
  assertEquals(image, hello);
  kernel.dispose();
});

Deno.test("every byte with one bit turned is refused", () => {
  const kernel = world.fork();
  for (let at = 0; at < hello.length; at++) {
    const damaged = hello.slice();
    damaged[at]! ^= 1 << (at % 8);
    const { errno, check } = refusalOf(damaged, kernel);
    assert([EINVAL, EPIPE, EIO, ENOKEY].includes(errno), check);
  }
  kernel.dispose();
});

Deno.test("an image that ends early is refused as premature end, wherever it ends", () => {
  const kernel = world.fork();
  for (let length = 0; length < hello.length; length += length % 97 === 0 ? 1 : 13) {
    const { errno, check } = refusalOf(hello.slice(0, length), kernel);
    assertEquals([errno, check], [EPIPE, "frame/complete"]);
  }
  kernel.dispose();
});

Deno.test("records that are dropped, doubled, swapped or taken from elsewhere are refused", () => {
  const kernel = world.fork();
  const records = splitImage(hello);
  const others = splitImage(imageOf([{ kind: "fcsr", fcsr: 3 }, { kind: "comm", comm: "other" }]));
  const join = (parts: readonly Uint8Array[]) =>
    Uint8Array.from(parts.flatMap((part) => Array.from(part)));
  for (let i = 0; i + 1 < records.length; i++) {
    const [before, one, next, after] = [
      records.slice(0, i),
      records[i]!,
      records[i + 1]!,
      records.slice(i + 2),
    ];
    refusalOf(join([...before, next, ...after]), kernel);
    refusalOf(join([...before, one, one, next, ...after]), kernel);
    const isSame = one.length === next.length && one.every((byte, k) => byte === next[k]);
    if (!isSame) refusalOf(join([...before, next, one, ...after]), kernel);
    const other = others[i]!;
    const isEqual = other.length === one.length && other.every((byte, k) => byte === one[k]);
    if (!isEqual) refusalOf(join([...before, other, next, ...after]), kernel);
  }
  refusalOf(join([...records.slice(0, 30), ...others.slice(30)]), kernel);
  kernel.dispose();
});

Deno.test("records that are dropped, doubled or swapped are refused also when sealed anew", () => {
  const kernel = world.fork();
  const records = splitImage(hello);
  for (let i = 0; i + 1 < records.length - 1; i++) {
    const [before, one, next, after] = [
      records.slice(0, i),
      records[i]!,
      records[i + 1]!,
      records.slice(i + 2),
    ];
    refusalOf(resealImage([...before, next, ...after]), kernel);
    refusalOf(resealImage([...before, one, one, next, ...after]), kernel);
    const isSame = one.every((byte, k) => byte === next[k]);
    if (!isSame) refusalOf(resealImage([...before, next, one, ...after]), kernel);
  }
  kernel.dispose();
});

Deno.test("random bytes, and no bytes, are refused", () => {
  const kernel = world.fork();
  refusalOf(new Uint8Array(0), kernel);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      refusalOf(bytes, kernel);
    }),
    { seed: 1, numRuns: 200 },
  );
  kernel.dispose();
});

Deno.test("an image of a failed checkpoint says so", () => {
  const kernel = world.fork();
  const error = new Uint8Array(24);
  new DataView(error.buffer).setUint32(0, 9999, true);
  new DataView(error.buffer).setUint32(4, 24, true);
  assertEquals(refusalOf(error, kernel).errno, EIO);
  kernel.dispose();
});

Deno.test("what follows the tail is left alone in memory, and unread in a source", () => {
  const kernel = world.fork();
  const longer = new Uint8Array(hello.length + 50).fill(0x5a);
  longer.set(hello);
  planRestart(kernel, longer, { adoptMachine: true }).dispose();
  for (const pieceMax of [1, 7, 100_000]) {
    let at = 0;
    const source: ByteSource = {
      read(into) {
        const piece = longer.subarray(at, at + Math.min(into.length, pieceMax));
        into.set(piece);
        at += piece.length;
        return piece.length;
      },
    };
    planRestart(kernel, source, { adoptMachine: true }).dispose();
    assertEquals(at, hello.length);
  }
  kernel.dispose();
});

Deno.test("a claimed length costs no memory before its bytes have come", () => {
  const kernel = world.fork();
  const header = hello.slice(0, 72);
  const claim = new Uint8Array(80);
  claim.set(header);
  for (const [type, length] of [[4, 786_448], [604, 0xfffffff8], [4, 0x80000000]] as const) {
    new DataView(claim.buffer).setUint32(72, type, true);
    new DataView(claim.buffer).setUint32(76, length, true);
    let at = 0;
    let askedMax = 0;
    const refusal = refusalOf({
      read(into) {
        askedMax = Math.max(askedMax, into.length);
        const piece = claim.subarray(at, at + into.length);
        into.set(piece);
        at += piece.length;
        return piece.length;
      },
    }, kernel);
    assert(["frame/complete", "frame/length"].includes(refusal.check));
    assert(askedMax <= 65536);
  }
  kernel.dispose();
});

Deno.test("a keyed image needs its key, and a plain one must not have any", () => {
  const kernel = world.fork();
  const keyed = imageOf([], KEY);
  planRestart(kernel, keyed, { adoptMachine: true, key: KEY }).dispose();
  assertEquals(refusalOf(keyed, kernel).errno, ENOKEY);
  const wrong = refusalOf(keyed, kernel, KEY.map((byte) => byte ^ 1));
  assertEquals([wrong.errno, wrong.check], [EKEYREJECTED, "integrity/key_right"]);
  const plain = refusalOf(hello, kernel, KEY);
  assertEquals([plain.errno, plain.check], [EKEYREJECTED, "integrity/image_keyed"]);
  const forged = resealImage(splitImage(keyed));
  assertEquals(refusalOf(forged, kernel).check, "HEADER.integrity/sealed_so");
  kernel.dispose();
});

Deno.test("without the check of integrity damage is believed, which shows that it matters", () => {
  const kernel = world.fork();
  const damaged = hello.slice();
  const page = inspectImage(hello).records.find(({ type }) => type === "PAGES")!;
  damaged[page.offset + 3000]! ^= 1;
  refusalOf(damaged, kernel);
  planRestart(kernel, damaged, { adoptMachine: true, verify: () => {} }).dispose();
  kernel.dispose();
});

Deno.test("an inspection shows an intact image whole, and a damaged one as far as it can", () => {
  const whole = inspectImage(hello);
  assertEquals([whole.refusal, whole.trailing, whole.length], [null, 0, hello.length]);
  assert(whole.records.every(({ path, fields }) => path !== "" && fields !== undefined));
  assert(formatInspection(whole).includes("task[0]/mm/vma[2]  VMA"));
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.nat(7), fc.nat(hello.length), (at, bit, end) => {
      const damaged = hello.slice(0, Math.max(end, at + 1));
      damaged[at]! ^= 1 << bit;
      const { refusal, records } = inspectImage(damaged);
      assert(refusal !== null);
      assert(records.every(({ offset, length }) => offset + length <= damaged.length));
      assert(formatInspection(inspectImage(damaged)).includes("Refused: "));
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("the parts of an image cover each of its bytes once, and each has its label", () => {
  const parts = imageParts(hello);
  let at = 0;
  for (const part of parts) {
    assertEquals(part.offset, at, part.field);
    at += part.length;
    assert(part.path !== "" && part.field !== "");
    assertEquals(partAt(parts, part.offset + part.length - 1), part);
  }
  assertEquals(at, hello.length);
  assertEquals(partAt(parts, hello.length), undefined);
});
