/** Bytes that wait between a writer and a reader: what a pipe holds, what a stream was given. */

/** Bytes that a chunk has room for at least, so that small pushes share one. */
const CHUNK_BYTES = 2 ** 12;

/** A piece of memory of which the first `end` bytes are, or have been, in the queue. */
interface Chunk {
  readonly bytes: Uint8Array;
  end: number;
}

/** A first-in, first-out queue of bytes. Unbounded; whoever owns it keeps the bound. */
export class ByteQueue {
  /** Oldest first. Only the last may have been taken empty, and has room for more perhaps. */
  #chunks: Chunk[] = [];
  /** Bytes of the first chunk that are gone already. */
  #taken = 0;
  #length = 0;
  /** Whether a clone holds the same chunks, which then stay as they are. */
  #shared = false;

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  /** Puts a copy of `bytes` behind what is there. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const chunk = this.#chunkWithRoom(bytes.length);
    chunk.bytes.set(bytes, chunk.end);
    chunk.end += bytes.length;
    this.#length += bytes.length;
  }

  /** A copy of the oldest bytes, at most `length` of them, which stay in the queue. */
  peek(length: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(length, this.#length));
    let filled = 0;
    for (let i = 0; filled < bytes.length; i++) {
      const chunk = this.#chunks[i];
      if (chunk === undefined) throw new RangeError("The queue is shorter than its length says");
      const from = i === 0 ? this.#taken : 0;
      const part = chunk.bytes.subarray(from, Math.min(chunk.end, from + bytes.length - filled));
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  /** What {@link peek} gives, to be read only and before the queue changes: no copy if it can be. */
  view(length: number): Uint8Array {
    const first = this.#chunks[0];
    const wanted = Math.min(length, this.#length);
    if (first === undefined || this.#taken + wanted > first.end) return this.peek(length);
    return first.bytes.subarray(this.#taken, this.#taken + wanted);
  }

  /** Takes the oldest `length` bytes away. Throws a RangeError when there are fewer. */
  consume(length: number): void {
    if (length > this.#length) {
      throw new RangeError(`Cannot take ${length} of ${this.#length} bytes`);
    }
    this.#length -= length;
    this.#taken += length;
    let done = 0;
    for (; done < this.#chunks.length - 1; done++) {
      const end = this.#chunks[done]?.end ?? 0;
      if (this.#taken < end) break;
      this.#taken -= end;
    }
    if (done > 0) this.#chunks.splice(0, done);
    if (this.#length === 0) this.#reuse();
  }

  /** A queue with the same bytes that lives on by itself. */
  clone(): ByteQueue {
    const copy = new ByteQueue();
    copy.#chunks = [...this.#chunks];
    copy.#taken = this.#taken;
    copy.#length = this.#length;
    copy.#shared = this.#shared = this.#chunks.length > 0;
    return copy;
  }

  /** The last chunk, or a new one behind it. */
  #chunkWithRoom(bytes: number): Chunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && !this.#shared && last.end + bytes <= last.bytes.length) return last;
    const chunk = { bytes: new Uint8Array(Math.max(bytes, CHUNK_BYTES)), end: 0 };
    if (this.#length === 0) {
      this.#chunks.length = 0;
      this.#taken = 0;
    }
    this.#chunks.push(chunk);
    this.#shared = false;
    return chunk;
  }

  /** Begins again at the front of the only chunk, which is empty now. */
  #reuse(): void {
    const only = this.#chunks[0];
    if (only === undefined || this.#shared || only.bytes.length > CHUNK_BYTES) {
      this.#chunks = [];
      this.#shared = false;
    } else {
      only.end = 0;
    }
    this.#taken = 0;
  }
}
