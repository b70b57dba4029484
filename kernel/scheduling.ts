/**
 * How a task wants to be scheduled, and who may change that.
 *
 * Source: `kernel/sched/syscalls.c`; sched(7), setpriority(2).
 */

import { CAP_SYS_NICE } from "./abi/capability.ts";
import { EINVAL, EPERM, SystemError } from "./abi/errno.ts";
import { RLIMIT_NICE, RLIMIT_RTPRIO } from "./abi/resource.ts";
import {
  NICE_MIN,
  RT_PRIORITY_MAX,
  SCHED_BATCH,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_OTHER,
  SCHED_RR,
} from "./abi/sched.ts";
import type { Kernel } from "./kernel.ts";
import type { Task } from "./task.ts";

/** What a task has asked for; never changed once made. */
export interface Scheduling {
  /** SCHED_*. */
  readonly policy: number;
  /** 1 … 99 for SCHED_FIFO and SCHED_RR, else 0. */
  readonly priority: number;
  /** -20 … 19; counts for the other policies. */
  readonly nice: number;
  /** Whether children begin as SCHED_OTHER. */
  readonly resetsOnFork: boolean;
}

/** What a program gets that the harness starts. */
export const DEFAULT_SCHEDULING: Scheduling = {
  policy: SCHED_OTHER,
  priority: 0,
  nice: 0,
  resetsOnFork: false,
};

/** The policies that exist here: there are no deadlines. */
const POLICIES: ReadonlySet<number> = new Set([
  SCHED_OTHER,
  SCHED_FIFO,
  SCHED_RR,
  SCHED_BATCH,
  SCHED_IDLE,
]);

/** Whether a policy puts a task before all of other policies. */
export function isRealTime(policy: number): boolean {
  return policy === SCHED_FIFO || policy === SCHED_RR;
}

/** The weight that stands for nice 0: NICE_0_LOAD. */
export const WEIGHT_OF_NICE_0 = 1024;
/** How much of the hart each nice value from -20 on gets beside others: sched_prio_to_weight[]. */
const WEIGHTS: readonly number[] = [
  ...[88761, 71755, 56483, 46273, 36291],
  ...[29154, 23254, 18705, 14949, 11916],
  ...[9548, 7620, 6100, 4904, 3906],
  ...[3121, 2501, 1991, 1586, 1277],
  ...[1024, 820, 655, 526, 423],
  ...[335, 272, 215, 172, 137],
  ...[110, 87, 70, 56, 45],
  ...[36, 29, 23, 18, 15],
];
/** The highest of them. */
export const WEIGHT_MAX = 88761;

/** How long the turns of a task are, where {@link WEIGHT_OF_NICE_0} stands for one quantum. */
export function weightOf({ policy, nice }: Scheduling): number {
  const isFair = policy === SCHED_OTHER || policy === SCHED_BATCH;
  return (isFair ? WEIGHTS[nice - NICE_MIN] : undefined) ?? WEIGHT_OF_NICE_0;
}

/** Who comes first: 1 … 99 for the real-time policies, 0 for the usual ones, -1 for SCHED_IDLE. */
export function rankOf({ policy, priority }: Scheduling): number {
  return policy === SCHED_IDLE ? -1 : priority;
}

/** What a child of a task begins with: sched_fork(). */
export function forkScheduling(scheduling: Scheduling): Scheduling {
  if (!scheduling.resetsOnFork) return scheduling;
  const nice = isRealTime(scheduling.policy) ? 0 : Math.max(scheduling.nice, 0);
  return { ...DEFAULT_SCHEDULING, nice };
}

/** Whether a task may be given a nice value: can_nice(). */
export function mayBeNice(caller: Task, target: Task, nice: number): boolean {
  return caller.credentials.has(CAP_SYS_NICE) || 20 - nice <= target.limits.soft(RLIMIT_NICE);
}

/** Whether a task acts for the user whose another is: check_same_owner(). */
export function isSameOwner({ credentials: mine }: Task, { credentials: theirs }: Task): boolean {
  return mine.euid === theirs.euid || mine.euid === theirs.uid;
}

/** Changes how a task is scheduled. */
export function reschedule({ scheduler }: Kernel, task: Task, scheduling: Scheduling): void {
  const before = task.scheduling;
  task.scheduling = scheduling;
  scheduler.rescheduled(task, before);
}

/** Changes how `target` is scheduled on behalf of `caller`. Throws SystemError: EINVAL, EPERM. */
export function changeScheduling(
  kernel: Kernel,
  caller: Task,
  target: Task,
  wanted: Scheduling,
): void {
  const { policy, priority } = wanted;
  if (!POLICIES.has(policy) || priority < 0 || priority > RT_PRIORITY_MAX) {
    throw new SystemError(EINVAL);
  }
  if (isRealTime(policy) !== (priority !== 0)) throw new SystemError(EINVAL);
  if (!caller.credentials.has(CAP_SYS_NICE) && !mayChange(caller, target, wanted)) {
    throw new SystemError(EPERM);
  }
  reschedule(kernel, target, wanted);
}

/** Whether a task could ask to be scheduled so. */
export function mayAsk(task: Task, wanted: Scheduling): boolean {
  return task.credentials.has(CAP_SYS_NICE) || mayChange(task, task, wanted);
}

/** user_check_sched_setscheduler(). */
function mayChange(caller: Task, target: Task, wanted: Scheduling): boolean {
  const old = target.scheduling;
  if (isRealTime(wanted.policy)) {
    const limit = target.limits.soft(RLIMIT_RTPRIO);
    if (wanted.policy !== old.policy && limit === 0) return false;
    if (wanted.priority > old.priority && wanted.priority > limit) return false;
  } else if (wanted.nice < old.nice && !mayBeNice(caller, target, wanted.nice)) {
    return false;
  }
  const leavesIdle = old.policy === SCHED_IDLE && wanted.policy !== SCHED_IDLE;
  if (leavesIdle && !mayBeNice(caller, target, old.nice)) return false;
  return isSameOwner(caller, target) && (wanted.resetsOnFork || !old.resetsOnFork);
}
