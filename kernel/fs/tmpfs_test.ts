import { assert, assertEquals } from "../../std_assert.ts";
import fc from "npm:fast-check@4";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { Cloning } from "./cloning.ts";
import { RegularInode } from "./inode.ts";
import { errnoOf, testEnvironment, utf8, withFileSystem } from "./testing/environment.ts";
import { MappedView } from "./testing/mapped_view.ts";
import { Tmpfs } from "./tmpfs.ts";

const OWNER = { mode: 0o644, uid: 0, gid: 0 };
const SPACE = 5 * PAGE_SIZE;

function newFile(tmpfs: Tmpfs): RegularInode {
  const inode = tmpfs.root.create("file", { kind: "regular" }, OWNER);
  if (!(inode instanceof RegularInode)) throw new Error("A regular file was made");
  return inode;
}

const fileStep = fc.oneof(
  fc.record({
    kind: fc.constant("write" as const),
    at: fc.nat(SPACE),
    bytes: fc.uint8Array({ maxLength: 2 * PAGE_SIZE, size: "max" }),
  }),
  fc.record({ kind: fc.constant("resize" as const), size: fc.nat(SPACE) }),
  fc.record({ kind: fc.constant("punch" as const), at: fc.nat(SPACE), length: fc.nat(SPACE) }),
  fc.record({ kind: fc.constant("look" as const), page: fc.nat(7) }),
  fc.record({ kind: fc.constant("poke" as const), at: fc.nat(SPACE), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant("clone" as const) }),
);

/** What a file is, put simply. */
class Model {
  bytes = new Uint8Array(0);

  write(at: number, bytes: Uint8Array) {
    if (bytes.length > 0 && at + bytes.length > this.bytes.length) this.resize(at + bytes.length);
    this.bytes.set(bytes, bytes.length > 0 ? at : 0);
  }

  /** A page that is mapped, or `null` behind the end. */
  page(page: number): Uint8Array | null {
    const piece = this.bytes.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    if (piece.length === 0) return null;
    const whole = new Uint8Array(PAGE_SIZE);
    whole.set(piece);
    return whole;
  }

  resize(size: number) {
    const grown = new Uint8Array(size);
    grown.set(this.bytes.subarray(0, size));
    this.bytes = grown;
  }
}

/** As assertEquals, which takes seconds to show how two pages differ. */
function assertSame(actual: Uint8Array | null, expected: Uint8Array | null): void {
  const isSame = actual?.length === expected?.length &&
    (actual?.every((byte, i) => byte === expected?.[i]) ?? true);
  assert(isSame, "The bytes are not those of the model");
}

Deno.test("is a file, through writes, cuts, holes, mappings and clones, what an array of bytes is?", () => {
  fc.assert(
    fc.property(fc.array(fileStep, { maxLength: 25 }), (steps) => {
      const environment = testEnvironment();
      const { memory } = environment;
      let tmpfs = new Tmpfs(environment, { device: 1 });
      const older: Tmpfs[] = [];
      let file = newFile(tmpfs);
      const model = new Model();
      let view = new MappedView(file);
      const views = [view];
      for (const step of steps) {
        switch (step.kind) {
          case "write":
            assertEquals(file.write(step.at, step.bytes), step.bytes.length);
            model.write(step.at, step.bytes);
            break;
          case "resize":
            file.resize(step.size);
            model.resize(step.size);
            break;
          case "punch": {
            const end = Math.min(step.at + step.length, model.bytes.length);
            const at = Math.min(step.at, end);
            file.punch(at, end);
            model.bytes.fill(0, at, end);
            break;
          }
          case "look":
            assertSame(view.look(step.page), model.page(step.page));
            break;
          case "poke": {
            const offset = step.at % PAGE_SIZE;
            const isThere = view.poke((step.at - offset) / PAGE_SIZE, offset, step.byte);
            assertEquals(isThere, model.page((step.at - offset) / PAGE_SIZE) !== null);
            // What lies behind the end within the last page is seen by those who map it, and nobody else.
            if (step.at < model.bytes.length) model.bytes[step.at] = step.byte;
            else if (isThere) view.poke((step.at - offset) / PAGE_SIZE, offset, 0);
            break;
          }
          case "clone": {
            const cloning = new Cloning();
            older.push(tmpfs);
            tmpfs = tmpfs.clone(environment, cloning);
            // The original goes its own way from here, and the clone must not notice.
            const original = file;
            file = original.clone(cloning) as RegularInode;
            original.write(0, utf8("the original changes"));
            const seen = new TextDecoder().decode(view.look(0)?.subarray(0, 20));
            assertEquals(seen, "the original changes");
            view = new MappedView(file);
            views.push(view);
            break;
          }
        }
        assertEquals(file.size, model.bytes.length);
        assertSame(file.read(0, SPACE * 2), model.bytes);
        for (const page of view.pages) assertSame(view.look(page), model.page(page));
      }
      for (const each of views) each.release();
      for (const one of [tmpfs, ...older]) {
        assertEquals(one.usage().blocks - one.usage().blocksFree, one.pagesUsed);
        one.dispose();
      }
      assertEquals(memory.framesInUse, 0);
    }),
    { numRuns: 200 },
  );
});

