/**
 * The resource limits of a thread group.
 *
 * Source: `kernel/sys.c`, `include/asm-generic/resource.h`; getrlimit(2).
 */

import {
  RLIM_INFINITY,
  RLIM_NLIMITS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_RTPRIO,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
} from "./abi/resource.ts";
import { EINVAL, EPERM, SystemError } from "./abi/errno.ts";

/** One limit: the value that counts and the value it may be raised to, each 0 … 2^64 - 1. */
export interface Limit {
  /** rlim_cur; 2^64 - 1 for none. */
  readonly soft: bigint;
  /** rlim_max; 2^64 - 1 for none. */
  readonly hard: bigint;
}

const UNLIMITED: Limit = { soft: RLIM_INFINITY, hard: RLIM_INFINITY };

const AT_BOOT: ReadonlyMap<number, Limit> = new Map([
  [RLIMIT_STACK, { soft: 8n << 20n, hard: RLIM_INFINITY }],
  [RLIMIT_CORE, { soft: 0n, hard: RLIM_INFINITY }],
  [RLIMIT_NPROC, { soft: 4096n, hard: 4096n }],
  [RLIMIT_NOFILE, { soft: 1024n, hard: 4096n }],
  [RLIMIT_MEMLOCK, { soft: 8n << 20n, hard: 8n << 20n }],
  [RLIMIT_SIGPENDING, { soft: 4096n, hard: 4096n }],
  [RLIMIT_MSGQUEUE, { soft: 819200n, hard: 819200n }],
  [RLIMIT_NICE, { soft: 0n, hard: 0n }],
  [RLIMIT_RTPRIO, { soft: 0n, hard: 0n }],
]);

/** The sixteen limits, indexed by RLIMIT_*. */
export class Limits {
  readonly #limits: Limit[];
  #boundsTime: boolean;

  private constructor(limits: Limit[]) {
    this.#limits = limits;
    this.#boundsTime = limits[RLIMIT_CPU]?.soft !== RLIM_INFINITY;
  }

  /** What a program gets that the harness starts. */
  static atBoot(): Limits {
    return new Limits(
      Array.from({ length: RLIM_NLIMITS }, (_, resource) => AT_BOOT.get(resource) ?? UNLIMITED),
    );
  }

  /** The limit on a resource, RLIMIT_*. Throws SystemError(EINVAL) for a number that is none. */
  get(resource: number): Limit {
    const limit = this.#limits[resource];
    if (limit === undefined) throw new SystemError(EINVAL);
    return limit;
  }

  /** Whether there is a limit on processor time; asked between any two calls of a program. */
  get boundsTime(): boolean {
    return this.#boundsTime;
  }

  /** The soft limit as a number, `Infinity` for none; exact as far as any use of it goes. */
  soft(resource: number): number {
    const { soft } = this.get(resource);
    return soft === RLIM_INFINITY ? Infinity : Number(soft);
  }

  /**
   * Changes a limit by the rules of setrlimit(2). Throws SystemError: EINVAL when soft exceeds hard or
   * there is no such resource, EPERM when an unprivileged task raises the hard limit.
   */
  set(resource: number, limit: Limit, isPrivileged: boolean): void {
    const old = this.get(resource);
    if (limit.soft > limit.hard) throw new SystemError(EINVAL);
    if (limit.hard > old.hard && !isPrivileged) throw new SystemError(EPERM);
    this.#limits[resource] = { soft: limit.soft, hard: limit.hard };
    if (resource === RLIMIT_CPU) this.#boundsTime = limit.soft !== RLIM_INFINITY;
  }

  /** All sixteen in the order of their numbers. */
  values(): readonly Limit[] {
    return this.#limits;
  }

  /** An independent copy. */
  clone(): Limits {
    return new Limits([...this.#limits]);
  }
}
