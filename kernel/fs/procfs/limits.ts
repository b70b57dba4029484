/** /proc/PID/limits. Source: `fs/proc/base.c` (`proc_pid_limits`); proc_pid_limits(5). */

import { RLIM_INFINITY } from "../../abi/resource.ts";
import type { Limits } from "../../limits.ts";

/** Name and unit of each limit, by RLIMIT_*. */
const NAMES: readonly (readonly [name: string, unit: string | null])[] = [
  ["Max cpu time", "seconds"],
  ["Max file size", "bytes"],
  ["Max data size", "bytes"],
  ["Max stack size", "bytes"],
  ["Max core file size", "bytes"],
  ["Max resident set", "bytes"],
  ["Max processes", "processes"],
  ["Max open files", "files"],
  ["Max locked memory", "bytes"],
  ["Max address space", "bytes"],
  ["Max file locks", "locks"],
  ["Max pending signals", "signals"],
  ["Max msgqueue size", "bytes"],
  ["Max nice priority", null],
  ["Max realtime priority", null],
  ["Max realtime timeout", "us"],
];

/** The limits as a table. */
export function limitsText(limits: Limits): string {
  const lines = limits.values().map(({ soft, hard }, resource) => {
    const [name = "", unit = null] = NAMES[resource] ?? [];
    return line(name, spelled(soft), spelled(hard), unit);
  });
  return line("Limit", "Soft Limit", "Hard Limit", "Units") + lines.join("");
}

function line(name: string, soft: string, hard: string, unit: string | null): string {
  const numbers = `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} `;
  return `${numbers}${unit === null ? "" : unit.padEnd(10)}\n`;
}

function spelled(limit: bigint): string {
  return limit === RLIM_INFINITY ? "unlimited" : String(limit);
}
