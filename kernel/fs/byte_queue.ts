/** Bytes that wait between a writer and a reader: what a pipe holds, what a stream was given. */

/** A first-in, first-out queue of bytes. Unbounded; whoever owns it keeps the bound. */
export class ByteQueue {
  /** Oldest first; never an empty one among them. */
  #chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that are gone already. */
  #taken = 0;
  #length = 0;

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  /** Puts a copy of `bytes` behind what is there. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes.slice());
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
      const part = chunk.subarray(from, from + bytes.length - filled);
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  /** Takes the oldest `length` bytes away. Throws a RangeError when there are fewer. */
  consume(length: number): void {
    if (length > this.#length) {
      throw new RangeError(`Cannot take ${length} of ${this.#length} bytes`);
    }
    this.#length -= length;
    let done = 0;
    this.#taken += length;
    for (;;) {
      const first = this.#chunks[done];
      if (first === undefined || this.#taken < first.length) break;
      this.#taken -= first.length;
      done++;
    }
    if (done > 0) this.#chunks.splice(0, done);
  }

  /** A queue with the same bytes that lives on by itself. */
  clone(): ByteQueue {
    const copy = new ByteQueue();
    copy.#chunks = [...this.#chunks];
    copy.#taken = this.#taken;
    copy.#length = this.#length;
    return copy;
  }
}
