/**
 * A small WebAssembly generator: typed expressions, function bodies, modules. It knows the binary
 * format and nothing about RISC-V.
 */
export { ByteWriter } from "./byte_writer.ts";
export {
  boxedSingle,
  boxSingle,
  type Expression,
  type F32,
  f32,
  type F64,
  f64,
  type I32,
  i32,
  type I64,
  i64,
  isSignExtension,
  knownWord,
  memoized,
  relaxed_madd,
  select,
  type V128,
  v128,
  type ValueType,
} from "./expression.ts";
export {
  type BranchHint,
  type Callable,
  callValue,
  FunctionBody,
  Label,
  type Likelihood,
  type Local,
  type Signature,
  type StoreKind,
} from "./function_body.ts";
export { defineFusedProbe, exportsFuse, fusesMultiplyAdd } from "./fused.ts";
export { ModuleBuilder } from "./module_builder.ts";
