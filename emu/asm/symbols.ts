/** The symbols of a source: labels, numbered labels, and what `.set` names. */
import { AssemblyError, type Position } from "./error.ts";
import { evaluate, type Expression, type Names, type Scope, type Value } from "./expression.ts";
import { registerNamed } from "./names.ts";
import type { Place, Section } from "./section.ts";

type Meaning =
  | { readonly kind: "label"; readonly place: Place; readonly position: Position }
  | { readonly kind: "variable"; readonly expression: Expression; readonly position: Position };

/** A symbol for the user to see. */
export interface NamedSymbol {
  readonly name: string;
  readonly section: Section | undefined;
  readonly expression: Expression;
  readonly position: Position;
}

/** Symbols that are set to each other in a longer chain than this are refused (a circle has no end). */
const CHAIN_MAX = 100;

/** Separates a numbered label from which one of that number it is; no name can have it. */
const ORDINAL = ":";

/** The symbol table. */
export class Symbols implements Names {
  readonly #meanings = new Map<string, Meaning>();
  readonly #numbered = new Map<string, number>();
  readonly #globals = new Set<string>();
  readonly #section: () => Section;

  /** An empty table; `section` gives the section that is being filled. */
  constructor(section: () => Section) {
    this.#section = section;
  }

  /** Puts a label here. */
  label(name: string, position: Position): void {
    const known = this.#meanings.get(name);
    if (known !== undefined) {
      const where = known.kind === "label" ? `in line ${known.position.line}` : "by '.set'";
      throw new AssemblyError(position, `label '${name}' is already defined ${where}`);
    }
    this.#meanings.set(name, { kind: "label", place: this.here(), position });
  }

  /** Puts a numbered label here, of which there can be many. */
  numberedLabel(label: string, position: Position): void {
    const ordinal = (this.#numbered.get(label) ?? 0) + 1;
    this.#numbered.set(label, ordinal);
    this.label(`${label}${ORDINAL}${ordinal}`, position);
  }

  /** Sets a symbol to an expression, anew where it was set before. */
  set(name: string, expression: Expression, position: Position): void {
    const known = this.#meanings.get(name);
    if (known?.kind === "label") {
      throw new AssemblyError(
        position,
        `'${name}' is already a label, in line ${known.position.line}`,
      );
    }
    const value = this.constant(expression);
    const settled: Expression = value === undefined ? expression : { kind: "number", value };
    this.#meanings.set(name, { kind: "variable", expression: settled, position });
  }

  /** Makes a symbol global, defined or not yet. */
  global(name: string): void {
    this.#globals.add(name);
  }

  /** Whether a symbol has been made global. */
  isGlobal(name: string): boolean {
    return this.#globals.has(name);
  }

  reference(name: string, position: Position): Expression {
    const known = this.#meanings.get(name);
    return known?.kind === "variable" ? known.expression : { kind: "symbol", name, position };
  }

  local(label: string, forward: boolean, position: Position): Expression {
    const last = this.#numbered.get(label) ?? 0;
    if (!forward && last === 0) {
      throw new AssemblyError(position, `label '${label}' is not defined above`);
    }
    const ordinal = forward ? last + 1 : last;
    return { kind: "symbol", name: `${label}${ORDINAL}${ordinal}`, position };
  }

  here(): Place {
    return this.#section().here();
  }

  /** The value of an expression where it does not depend on layout or on what follows. */
  constant(expression: Expression): bigint | undefined {
    const value = evaluate(expression, this.scope(fixedDistance, "unknown"));
    return value === undefined || value.base !== undefined ? undefined : value.offset;
  }

  /**
   * The meaning of names for one evaluation, given what a place means. A symbol that is not defined
   * is `unknown`, or an error.
   */
  scope(placeValue: (place: Place) => Value | undefined, missing: "unknown" | "error"): Scope {
    const memory = new Map<string, Value | undefined>();
    let chain = 0;
    const variable = (name: string, expression: Expression, position: Position) => {
      if (memory.has(name)) return memory.get(name);
      if (chain >= CHAIN_MAX) {
        throw new AssemblyError(
          position,
          `symbol '${name}' depends on itself or on too many others`,
        );
      }
      chain++;
      const value = evaluate(expression, scope);
      chain--;
      memory.set(name, value);
      return value;
    };
    const scope: Scope = {
      place: placeValue,
      symbol: (name, position) => {
        const meaning = this.#meanings.get(name);
        if (meaning === undefined) {
          if (missing === "unknown") return undefined;
          throw new AssemblyError(position, undefinedReason(name));
        }
        return meaning.kind === "label"
          ? placeValue(meaning.place)
          : variable(name, meaning.expression, position);
      },
    };
    return scope;
  }

  /** Named symbols in the order of their definition; labels with their section. */
  *named(): Iterable<NamedSymbol> {
    for (const [name, meaning] of this.#meanings) {
      const { position } = meaning;
      if (name.includes(ORDINAL)) continue;
      if (meaning.kind === "variable") {
        yield { name, position, section: undefined, expression: meaning.expression };
      } else {
        const { place } = meaning;
        yield { name, position, section: place.section, expression: { kind: "place", place } };
      }
    }
  }
}

function undefinedReason(name: string): string {
  const [label, ordinal] = name.split(ORDINAL);
  if (ordinal !== undefined) return `label '${label}' is not defined below`;
  const isRegister = registerNamed(name) !== undefined;
  return isRegister
    ? `register '${name}' stands where a symbol belongs`
    : `symbol '${name}' is not defined`;
}

/** Places whose distance is known before layout share a base. */
function fixedDistance({ fragment, offset }: Place): Value | undefined {
  if (fragment.kind !== "data") return undefined;
  return { base: fragment.run, offset: BigInt(fragment.runOffset + offset) };
}
