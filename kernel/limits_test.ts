// Who may change which limit?

import { assertEquals, assertThrows } from "../std_assert.ts";
import { SystemError } from "./abi/errno.ts";
import { RLIM_INFINITY, RLIM_NLIMITS, RLIMIT_NOFILE, RLIMIT_STACK } from "./abi/resource.ts";
import { Limits } from "./limits.ts";

Deno.test("limits begin as Linux sets them", () => {
  const limits = Limits.atBoot();
  assertEquals(limits.values().length, RLIM_NLIMITS);
  assertEquals(limits.soft(RLIMIT_STACK), 8 * 2 ** 20);
  assertEquals(limits.get(RLIMIT_STACK).hard, RLIM_INFINITY);
});

Deno.test("a limit may be lowered by anybody, and the hard one raised by root alone", () => {
  const limits = Limits.atBoot();
  limits.set(RLIMIT_NOFILE, { soft: 10n, hard: 20n }, false);
  limits.set(RLIMIT_NOFILE, { soft: 20n, hard: 20n }, false);
  assertThrows(
    () => limits.set(RLIMIT_NOFILE, { soft: 0n, hard: 21n }, false),
    SystemError,
    "EPERM",
  );
  limits.set(RLIMIT_NOFILE, { soft: 0n, hard: 21n }, true);
  assertEquals(limits.get(RLIMIT_NOFILE), { soft: 0n, hard: 21n });
});

Deno.test("what makes no sense is EINVAL", () => {
  const limits = Limits.atBoot();
  assertThrows(
    () => limits.set(RLIMIT_NOFILE, { soft: 2n, hard: 1n }, true),
    SystemError,
    "EINVAL",
  );
  assertThrows(() => limits.get(RLIM_NLIMITS), SystemError, "EINVAL");
  assertThrows(() => limits.get(-1), SystemError, "EINVAL");
});

Deno.test("no limit is infinite, and a clone is independent", () => {
  const limits = Limits.atBoot();
  limits.set(RLIMIT_STACK, { soft: RLIM_INFINITY, hard: RLIM_INFINITY }, true);
  assertEquals(limits.soft(RLIMIT_STACK), Infinity);
  const clone = limits.clone();
  limits.set(RLIMIT_STACK, { soft: 1n, hard: 1n }, true);
  assertEquals(clone.soft(RLIMIT_STACK), Infinity);
});
