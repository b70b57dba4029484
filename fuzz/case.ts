/**
 * A case: all that is needed to build a damaged image again and judge it again, as a small text.
 *
 * ```json
 * {
 *   "version": 1,
 *   "scenario": "hello",
 *   "seed": 1,
 *   "point": "self:0",
 *   "mutations": [{ "kind": "flip", "offset": 4711, "bit": 3 }]
 * }
 * ```
 */
import { formatPoint, parsePoint, type Point } from "../harness/mod.ts";
import type { Mutation } from "./mutation.ts";

/** What is mutated, and how. */
export interface Case {
  /** Name of the scenario whose program is checkpointed. */
  readonly scenario: string;
  /** Seed of the machine, 0 to 2^32 - 1. */
  readonly seed: number;
  /** Where the program is checkpointed. */
  readonly point: Point;
  /** Applied to the image one after the other. */
  readonly mutations: readonly Mutation[];
}

/** Version of the text; a reader refuses any other. */
const CASE_VERSION = 1;

/** Says what is wrong with the text of a case. */
export class CaseError extends Error {
  /** The error for `reason`. */
  constructor(reason: string) {
    super(`Cannot read the case: ${reason}`);
    this.name = "CaseError";
  }
}

/** The text of a case, ending with a line feed. */
export function formatCase({ scenario, seed, point, mutations }: Case): string {
  const text = { version: CASE_VERSION, scenario, seed, point: formatPoint(point), mutations };
  return `${JSON.stringify(text, null, 2)}\n`;
}

/**
 * Reads the text of a case.
 *
 * @throws {CaseError} when it is not one, with what is wrong where.
 */
export function parseCase(text: string): Case {
  const root = new Fields(parseJson(text), "the text");
  const version = root.number("version");
  if (version !== CASE_VERSION) {
    throw new CaseError(`version is ${version}, and this program reads version ${CASE_VERSION}`);
  }
  return {
    scenario: root.text("scenario"),
    seed: root.number("seed", 2 ** 32 - 1),
    point: readPoint(root.text("point")),
    mutations: root.list("mutations").map((value, i) =>
      readMutation(new Fields(value, `mutations[${i}]`))
    ),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CaseError("it is not JSON");
  }
}

function readPoint(text: string): Point {
  try {
    return parsePoint(text);
  } catch (error) {
    throw new CaseError(`point: ${error instanceof Error ? error.message : error}`);
  }
}

function readMutation(fields: Fields): Mutation {
  const kind = fields.text("kind");
  const offset = fields.number("offset");
  switch (kind) {
    case "flip":
      return { kind, offset, bit: fields.number("bit", 7) };
    case "set":
      return { kind, offset, value: fields.number("value", 255) };
    case "cut":
      return { kind, offset, length: fields.number("length") };
    case "insert":
      return { kind, offset, hex: fields.hex("hex") };
    case "swap":
      return { kind, offset, other: fields.number("other"), length: fields.number("length") };
    default:
      throw new CaseError(`${fields.place}.kind is '${kind}', which is no kind of mutation`);
  }
}

/** A JSON object whose fields are asked for by name and type. */
class Fields {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(value: unknown, readonly place: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new CaseError(`${place} is not an object`);
    }
    this.#values = new Map(Object.entries(value));
  }

  text(name: string): string {
    const value = this.#values.get(name);
    if (typeof value !== "string") throw this.#wrong(name, "a text");
    return value;
  }

  number(name: string, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#values.get(name);
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) {
      throw this.#wrong(name, `a whole number from 0 to ${max}`);
    }
    return value;
  }

  hex(name: string): string {
    const value = this.text(name);
    if (!/^([0-9a-f]{2})*$/.test(value)) throw this.#wrong(name, "bytes in hexadecimal");
    return value;
  }

  list(name: string): readonly unknown[] {
    const value = this.#values.get(name);
    if (!Array.isArray(value)) throw this.#wrong(name, "a list");
    return value;
  }

  #wrong(name: string, expected: string): CaseError {
    return new CaseError(`${this.place}.${name} is not ${expected}`);
  }
}
