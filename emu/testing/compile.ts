/** Small WebAssembly modules for tests of the generator: compiled and called at once. */
import { type Expression, type FunctionBody, ModuleBuilder, type ValueType } from "../wasm/mod.ts";

/** A value as WebAssembly's JavaScript interface passes it: `i64` as bigint, the rest as numbers. */
export type HostValue = number | bigint;

/** A function that can be called from here. */
export type HostFunction = (...values: readonly HostValue[]) => HostValue;

/** One function of a module: its parameters' types, its result's, and how that is computed. */
export interface SmallFunction {
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
  readonly value: (parameters: readonly Expression[], body: FunctionBody) => Expression;
}

/** Instantiates a module; throws when WebAssembly does not accept it. */
export function instantiate(
  module: ModuleBuilder,
  imports: WebAssembly.Imports = {},
): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(module.encode()), imports).exports;
}

/** A module with one page of memory and the functions given by name. */
export function compileFunctions(
  functions: Readonly<Record<string, SmallFunction>>,
): { memory: Uint8Array; call: Readonly<Record<string, HostFunction>> } {
  const module = new ModuleBuilder();
  module.ownMemory("memory", 1);
  for (const [name, { parameters, result, value }] of Object.entries(functions)) {
    module.defineFunction({ parameters, results: [result] }, (body) => {
      body.return(value(parameters.map((type, i) => body.parameter(i, type)), body));
    }, `f_${name}`);
  }
  const exports = instantiate(module);
  const call = Object.fromEntries(
    Object.keys(functions).map((name) => [name, exports[`f_${name}`] as HostFunction]),
  );
  const memory = new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer);
  return { memory, call };
}
