/**
 * RLIMIT_CPU: SIGXCPU when a process has used its seconds, again after each further one, and SIGKILL at the
 * hard limit.
 *
 * Source: `kernel/time/posix-cpu-timers.c` (`check_process_timers`); getrlimit(2).
 */

import { RLIM_INFINITY, RLIMIT_CPU } from "./abi/resource.ts";
import { SIGKILL, SIGXCPU } from "./abi/signal.ts";
import { NSEC_PER_SEC } from "./abi/time.ts";
import type { Kernel } from "./kernel.ts";
import { sendToGroup } from "./signals/send.ts";
import { kernelSignal } from "./signals/siginfo.ts";
import type { ThreadGroup } from "./thread_group.ts";

/** Instructions, 1 or more, that a process may retire before its limit has something to do. */
export function instructionsToCpuLimit(group: ThreadGroup): number {
  if (!group.limits.boundsTime) return Infinity;
  const { soft } = group.limits.get(RLIMIT_CPU);
  return Math.max(1, Number(soft * NSEC_PER_SEC) - group.instructions);
}

/** Does what the limit asks for now. */
export function enforceCpuLimit(kernel: Kernel, group: ThreadGroup): void {
  if (!group.limits.boundsTime) return;
  const { soft, hard } = group.limits.get(RLIMIT_CPU);
  const used_ns = BigInt(group.instructions);
  if (used_ns < soft * NSEC_PER_SEC) return;
  const isOver = hard !== RLIM_INFINITY && used_ns >= hard * NSEC_PER_SEC;
  sendToGroup(kernel, group, kernelSignal(isOver ? SIGKILL : SIGXCPU));
  if (!isOver) group.limits.set(RLIMIT_CPU, { soft: soft + 1n, hard }, true);
}
