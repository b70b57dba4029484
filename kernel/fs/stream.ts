/**
 * The harness's streams: what a machine has for standard input, output and error.
 *
 * ```
 * harness  push(bytes), end()  →  input queue, or a terminal's line discipline  →  read(2)
 * harness  output, or a sink   ←                                                ←  write(2)
 * ```
 *
 * To the guest's eyes a stream is a pipe, or it is the far side of a terminal: what is pushed are keys, and
 * what comes out belongs on a screen.
 */

import { S_IFIFO } from "../abi/stat.ts";
import { INPUT_EVENTS, OUTPUT_EVENTS, POLLHUP } from "../abi/poll.ts";
import { FIRST_STREAM_INO, PIPE_DEVICE } from "./anonymous.ts";
import { ByteQueue } from "./byte_queue.ts";
import type { Cloning } from "./cloning.ts";
import { type AsyncEvents, type Attributes, type FileKind, FileObject } from "./file_object.ts";
import { WaitQueue } from "./wait_queue.ts";
import { Terminal, type TerminalLine, type WindowSize } from "./terminal/terminal.ts";

/** Bytes that a screen takes at once: there is no bound. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** How a {@link Stream} is set up. */
export interface StreamOptions {
  /** Whether the guest sees a terminal. Default: false, a pipe. */
  readonly terminal?: boolean;
  /** Takes what the guest writes, at once; without it the stream keeps it in `output`. */
  readonly sink?: (bytes: Uint8Array) => void;
  /** Size of the terminal in characters. Default: 24 rows of 80 columns. */
  readonly window?: WindowSize;
}

/**
 * One of the machine's streams.
 *
 * @example
 * ```ts
 * import { Kernel, Stream } from "../mod.ts";
 *
 * const heard: Uint8Array[] = [];
 * const [input, output] = [new Stream(0), new Stream(1, { sink: (bytes) => heard.push(bytes) })];
 * const kernel = new Kernel({ streams: [input, output, new Stream(2, { terminal: true })] });
 * input.push(new TextEncoder().encode("what the guest will read"));
 * input.end();
 * console.assert(kernel.streams[0]?.pending === 24);
 * ```
 */
export class Stream extends FileObject {
  /** Always "stream". */
  override readonly kind: FileKind = "stream";
  /** Its place in the machine's list of streams; what a {@link Wait} names it by. */
  readonly index: number;
  /** The terminal that it is the far side of, which is what the guest has open; `null` for a pipe. */
  readonly tty: Terminal | null;
  readonly #sink: ((bytes: Uint8Array) => void) | null;
  #input = new ByteQueue();
  #ended = false;
  #output = new ByteQueue();
  #bytesWritten = 0;
  #asyncInput = 0;
  /** See {@link FileObject.waiters}. */
  override readonly waiters: WaitQueue = new WaitQueue();

  /** `index`: its place in the machine's list of streams. `original`: whose terminal is copied. */
  constructor(index: number, options: StreamOptions = {}, original?: Stream) {
    super();
    this.index = index;
    this.#sink = options.sink ?? null;
    const { terminal = false, window = { rows: 24, columns: 80 } } = options;
    this.tty = original?.tty?.cloneOn(this.#line) ??
      (terminal ? new Terminal({ index, line: this.#line, window }) : null);
  }

  /** Whether the guest sees a terminal. */
  get terminal(): boolean {
    return this.tty !== null;
  }

  /** Gives the guest something to read. Throws an Error after {@link end}. */
  push(bytes: Uint8Array): void {
    if (this.#ended) throw new Error(`Cannot push to stream ${this.index} after its end`);
    if (this.tty !== null) return this.tty.receive(bytes);
    this.#input.push(bytes);
    this.#asyncInput++;
    this.notify(INPUT_EVENTS);
  }

  /** Says that nothing more will come: the guest reads the rest, and then the end of the file. */
  end(): void {
    this.#ended = true;
    this.tty?.endInput();
    this.#asyncInput++;
    this.waiters.wakeAll();
  }

  /** See {@link FileObject.asyncEvents}. */
  override get asyncEvents(): AsyncEvents {
    return { input: this.#asyncInput, output: 0 };
  }

  /** Whether {@link end} has been called. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes pushed and not read yet. */
  get pending(): number {
    return this.tty?.pending ?? this.#input.length;
  }

  /** Whether a read would not have to wait. */
  get readable(): boolean {
    return this.#ended || this.#input.length > 0;
  }

  /** A copy of all that the guest wrote and no sink or {@link takeOutput} took. */
  get output(): Uint8Array {
    return this.#output.peek(this.#output.length);
  }

  /** Returns what {@link output} returns, and forgets it. */
  takeOutput(): Uint8Array {
    const bytes = this.output;
    this.#output.consume(bytes.length);
    return bytes;
  }

  /** Bytes that the guest ever wrote. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** As a pipe is shown. */
  override get description(): string {
    return `pipe:[${this.attributes().ino}]`;
  }

  /** Those of a pipe. */
  override attributes(): Attributes {
    const times = { atime_ns: 0n, mtime_ns: 0n, ctime_ns: 0n, btime_ns: 0n };
    const common = { nlink: 1, uid: 0, gid: 0, size: 0, blocks: 0, ...times };
    const ino = FIRST_STREAM_INO + this.index;
    return { ...common, device: PIPE_DEVICE, ino, mode: S_IFIFO | 0o600, rdev: 0 };
  }

  /** Readable when there is input or its end; always writable. */
  override poll(): number {
    const hungUp = this.#ended ? POLLHUP : 0;
    return (this.readable ? INPUT_EVENTS : 0) | OUTPUT_EVENTS | hungUp;
  }

  /** The stream itself. */
  override reopened(): Stream {
    return this;
  }

  /** See {@link FileObject.read}. */
  override read(_position: number, length: number): Uint8Array | null {
    return this.readable || length === 0 ? this.#input.view(length) : null;
  }

  /** See {@link FileObject.consume}. */
  override consume(length: number): void {
    this.#input.consume(length);
  }

  /** Takes all of `bytes`; see {@link FileObject.write}. */
  override write(_position: number, bytes: Uint8Array): number {
    this.#bytesWritten += bytes.length;
    if (this.#sink !== null) this.#sink(bytes.slice());
    else this.#output.push(bytes);
    return bytes.length;
  }

  /** Bytes pushed and not read yet. */
  override bytesReady(): number {
    return this.#input.length;
  }

  /**
   * The stream of a machine's clone: same input still to be read, same output so far. `sink` takes the
   * clone's own output; a sink is not inherited, because the original's owner listens to the original.
   * The machine clones its streams before its open files, which then find the copies.
   */
  override clone(cloning: Cloning, sink?: (bytes: Uint8Array) => void): Stream {
    return cloning.once(this, () => {
      const copy = new Stream(this.index, sink ? { sink } : {}, this);
      if (this.tty !== null && copy.tty !== null) cloning.note(this.tty, copy.tty);
      copy.#input = this.#input.clone();
      copy.#ended = this.#ended;
      copy.#output = this.#output.clone();
      copy.#bytesWritten = this.#bytesWritten;
      copy.#asyncInput = this.#asyncInput;
      return copy;
    });
  }

  /** The screen: it takes everything at once, and nobody counts who looks. */
  get #line(): TerminalLine {
    return {
      kind: "terminal",
      room: UNBOUNDED,
      take: (bytes) => void this.write(0, bytes),
      notice: () => {},
      inputTaken: () => {},
      countOpen: () => {},
    };
  }
}
