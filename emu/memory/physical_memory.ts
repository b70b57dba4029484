/**
 * Physical memory: the linear memory and its frames, reference-counted so that machines, address
 * spaces and page caches share what is equal.
 */
import { FRAMES_BASE, HART, PAGE_SHIFT, PAGE_SIZE } from "./layout.ts";

const WASM_PAGE = 65536;
const FRAMES_PER_WASM_PAGE = WASM_PAGE / PAGE_SIZE;
const GROWTH_MIN = 16; // in WebAssembly pages: 256 frames
/** Page tables beyond one for each frame: many have few pages, and some only the zero frame. */
const PAGE_TABLES_SPARE = 2 ** 14;
/** So many bytes are sooner copied one by one than through a view. */
const FEW_BYTES = 16;
/** Frames that one 32-bit linear memory can hold, besides the zero frame. */
const FRAMES_LIMIT = (2 ** 32 - FRAMES_BASE) / PAGE_SIZE - 1;

/** Thrown when a frame is needed and the limit of frames is reached. */
export class OutOfFrames extends Error {
  /** The error for a memory with a limit of frames, or of something else that comes with them. */
  constructor(most: number, what = "frame") {
    super(`Cannot allocate a ${what}: all ${most} ${what}s are in use`);
    this.name = "OutOfFrames";
  }
}

/**
 * A pool of 4 KiB frames in one WebAssembly memory. Several machines may use one pool; they then
 * share frames copy-on-write.
 *
 * @example
 * ```ts
 * import { PhysicalMemory } from "./mod.ts";
 *
 * const memory = new PhysicalMemory({ framesMax: 1024 });
 * const frame = memory.allocateFrame();
 * memory.writeFrame(frame, 0, new Uint8Array([1, 2, 3]));
 * memory.releaseFrame(frame);
 * ```
 */
export class PhysicalMemory {
  /** The limit of frames where none is given: 1 GiB of them. */
  static readonly framesMaxDefault: number = 2 ** 18;
  /** Most frames that can be in use at once, 1 to about 1,000,000. */
  readonly framesMax: number;
  /** Most page tables of 2 MiB that there should be at once: they lie in the host's memory. */
  readonly pageTablesMax: number;
  /** Page tables of 2 MiB in use, be it in several address spaces. */
  pageTablesInUse = 0;
  /** The WebAssembly memory that generated code imports. */
  readonly wasm: WebAssembly.Memory;
  /** A frame of zeros that is never written; {@linkcode retainFrame} it before mapping it. */
  readonly zeroFrame: number;
  #bytes: Uint8Array;
  #view: DataView;
  #hartState: Uint8Array;
  #references: Uint32Array = new Uint32Array(256);
  #hasDecodedCode: Uint8Array = new Uint8Array(256);
  /** Frames handed out so far; those above are untouched and zero. */
  #top = 0;
  #capacity = 0;
  #sharings = 0;
  readonly #free: number[] = [];
  #codeWritten: (frame: number) => void = () => {};

  /**
   * A memory without frames in use.
   *
   * @param options `framesMax`: limit of frames in use, default 262,144 (1 GiB).
   * @throws {RangeError} when the limit is not a number of frames that 4 GiB can hold.
   */
  constructor(options: { readonly framesMax?: number } = {}) {
    const framesMax = options.framesMax ?? PhysicalMemory.framesMaxDefault;
    if (!Number.isInteger(framesMax) || framesMax < 1 || framesMax > FRAMES_LIMIT) {
      throw new RangeError(
        `Cannot create a memory of ${framesMax} frames: the number must be 1 to ${FRAMES_LIMIT}`,
      );
    }
    this.framesMax = framesMax;
    this.pageTablesMax = framesMax + PAGE_TABLES_SPARE;
    this.wasm = new WebAssembly.Memory({ initial: FRAMES_BASE / WASM_PAGE, maximum: 65536 });
    this.#bytes = new Uint8Array(this.wasm.buffer);
    this.#view = new DataView(this.wasm.buffer);
    this.#hartState = new Uint8Array(this.wasm.buffer, HART.registers, HART.stateSize);
    this.zeroFrame = this.#take();
    this.#references[this.zeroFrame] = 1;
  }

  /** Frames in use, without the zero frame. */
  get framesInUse(): number {
    return this.#top - this.#free.length - 1;
  }

  /** The whole linear memory; invalid after the next {@linkcode allocateFrame}. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The whole linear memory; invalid after the next {@linkcode allocateFrame}. */
  get view(): DataView {
    return this.#view;
  }

  /** The hart's architectural state; invalid after the next {@linkcode allocateFrame}. */
  get hartState(): Uint8Array {
    return this.#hartState;
  }

  /**
   * Takes a frame of zeros with one reference.
   *
   * @throws {OutOfFrames} when `framesMax` frames are in use.
   */
  allocateFrame(): number {
    const frame = this.#take();
    this.#references[frame] = 1;
    return frame;
  }

  /** Takes a frame with the contents of another, with one reference. */
  copyFrame(source: number): number {
    const frame = this.#takeDirty();
    this.#references[frame] = 1;
    const from = this.frameAddress(source);
    this.#bytes.copyWithin(this.frameAddress(frame), from, from + PAGE_SIZE);
    return frame;
  }

