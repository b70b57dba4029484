/** The part of `@std/assert` that Crucible uses, with narrower types than the original's. */

/** What a class looks like to an assertion about instances; `never[]` accepts any constructor. */
// deno-lint-ignore ban-types
type Constructor<T> = (abstract new (...args: never[]) => T) & Function;

/** Thrown by every assertion that does not hold. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions);
}

/** Holds when `condition` is truthy. */
export function assert(condition: unknown, message?: string): asserts condition;
/** Holds when `condition` is falsy. */
export function assertFalse(condition: unknown, message?: string): void;
/** Holds when both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void;
/** Holds when both are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
/** Holds when both are the same value by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T;
/** Holds when `actual` is neither null nor undefined. */
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
/** Holds when `actual` is an instance of `expected`. */
export function assertInstanceOf<T>(
  actual: unknown,
  expected: Constructor<T>,
  message?: string,
): asserts actual is T;
/** Holds when the two numbers differ by at most `tolerance` (default: 1e-7 of `expected`). */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void;
/** Holds when `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, message?: string): void;
/** Holds when `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
/** Holds when `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void;
/** Holds when `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void;
/** Holds when `expected` matches somewhere in `actual`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void;
/** Holds when `expected` matches nowhere in `actual`. */
export function assertNotMatch(actual: string, expected: RegExp, message?: string): void;
/** Holds when `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void;

/** Holds when `fn` throws; returns what it threw. */
export function assertThrows(fn: () => unknown, message?: string): unknown;
/** Holds when `fn` throws an `ErrorClass` whose message includes `messageIncludes`; returns it. */
export function assertThrows<E extends Error>(
  fn: () => unknown,
  ErrorClass: Constructor<E>,
  messageIncludes?: string,
  message?: string,
): E;
/** Holds when the promise of `fn` is rejected; returns the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
/** Holds when the promise of `fn` is rejected with an `ErrorClass`; returns it. */
export function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Constructor<E>,
  messageIncludes?: string,
  message?: string,
): Promise<E>;

/** Whether both are deeply equal. */
export function equal(a: unknown, b: unknown): boolean;
/** Fails always. */
export function fail(message?: string): never;
/** Fails always: this place must not be reached. */
export function unreachable(reason?: string): never;
