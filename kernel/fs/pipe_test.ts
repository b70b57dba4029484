import { assertEquals } from "../../std_assert.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll.ts";
import { Cloning } from "./cloning.ts";
import type { OpenFile } from "./open_file.ts";
import { ROOT_CREDENTIALS } from "./permissions.ts";
import { PipeReader } from "./pipe.ts";
import { errnoOf, utf8, withFileSystem } from "./testing/environment.ts";

function withPipe(use: (reader: OpenFile, writer: OpenFile) => void): void {
  withFileSystem((fs) => {
    const { reader, writer } = fs.openPipe(ROOT_CREDENTIALS);
    use(reader, writer);
    for (const end of [reader, writer]) if (end.references > 0) end.release();
  });
}

Deno.test("does a reader wait while there is a writer, and see the end when there is none?", () => {
  withPipe((reader, writer) => {
    assertEquals(reader.object.read(0, 10), null);
    assertEquals(writer.object.write(0, utf8("abc")), 3);
    assertEquals(reader.object.bytesReady(0), 3);
    assertEquals(reader.object.read(0, 2), utf8("ab"));
    reader.object.consume(2);
    writer.release();
    assertEquals(reader.object.read(0, 9), utf8("c"));
    reader.object.consume(1);
    assertEquals(reader.object.read(0, 9), utf8(""));
    assertEquals(reader.object.poll(), POLLHUP);
  });
});

Deno.test("does a short write go in whole or not at all, and a long one as far as there is room?", () => {
  withPipe((reader, writer) => {
    assertEquals(writer.object.write(0, new Uint8Array(100_000)), 65536);
    assertEquals(writer.object.write(0, utf8("x")), null);
    reader.object.consume(10);
    assertEquals(writer.object.write(0, new Uint8Array(11)), null);
    assertEquals(writer.object.write(0, new Uint8Array(4097)), 10);
    assertEquals(writer.object.poll(), 0);
    reader.object.consume(4096);
    assertEquals(writer.object.poll(), POLLOUT | POLLWRNORM);
    assertEquals(reader.object.poll(), POLLIN | POLLRDNORM);
  });
});

Deno.test("is a pipe without readers broken, and an empty write still nothing?", () => {
  withPipe((reader, writer) => {
    reader.release();
    assertEquals(errnoOf(() => writer.object.write(0, utf8("x"))), "EPIPE");
    assertEquals(writer.object.write(0, utf8("")), 0);
    assertEquals(writer.object.poll(), POLLOUT | POLLWRNORM | POLLERR);
  });
});

Deno.test("which capacities can a pipe have?", () => {
  withPipe((reader, writer) => {
    if (!(reader.object instanceof PipeReader)) throw new Error("A pipe was made");
    const { pipe } = reader.object;
    assertEquals([1, 4096, 4097, 100_000].map((bytes) => pipe.resize(bytes, false)), [
      4096,
      4096,
      8192,
      131072,
    ]);
    assertEquals(errnoOf(() => pipe.resize(0, true)), "EINVAL");
    assertEquals(errnoOf(() => pipe.resize(2 ** 21, false)), "EPERM");
    assertEquals(pipe.resize(2 ** 21, true), 2 ** 21);
    writer.object.write(0, new Uint8Array(5000));
    assertEquals(errnoOf(() => pipe.resize(4096, true)), "EBUSY");
  });
});

Deno.test("do both ends of a clone lead to one pipe, with the bytes that were in it?", () => {
  withPipe((reader, writer) => {
    writer.object.write(0, utf8("ab"));
    const cloning = new Cloning();
    const [copyOfReader, copyOfWriter] = [reader.clone(cloning), writer.clone(cloning)];
    reader.object.consume(1);
    copyOfWriter.object.write(0, utf8("c"));
    assertEquals(copyOfReader.object.read(0, 9), utf8("abc"));
    copyOfWriter.release();
    assertEquals(copyOfReader.object.poll() & POLLHUP, POLLHUP);
    assertEquals(reader.path, copyOfReader.path);
    copyOfReader.release();
  });
});