Deno.test("do SEEK_DATA and SEEK_HOLE find pages that were written and pages that were not?", () => {
  const tmpfs = new Tmpfs(testEnvironment(), { device: 1 });
  const file = newFile(tmpfs);
  file.write(2 * PAGE_SIZE + 10, utf8("data"));
  file.resize(5 * PAGE_SIZE);
  assertEquals(file.nextData(0), 2 * PAGE_SIZE);
  assertEquals(file.nextHole(0), 0);
  assertEquals(file.nextHole(2 * PAGE_SIZE + 5), 3 * PAGE_SIZE);
  assertEquals(file.nextData(2 * PAGE_SIZE + 5), 2 * PAGE_SIZE + 5);
  assertEquals(file.nextData(3 * PAGE_SIZE), -1);
  assertEquals(file.blocks, 8);
});

Deno.test("what is left of a file that does not fit?", () => {
  const tmpfs = new Tmpfs(testEnvironment(), { device: 1, pagesMax: 2 });
  const file = newFile(tmpfs);
  assertEquals(file.write(100, new Uint8Array(4 * PAGE_SIZE).fill(7)), 2 * PAGE_SIZE - 100);
  assertEquals(file.size, 2 * PAGE_SIZE);
  assertEquals(errnoOf(() => file.write(3 * PAGE_SIZE, utf8("x"))), "ENOSPC");
  assertEquals(errnoOf(() => file.reserve(0, 3 * PAGE_SIZE)), "ENOSPC");
  assertEquals(file.write(0, utf8("within")), 6);
  tmpfs.dispose();
});

Deno.test("does the machine's memory running out stop a write in the middle, and nothing else?", () => {
  const tmpfs = new Tmpfs(testEnvironment(3), { device: 1, pagesMax: 100 });
  const file = newFile(tmpfs);
  assertEquals(file.write(0, new Uint8Array(4 * PAGE_SIZE).fill(1)), 3 * PAGE_SIZE);
  assertEquals(errnoOf(() => file.write(3 * PAGE_SIZE, utf8("x"))), "ENOSPC");
  assertEquals(tmpfs.pagesUsed, 3);
  tmpfs.dispose();
  assertEquals(tmpfs.environment.memory.framesInUse, 0);
});

Deno.test("does the content's identity follow the content, and only it?", () => {
  const file = newFile(new Tmpfs(testEnvironment(), { device: 1 }));
  let computed = 0;
  const identity = () =>
    file.contentIdentity((it) => {
      computed++;
      return it.read(0, 100);
    });
  file.write(0, utf8("one"));
  assertEquals([identity(), identity()], [utf8("one"), utf8("one")]);
  file.setAttributes({ mode: 0o600 });
  identity();
  assertEquals(computed, 1);
  file.write(0, utf8("two"));
  assertEquals(identity(), utf8("two"));
  assertEquals(computed, 2);
});

Deno.test("does an unlinked file live until its last descriptor is closed?", () => {
  withFileSystem((fileSystem) => {
    const { memory } = fileSystem.environment;
    fileSystem.writeFile("/tmp/f", utf8("still here"));
    const file = fileSystem.open("/tmp/f");
    fileSystem.remove("/tmp/f");
    assertEquals(file.path, "/tmp/f (deleted)");
    assertEquals(file.object.read(0, 100), utf8("still here"));
    assertEquals(memory.framesInUse, 1);
    file.release();
    assertEquals(memory.framesInUse, 0);
  });
});

Deno.test("does a reader of a directory see what stays exactly once, whatever comes and goes?", () => {
  const step = fc.record({ add: fc.boolean(), name: fc.nat(30), read: fc.nat(4) });
  fc.assert(fc.property(fc.array(step), fc.nat(40), (steps, initial) => {
    const { root } = new Tmpfs(testEnvironment(), { device: 1 });
    const always = Array.from({ length: initial }, (_, i) => `stays ${i}`);
    for (const name of always) root.create(name, { kind: "regular" }, OWNER);
    const seen: string[] = [];
    let from = 0;
    const read = (limit: number) => {
      const records = root.list(from, limit);
      for (const { name, cookie } of records) {
        seen.push(name);
        from = cookie + 1;
      }
      return records.length;
    };
    for (const { add, name, read: limit } of steps) {
      const inode = root.lookup(`${name}`);
      if (add && inode === null) root.create(`${name}`, { kind: "regular" }, OWNER);
      if (!add && inode !== null) root.remove(`${name}`, inode);
      read(limit);
    }
    while (read(7) > 0);
    assertEquals(seen.filter((name) => name.startsWith("stays")).sort(), always.sort());
  }));
});

Deno.test("can a tree as deep as the guest likes be cloned?", () => {
  const tmpfs = new Tmpfs(testEnvironment(50_000), { device: 1 });
  let at = tmpfs.root;
  for (let i = 0; i < 20_000; i++) {
    at = at.create("d", { kind: "directory" }, OWNER) as typeof tmpfs.root;
  }
  const copy = tmpfs.clone(tmpfs.environment, new Cloning());
  assertEquals(copy.root.lookup("d")?.ino, tmpfs.root.lookup("d")?.ino);
});
