/** A growing byte buffer with the integer encodings of the WebAssembly binary format. */
export class ByteWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  /** Number of bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Appends one byte (0 to 255). */
  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Appends bytes as they are. */
  bytes(values: ArrayLike<number>): void {
    this.#reserve(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** Appends an unsigned integer (0 to 2^53 - 1) as LEB128. */
  unsigned(value: number): void {
    while (value >= 0x80) {
      this.byte((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.byte(value);
  }

  /** Appends a signed 32-bit integer as LEB128. */
  signed32(value: number): void {
    for (;;) {
      const low = value & 0x7f;
      value >>= 7;
      if ((value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0)) {
        return this.byte(low);
      }
      this.byte(low | 0x80);
    }
  }

  /** Appends a signed 64-bit integer as LEB128; the value is taken modulo 2^64. */
  signed64(value: bigint): void {
    value = BigInt.asIntN(64, value);
    if (value === BigInt.asIntN(32, value)) return this.signed32(Number(value));
    for (;;) {
      const low = Number(value & 0x7fn);
      value >>= 7n;
      if ((value === 0n && (low & 0x40) === 0) || (value === -1n && (low & 0x40) !== 0)) {
        return this.byte(low);
      }
      this.byte(low | 0x80);
    }
  }

  /** Appends a name: its UTF-8 length, then its bytes. */
  name(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.unsigned(encoded.length);
    this.bytes(encoded);
  }

  /** Appends bytes, preceded by their number. */
  sized(bytes: Uint8Array): void {
    this.unsigned(bytes.length);
    this.bytes(bytes);
  }

  /** The bytes written so far, without a copy; valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The bytes written so far, in a buffer of their own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
