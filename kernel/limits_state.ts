/** How resource limits are saved, and how far a restart may raise them: not beyond its caller's. */
import { CAP_SYS_RESOURCE } from "./abi/capability.ts";
import { EPERM } from "./abi/errno.ts";
import { RLIM_NLIMITS } from "./abi/resource.ts";
import { defineCheck } from "./checkpoint/check.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import { array, type Placed, u64 } from "./checkpoint/schema.ts";
import { Limits } from "./limits.ts";

const ALLOWED = defineCheck(
  "SIGNAL.rlimit/allowed",
  EPERM,
  "hard limits no higher than the caller's",
);

/** The sixteen limits, as a field. */
export const limitsField = array(RLIM_NLIMITS, {
  rlim_cur: u64({ doc: "soft limit, 2^64 - 1 for none", show: "hex" }),
  rlim_max: u64({ doc: "hard limit, 2^64 - 1 for none", show: "hex" }),
}, { doc: "resource limits, RLIMIT_CPU first" });

/** A saved limit. */
export interface SavedLimit {
  readonly rlim_cur: bigint;
  readonly rlim_max: bigint;
}

/** Whether no soft limit is above its hard one. */
export function areOrdered(limits: readonly SavedLimit[]): boolean {
  return limits.every(({ rlim_cur, rlim_max }) => rlim_cur <= rlim_max);
}

/** Saves all limits. */
export function saveLimits(limits: Limits): readonly SavedLimit[] {
  return limits.values().map(({ soft, hard }) => ({ rlim_cur: soft, rlim_max: hard }));
}

/** The limits that the task gets. */
export function planLimits(
  context: RestartContext,
  record: Placed,
  saved: readonly SavedLimit[],
): Limits {
  const limits = Limits.atBoot();
  const isFree = context.mayDo(CAP_SYS_RESOURCE);
  for (const [resource, { rlim_cur, rlim_max }] of saved.entries()) {
    const mine = context.limits?.get(resource);
    if (!isFree && mine !== undefined && rlim_max > mine.hard) {
      context.refuse(ALLOWED, record, "rlimit", `${rlim_max} for limit ${resource}`, {
        expected: `at most ${mine.hard}`,
      });
    }
    limits.set(resource, { soft: rlim_cur, hard: rlim_max }, true);
  }
  return limits;
}
