/** What /proc itself holds: the machine's files, and a directory for each process. */

import { ENOENT, SystemError } from "../../abi/errno.ts";
import type { Kernel } from "../../kernel.ts";
import type { Task } from "../../task.ts";
import {
  cpuInfo,
  devices,
  fileSystems,
  loadAverage,
  memoryCounters,
  memoryInfo,
  partitions,
  statistics,
  swaps,
  uptime,
  version,
} from "./machine.ts";
import { directory, file, link, numberOf, type ProcDirectoryNode } from "./node.ts";
import { taskNode } from "./process.ts";
import type { Procfs } from "./procfs.ts";
import { sysctlNode } from "./sysctl.ts";
import { sysvipcNode } from "./sysvipc.ts";

/** Processes are listed behind everything else: TGID_OFFSET. */
const FIRST_PROCESS_COOKIE = 257;

/** The directory that is mounted at /proc. */
export function rootNode(kernel: Kernel, proc: Procfs): ProcDirectoryNode {
  const machine = directory({
    cmdline: file(() => "\n"),
    cpuinfo: file(() => cpuInfo(kernel)),
    devices: file(() => devices()),
    diskstats: file(() => ""),
    filesystems: file(() => fileSystems()),
    loadavg: file(() => loadAverage(kernel)),
    meminfo: file(() => memoryInfo(kernel)),
    modules: file(() => ""),
    mounts: link(() => "self/mounts"),
    partitions: file(() => partitions()),
    self: link(() => selfPath(kernel, proc)),
    stat: file(() => statistics(kernel)),
    swaps: file(() => swaps()),
    sys: sysctlNode(kernel),
    sysvipc: sysvipcNode(kernel),
    "thread-self": link(() => threadPath(kernel, proc)),
    uptime: file(() => uptime(kernel)),
    version: file(() => version(kernel)),
    vmstat: file(() => memoryCounters(kernel)),
  });
  return {
    kind: "directory",
    mode: 0o555,
    lookup(name) {
      const number = numberOf(name);
      const task = kernel.tasks.get(proc.pidNamespace?.pidOf(number) ?? number);
      return task === undefined ? machine.lookup(name) : taskNode(kernel, proc, task);
    },
    list() {
      const numbers = kernel.tasks.leaders.map(({ pid }) => proc.numberOf(pid))
        .filter((number) => number !== 0).sort((a, b) => a - b);
      return [
        ...machine.list(),
        ...numbers.map((number) => ({
          name: String(number),
          cookie: FIRST_PROCESS_COOKIE + number,
        })),
      ];
    },
  };
}

/** The task whose system call is carried out. Throws ENOENT when the harness looks. */
function callerOf({ scheduler }: Kernel): Task {
  const { current } = scheduler;
  if (current === undefined) throw new SystemError(ENOENT);
  return current;
}

/** The number of the caller's process. Throws ENOENT where it is not shown. */
function selfPath(kernel: Kernel, proc: Procfs): string {
  const number = proc.numberOf(callerOf(kernel).tgid);
  if (number === 0) throw new SystemError(ENOENT);
  return String(number);
}

function threadPath(kernel: Kernel, proc: Procfs): string {
  return `${selfPath(kernel, proc)}/task/${proc.numberOf(callerOf(kernel).pid)}`;
}
