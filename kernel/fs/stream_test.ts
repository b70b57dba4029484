import { assertEquals, assertThrows } from "../../std_assert.ts";
import { O_RDONLY } from "../abi/fcntl.ts";
import { POLLHUP, POLLIN } from "../abi/poll.ts";
import { S_IFCHR, S_IFIFO, S_IFMT } from "../abi/stat.ts";
import { Cloning } from "./cloning.ts";
import { OpenFile } from "./open_file.ts";
import { Stream } from "./stream.ts";
import { text, utf8 } from "./testing/environment.ts";

Deno.test("does a reader wait until the harness pushes, and end when it says so?", () => {
  const stream = new Stream(0);
  assertEquals(stream.read(0, 5), null);
  assertEquals(stream.read(0, 0), utf8(""));
  stream.push(utf8("hello"));
  assertEquals(stream.read(0, 3), utf8("hel"));
  assertEquals(stream.pending, 5);
  stream.consume(3);
  stream.end();
  assertEquals(stream.read(0, 9), utf8("lo"));
  stream.consume(2);
  assertEquals(stream.read(0, 9), utf8(""));
  assertEquals(stream.poll() & (POLLIN | POLLHUP), POLLIN | POLLHUP);
  assertThrows(() => stream.push(utf8("late")), Error, "after its end");
});

Deno.test("does output go to the sink, or stay until it is taken?", () => {
  const heard: string[] = [];
  const loud = new Stream(1, { sink: (bytes) => heard.push(text(bytes)) });
  loud.write(0, utf8("a"));
  loud.write(0, utf8("b"));
  assertEquals([heard, loud.output.length, loud.bytesWritten], [["a", "b"], 0, 2]);
  const quiet = new Stream(1);
  quiet.write(0, utf8("one "));
  quiet.write(0, utf8("two"));
  assertEquals(text(quiet.output), "one two");
  assertEquals([text(quiet.takeOutput()), quiet.output.length], ["one two", 0]);
});

Deno.test("is it a terminal or a pipe to whoever asks?", () => {
  const [pipe, terminal] = [new Stream(0), new Stream(0, { terminal: true })];
  assertEquals(pipe.attributes().mode & S_IFMT, S_IFIFO);
  assertEquals(terminal.tty === null ? 0 : terminal.tty.attributes().mode & S_IFMT, S_IFCHR);
  const [onPipe, onTerminal] = [pipe, terminal].map((one) => OpenFile.onStream(one, O_RDONLY));
  assertEquals([onPipe?.path, onPipe?.writable], ["pipe:[3]", false]);
  assertEquals([onTerminal?.path, onTerminal?.writable], ["/dev/pts/0", true]);
});

Deno.test("does a clone read and write for itself?", () => {
  const stream = new Stream(0, { sink: () => {} });
  stream.push(utf8("in"));
  const copy = stream.clone(new Cloning());
  stream.consume(2);
  stream.end();
  copy.write(0, utf8("out"));
  assertEquals([text(copy.read(0, 9) ?? utf8("")), text(copy.output), copy.ended], [
    "in",
    "out",
    false,
  ]);
});