  /** Adds a reference to a frame in use. */
  retainFrame(frame: number): void {
    const references = this.references(frame);
    if (references === 0) throw new Error(`Frame ${frame} cannot be retained: it is free`);
    if (references === 1) this.#sharings++;
    this.#references[frame] = references + 1;
  }

  /** Drops a reference; without any, the frame is free again. */
  releaseFrame(frame: number): void {
    const left = this.references(frame) - 1;
    if (left < 0) throw new Error(`Frame ${frame} was released more often than retained`);
    this.#references[frame] = left;
    if (left > 0) return;
    this.noteCodeWrite(frame);
    this.#free.push(frame);
  }

  /** References to a frame; 0 when it is free. */
  references(frame: number): number {
    return this.#references[frame] ?? 0;
  }

  /**
   * How often a frame with one owner was given another. While this stays the same, a frame that
   * could be written in place still can.
   */
  get sharings(): number {
    return this.#sharings;
  }

  /** Address of a frame in the linear memory. */
  frameAddress(frame: number): number {
    return FRAMES_BASE + frame * PAGE_SIZE;
  }

  /** The frame that holds an address of the linear memory. */
  frameOf(address: number): number {
    return (address - FRAMES_BASE) >>> PAGE_SHIFT;
  }

  /** A frame's 4096 bytes, to be read only; invalid after the next {@linkcode allocateFrame}. */
  frameBytes(frame: number): Uint8Array {
    const address = this.frameAddress(frame);
    return this.#bytes.subarray(address, address + PAGE_SIZE);
  }

  /** Copies bytes of a frame, from `offset` on, to `into` from `at` on. */
  readFrame(frame: number, offset: number, into: Uint8Array, at: number, length: number): void {
    const address = this.frameAddress(frame) + offset;
    if (length > FEW_BYTES) {
      into.set(this.#bytes.subarray(address, address + length), at);
    } else {
      for (let i = 0; i < length; i++) into[at + i] = this.#bytes[address + i] ?? 0;
    }
  }

  /** Writes into a frame in place; the caller has made sure that nobody else shares it. */
  writeFrame(frame: number, offset: number, bytes: Uint8Array): void {
    if (offset < 0 || offset + bytes.length > PAGE_SIZE) {
      throw new RangeError(`Cannot write ${bytes.length} bytes at offset ${offset} of a frame`);
    }
    this.noteCodeWrite(frame);
    const address = this.frameAddress(frame) + offset;
    if (bytes.length > FEW_BYTES) {
      this.#bytes.set(bytes, address);
    } else {
      for (let i = 0; i < bytes.length; i++) this.#bytes[address + i] = bytes[i] ?? 0;
    }
  }

  /** Whether decoded records of this frame's code may exist. */
  hasDecodedCode(frame: number): boolean {
    return this.#hasDecodedCode[frame] === 1;
  }

  /** Says that code of this frame was decoded, so that the listener hears of writes to it. */
  markDecoded(frame: number): void {
    this.#hasDecodedCode[frame] = 1;
  }

  /** Must be called before a frame's bytes change. */
  noteCodeWrite(frame: number): void {
    if (this.#hasDecodedCode[frame] !== 1) return;
    this.#hasDecodedCode[frame] = 0;
    this.#codeWritten(frame);
  }

  /**
   * Installs the one listener that drops decoded code (the hart of this memory). It is called with
   * a frame of which code was decoded, before its bytes change or it is freed.
   */
  onCodeWrite(listener: (frame: number) => void): void {
    this.#codeWritten = listener;
  }

  #take(): number {
    const reused = this.#free.length > 0;
    const frame = this.#takeDirty();
    if (reused) {
      const address = this.frameAddress(frame);
      this.#bytes.fill(0, address, address + PAGE_SIZE);
    }
    return frame;
  }

  #takeDirty(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    // The zero frame comes on top of the frames that the caller may use.
    if (this.#top > this.framesMax) throw new OutOfFrames(this.framesMax);
    if (this.#top === this.#capacity) this.#grow();
    return this.#top++;
  }

  #grow(): void {
    const wanted = Math.max(GROWTH_MIN, Math.ceil(this.#capacity / FRAMES_PER_WASM_PAGE / 2));
    const limit = Math.ceil((this.framesMax + 1 - this.#capacity) / FRAMES_PER_WASM_PAGE);
    const pages = Math.min(wanted, limit);
    this.wasm.grow(pages);
    this.#bytes = new Uint8Array(this.wasm.buffer);
    this.#view = new DataView(this.wasm.buffer);
    this.#hartState = new Uint8Array(this.wasm.buffer, HART.registers, HART.stateSize);
    this.#capacity += pages * FRAMES_PER_WASM_PAGE;
    if (this.#capacity <= this.#references.length) return;
    const size = this.#capacity * 2;
    const references = new Uint32Array(size);
    references.set(this.#references);
    this.#references = references;
    const hasDecodedCode = new Uint8Array(size);
    hasDecodedCode.set(this.#hasDecodedCode);
    this.#hasDecodedCode = hasDecodedCode;
  }
}
