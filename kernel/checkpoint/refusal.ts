/**
 * How checkpoint and restart say no: one class, with everything a person or a fuzzer wants to know.
 */
import type { Check } from "./check.ts";

/** Where and why something was refused. */
export interface RefusalFacts {
  /** Which check refused. */
  readonly check: Check;
  /** The place, such as `task[0]/mm/vma[3]`; empty when it is the image as a whole. */
  readonly path: string;
  /** The field, such as `vm_start` or `sigaction[2].mask`; null when it is the whole record. */
  readonly field?: string | null;
  /** Byte offset in the image; null when the refusal is not about a byte of an image. */
  readonly offset?: number | null;
  /** What stood there. */
  readonly found: string;
  /** What should have; by default what the check says. */
  readonly expected?: string;
  /** The error number; by default the check's. */
  readonly errno?: number;
}

/**
 * A refusal to take a checkpoint or to restart from an image. Nothing has been changed when it is
 * thrown.
 */
export class Refusal extends Error {
  /** The name of the class. */
  override readonly name = "Refusal";
  /** Name of the check that refused; unique among all checks. */
  readonly check: string;
  /** What the guest's system call answers, positive. */
  readonly errno: number;
  /** The place in the image or the kernel, such as `task[0]/mm/vma[3]`. */
  readonly path: string;
  /** The field at that place, or null. */
  readonly field: string | null;
  /** Byte offset in the image, or null. */
  readonly offset: number | null;
  /** What stood there. */
  readonly found: string;
  /** What was expected. */
  readonly expected: string;

  /** Use {@linkcode Refusal.of}, which spares the stack trace. */
  constructor(facts: RefusalFacts) {
    super(messageOf(facts));
    this.check = facts.check.name;
    this.errno = facts.errno ?? facts.check.errno;
    this.path = facts.path;
    this.field = facts.field ?? null;
    this.offset = facts.offset ?? null;
    this.found = facts.found;
    this.expected = facts.expected ?? facts.check.text;
  }

  /** Makes a refusal; the caller throws it. */
  static of(facts: RefusalFacts): Refusal {
    // A refusal is a result with a unique name, not a bug to be traced; without the stack it is ten
    // times cheaper, and a fuzzer sees millions.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return new Refusal(facts);
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  /** The refusal as plain data. */
  toJSON(): Record<string, string | number | null> {
    const { check, errno, path, field, offset, found, expected, message } = this;
    return { check, errno, path, field, offset, found, expected, message };
  }
}

function messageOf({ check, path, field, offset, found, expected }: RefusalFacts): string {
  const place = [path, field ?? ""].filter((part) => part !== "").join(" ") || "image";
  const at = offset === undefined || offset === null ? "" : ` at byte ${offset}`;
  return `${place}${at}: found ${found}, expected ${expected ?? check.text} (${check.name})`;
}
