/** Shows decoded values to people: hexadecimal addresses, names of flags and signals, short bytes. */
import { signalName } from "../abi/signal.ts";
import type { FieldSpec } from "./field_spec.ts";

const BYTES_SHOWN = 16;
const ITEMS_SHOWN = 8;

/** A field's value, or a number that stood in its place, as one line of text. */
export function formatValue(spec: FieldSpec, value: unknown): string {
  switch (spec.kind) {
    case "integer":
      return formatNumber(value, spec.show);
    case "constant":
      return formatNumber(value, spec.show);
    case "flags":
      return formatFlags(spec.bits, value);
    case "words":
      return value instanceof BigUint64Array
        ? formatList(Array.from(value, (word) => formatNumber(word, spec.show)))
        : String(value);
    case "bytes":
    case "data":
      return value instanceof Uint8Array ? formatBytes(value) : String(value);
    case "text":
      return typeof value === "string" ? JSON.stringify(value) : String(value);
    case "array":
      return Array.isArray(value) ? `${value.length} elements` : String(value);
    case "enum":
    case "padding":
    case "pages":
      return String(value);
  }
}

function formatNumber(value: unknown, show: "decimal" | "hex" | "octal" | "signals"): string {
  if (typeof value !== "number" && typeof value !== "bigint") return String(value);
  switch (show) {
    case "decimal":
      return String(value);
    case "hex":
      return `0x${value.toString(16)}`;
    case "octal":
      return `0o${value.toString(8)}`;
    case "signals":
      return formatSignals(BigInt(value));
  }
}

function formatSignals(set: bigint): string {
  const names: string[] = [];
  for (let signo = 1; signo <= 64; signo++) {
    if ((set >> BigInt(signo - 1)) & 1n) names.push(signalName(signo));
  }
  return names.length === 0 ? "none" : names.join("|");
}

function formatFlags(bits: Readonly<Record<string, number>>, value: unknown): string {
  if (typeof value !== "number" && typeof value !== "bigint") return String(value);
  let left = BigInt(value);
  const names: string[] = [];
  for (const [name, bit] of Object.entries(bits)) {
    if ((left & BigInt(bit)) === BigInt(bit) && bit !== 0) {
      names.push(name);
      left &= ~BigInt(bit);
    }
  }
  if (left !== 0n) names.push(`0x${left.toString(16)}`);
  return names.length === 0 ? "0" : names.join("|");
}

function formatBytes(bytes: Uint8Array): string {
  const shown = Array.from(
    bytes.subarray(0, BYTES_SHOWN),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  return bytes.length > BYTES_SHOWN ? `${shown}… (${bytes.length} bytes)` : shown;
}

function formatList(items: readonly string[]): string {
  const shown = items.slice(0, ITEMS_SHOWN).join(" ");
  return items.length > ITEMS_SHOWN ? `${shown} … (${items.length})` : shown;
}
