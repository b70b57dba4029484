/**
 * An RV64GC computer without an operating system: frames of memory, page tables, and a hart that
 * executes instructions exactly as many as it is told. It knows nothing of Linux, and asks nothing
 * of the host but WebAssembly.
 *
 * @module
 */
export {
  type Access,
  CSR_NUMBER,
  type EngineOptions,
  Hart,
  type Heat,
  NO_RESERVATION,
  Registers,
  type Stop,
  type StopReason,
  TIME_TICK_NS,
  type TimeSource,
} from "./hart/mod.ts";
export {
  EXECUTE,
  OutOfFrames,
  PAGE_SHIFT,
  PAGE_SIZE,
  PageTable,
  PhysicalMemory,
  READ,
  SHARED,
  type TranslationListener,
  USER_ADDRESS_LIMIT,
  USER_PAGES,
  WRITE,
} from "./memory/mod.ts";
export {
  type BranchHint,
  ByteWriter,
  type Callable,
  callValue,
  type Expression,
  type F32,
  type F64,
  FunctionBody,
  type I32,
  i32,
  type I64,
  i64,
  Label,
  type Likelihood,
  type Local,
  ModuleBuilder,
  select,
  type Signature,
  type StoreKind,
  type V128,
  v128,
  type ValueType,
} from "./wasm/mod.ts";
export {
  assemble,
  type AssembledSection,
  type AssembledSymbol,
  type AssembleOptions,
  type Assembly,
  AssemblyError,
  buildExecutable,
  disassemble,
  disassembleBytes,
  type DisassembledLine,
  type DisassembleOptions,
  type Executable,
  type Position,
  type SectionName,
} from "./asm/mod.ts";
