/** What the host's relaxed SIMD does where the standard leaves a choice. */
import { f32, f64, relaxed_madd } from "./expression.ts";
import { ModuleBuilder } from "./module_builder.ts";

/** Names of the exported functions that tell. */
const PROBE = { f64: "multiplyAddDouble", f32: "multiplyAddSingle" } as const;

let known: boolean | undefined;

/**
 * Whether the host's relaxed multiply-add rounds once. Where it does, it is an exact fused
 * multiply-add; code for hosts where it does not must do without. Results are the same.
 */
export function fusesMultiplyAdd(): boolean {
  known ??= probe();
  return known;
}

/** Defines the functions by which {@linkcode exportsFuse} tells what the host of a module does. */
export function defineFusedProbe(builder: ModuleBuilder): void {
  builder.defineFunction({ parameters: ["f64", "f64"], results: ["f64"] }, (body) => {
    const [a, square] = [body.parameter(0, "f64"), body.parameter(1, "f64")];
    body.return(relaxed_madd.f64(a, a, f64.neg(square)));
  }, PROBE.f64);
  builder.defineFunction({ parameters: ["f32", "f32"], results: ["f32"] }, (body) => {
    const [a, square] = [body.parameter(0, "f32"), body.parameter(1, "f32")];
    body.return(relaxed_madd.f32(a, a, f32.neg(square)));
  }, PROBE.f32);
}

/**
 * {@linkcode fusesMultiplyAdd} by what a module exports that has the probe's functions: squares
 * numbers whose squares are no floats, and subtracts the rounded squares. Nobody need probe afterwards.
 */
export function exportsFuse(exports: WebAssembly.Exports): boolean {
  const double = exports[PROBE.f64] as (a: number, square: number) => number;
  const single = exports[PROBE.f32] as (a: number, square: number) => number;
  const a = 1 + 2 ** -30;
  const b = 1 + 2 ** -13;
  known = double(a, a * a) === 2 ** -60 && single(b, Math.fround(b * b)) === 2 ** -26;
  return known;
}

function probe(): boolean {
  const builder = new ModuleBuilder();
  defineFusedProbe(builder);
  try {
    return exportsFuse(new WebAssembly.Instance(new WebAssembly.Module(builder.encode())).exports);
  } catch {
    return false; // relaxed SIMD is unknown to this host
  }
}
