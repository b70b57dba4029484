/**
 * Where things are in the linear memory that holds everything a guest can see.
 *
 * ```text
 * 0x00000  not used: no valid place is 0
 * 0x00100  the hart: registers, reservation, stop record
 * 0x04000  one decoded record and a sentinel, for an instruction across a page edge
 * 0x04800  a copy of the 8 bytes or fewer of a load across a page edge
 * 0x05000  entries    2048 × { u64 pc, u32 number of the translated function or 0, u32 start }
 * 0x0d000  trail      512 × { u64 pc of an indirect jump, u64 where it went }
 * 0x10000  read TLB   1024 × { u64 tag, u32 addend, u32 0 }
 * 0x14000  write TLB  the same
 * 0x18000  fetch TLB  1024 × { u64 page address, u32 decoded page, u32 0 }
 * 0x1c000  windows    1024 × { u64 tag, u32 addend, u32 0 }, each for one place in translated code
 * 0x20000  wide ones  340 × { u64 page address, u64 limit, u32 addend, u32 0 }
 * 0x22000  decoded pages: for each of 2048 halfwords a 16-byte record, then a sentinel
 * ……       frames of 4096 bytes
 * ```
 */

/** Bytes in a page and in a frame. */
export const PAGE_SIZE = 4096;
/** log2 of {@linkcode PAGE_SIZE}. */
export const PAGE_SHIFT = 12;

/** User addresses are below this limit: Sv39's lower half. */
export const USER_ADDRESS_LIMIT = 2 ** 38;
/** Pages in the user's address range. */
export const USER_PAGES = USER_ADDRESS_LIMIT / PAGE_SIZE;

/** Page permission: loads. Permissions are combined with `|`. */
export const READ = 1;
/** Page permission: stores. */
export const WRITE = 2;
/** Page permission: instruction fetches. */
export const EXECUTE = 4;
/** Goes with the permissions: stores change the frame itself, though it may have other references. */
export const SHARED = 32;

/** Offsets of the hart's state. Registers are 8 bytes each; a register's offset is 8 × its slot. */
export const HART = {
  registers: 0x100,
  /** Slot that takes the place of x0 as a destination. */
  discardSlot: 32,
  /** Slot of f0. */
  floatSlot: 33,
  pc: 0x310,
  fcsr: 0x318,
  reservation: 0x320,
  reservedValue: 0x328,
  /** Bytes of architectural state from `registers` on. */
  stateSize: 0x230,
  stopReason: 0x340,
  stopAccess: 0x344,
  stopAddress: 0x348,
  /** Instructions that the budget had left when generated code last said so. */
  budgetLeft: 0x350,
  /** Set when the page that is being executed may have moved to another frame. */
  refetch: 0x354,
  /** Offset in the trail of the next indirect jump. */
  trailNext: 0x358,
  /** With this many instructions left or fewer, translated code is not entered. */
  enterAbove: 0x35c,
  /** Instructions that the interpreter might still have executed itself when it returned. */
  quotaLeft: 0x360,
  /** Place of the bytes that were looked for last; 0 when they were not found. */
  found: 0x364,
  /** Not 0 when there is translated code that a machine of this process may share. */
  mayShare: 0x368,
  /** Where the interpreter last went in another page, or out of translated code. */
  arrived: 0x370,
} as const;

export const TLB = {
  read: 0x10000,
  write: 0x14000,
  fetch: 0x18000,
  entries: 1024,
  entrySize: 16,
} as const;

/**
 * What places in translated code found last in a TLB: a page, and the distance from it to its frame.
 * All windows are dropped whenever an entry of a TLB is. The first one is never looked into.
 */
export const WINDOWS = { base: 0x1c000, entries: 1024, size: 16, addend: 8 } as const;

/**
 * The same for ranges of bytes: they must begin at an offset in the page that is below the limit,
 * which is 0 while the window is for no page.
 */
export const WIDE_WINDOWS = {
  base: 0x20000,
  entries: 340,
  size: 24,
  limit: 8,
  addend: 16,
} as const;

/**
 * Where translated code can be entered: by guest address, for the address space in use. Function 0
 * means that there is none; the start says which of its beginnings is meant.
 */
export const ENTRIES = { base: 0x5000, entries: 2048, size: 16, function: 8, start: 12 } as const;

/** The last indirect jumps, a ring: what the translator learns their targets from. */
export const TRAIL = { base: 0xd000, entries: 512, size: 16, target: 8 } as const;

/** Halfword records of a decoded page; fields are little-endian. */
export const RECORD = {
  size: 16,
  /** u16: what to execute, see hart/opcodes.ts; with `RECORD_HOT` where translated code begins. */
  opcode: 0,
  /** u16 each: byte offset of the register from `HART.registers`. */
  rd: 2,
  rs1: 4,
  rs2: 6,
  /** s32: the immediate; for float instructions see hart/record.ts. */
  imm: 8,
  /** u16: bytes to the record of the instruction behind. */
  stride: 12,
  /** u16: byte offset of the third source register, or the CSR's five-bit immediate. */
  extra: 14,
} as const;

/** Bytes of record for each byte of code, as a shift. */
export const RECORD_SHIFT = Math.log2(RECORD.size / 2);

/** Added to the opcode of a record at which translated code may be entered. */
export const RECORD_HOT = 0x8000;

/** Address of the record that stands in for an instruction across a page edge. */
export const STRADDLE_RECORD = 0x4000;

/** Where the bytes of a load across a page edge are put together. */
export const STRADDLE_BYTES = 0x4800;

export const DECODED = {
  base: 0x22000,
  /** Records of one decoded page: one a halfword, and the sentinel. */
  records: PAGE_SIZE / 2 + 1,
  pageSize: (PAGE_SIZE / 2 + 1) * RECORD.size,
  /** Pages that are kept decoded; 4 MiB of code. */
  pages: 1024,
} as const;

/** Bytes of a page of a WebAssembly memory. */
export const WASM_PAGE = 65536;

/** Address of frame 0. Frames are aligned to their size. */
export const FRAMES_BASE =
  Math.ceil((DECODED.base + DECODED.pages * DECODED.pageSize) / WASM_PAGE) * WASM_PAGE;
