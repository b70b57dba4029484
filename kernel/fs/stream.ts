/**
 * The harness's streams: what a machine has for standard input, output and error.
 *
 * ```
 * harness  push(bytes), end()  →  input queue  →  read(2)
 * harness  output, or a sink   ←               ←  write(2)
 * ```
 *
 * A stream is a terminal or a pipe to the guest's eyes; as a terminal it passes bytes as they are (what
 * a line discipline does is done by the host's terminal, or by nobody).
 */

import { makeDevice, S_IFCHR, S_IFIFO } from "../abi/stat.ts";
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll.ts";
import { FIRST_STREAM_INO, PIPE_DEVICE, TERMINAL_DEVICE } from "./anonymous.ts";
import { ByteQueue } from "./byte_queue.ts";
import type { Cloning } from "./cloning.ts";
import { type Attributes, type FileKind, FileObject } from "./file_object.ts";

/** Unix98 terminals: /dev/pts/N. */
const PTS_MAJOR = 136;

/** How a {@link Stream} is set up. */
export interface StreamOptions {
  /** Whether the guest sees a terminal. Default: false, a pipe. */
  readonly terminal?: boolean;
  /** Takes what the guest writes, at once; without it the stream keeps it in `output`. */
  readonly sink?: (bytes: Uint8Array) => void;
  /** Size of the terminal in characters. Default: 24 rows of 80 columns. */
  readonly window?: WindowSize;
}

/** The size of a terminal, in characters. */
export interface WindowSize {
  /** Lines, 0 … 65535. */
  readonly rows: number;
  /** Characters in a line, 0 … 65535. */
  readonly columns: number;
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
  /** Whether the guest sees a terminal. */
  readonly terminal: boolean;
  /** Size of the terminal, in characters. */
  window: WindowSize;
  /** The terminal's foreground process group; 0 while nobody has set one. */
  foregroundGroup = 0;
  readonly #sink: ((bytes: Uint8Array) => void) | null;
  #input = new ByteQueue();
  #ended = false;
  #output = new ByteQueue();
  #bytesWritten = 0;
  #inputEvents = 0;

  /** `index`: its place in the machine's list of streams. */
  constructor(index: number, options: StreamOptions = {}) {
    super();
    this.index = index;
    this.terminal = options.terminal ?? false;
    this.window = options.window ?? { rows: 24, columns: 80 };
    this.#sink = options.sink ?? null;
  }

  /** Gives the guest something to read. Throws an Error after {@link end}. */
  push(bytes: Uint8Array): void {
    if (this.#ended) throw new Error(`Cannot push to stream ${this.index} after its end`);
    this.#input.push(bytes);
    this.#inputEvents++;
  }

  /** Says that nothing more will come: the guest reads the rest, and then the end of the file. */
  end(): void {
    this.#ended = true;
    this.#inputEvents++;
  }

  /** See {@link FileObject.inputEvents}. */
  override get inputEvents(): number {
    return this.#inputEvents;
  }

  /** Whether {@link end} has been called. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes pushed and not read yet. */
  get pending(): number {
    return this.#input.length;
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

  /** A terminal is `/dev/pts/N`, a pipe `pipe:[N]`. */
  override get description(): string {
    const { ino } = this.attributes();
    return this.terminal ? `/dev/pts/${this.index}` : `pipe:[${ino}]`;
  }

  /** A character device for a terminal, a FIFO for a pipe. */
  override attributes(): Attributes {
    const times = { atime_ns: 0n, mtime_ns: 0n, ctime_ns: 0n, btime_ns: 0n };
    const common = { nlink: 1, uid: 0, gid: 0, size: 0, blocks: 0, ...times };
    const ino = FIRST_STREAM_INO + this.index;
    return this.terminal
      ? {
        ...common,
        device: TERMINAL_DEVICE,
        ino,
        mode: S_IFCHR | 0o620,
        rdev: makeDevice(PTS_MAJOR, this.index),
      }
      : { ...common, device: PIPE_DEVICE, ino, mode: S_IFIFO | 0o600, rdev: 0 };
  }

  /** Readable when there is input or its end; always writable. */
  override poll(): number {
    const hungUp = this.#ended && !this.terminal ? POLLHUP : 0;
    return (this.readable ? POLLIN | POLLRDNORM : 0) | POLLOUT | POLLWRNORM | hungUp;
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
      const { terminal, window } = this;
      const copy = new Stream(this.index, { terminal, window, ...(sink ? { sink } : {}) });
      copy.foregroundGroup = this.foregroundGroup;
      copy.#input = this.#input.clone();
      copy.#ended = this.#ended;
      copy.#output = this.#output.clone();
      copy.#bytesWritten = this.#bytesWritten;
      copy.#inputEvents = this.#inputEvents;
      return copy;
    });
  }
}
