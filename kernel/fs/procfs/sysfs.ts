/**
 * /sys, as far as programs insist: how many processors there are.
 *
 * Source: `Documentation/ABI/testing/sysfs-devices-system-cpu`; sysfs(5).
 */

import { hartList, HARTS_MAX } from "../../harts.ts";
import type { Kernel } from "../../kernel.ts";
import { directory, file, type ProcDirectoryNode } from "./node.ts";

/** The directory that is mounted at /sys. */
export function sysfsNode({ scheduler }: Kernel): ProcDirectoryNode {
  const all = file(() => `${hartList(scheduler.harts)}\n`);
  const processors = scheduler.usage.map((_, hart) => [`cpu${hart}`, processorNode(hart)] as const);
  const cpu = directory({
    ...Object.fromEntries(processors),
    kernel_max: file(() => `${HARTS_MAX - 1}\n`),
    offline: file(() => "\n"),
    online: all,
    possible: all,
    present: all,
  });
  return directory({
    devices: directory({ system: directory({ cpu }) }),
    fs: directory({ cgroup: directory({}) }),
    kernel: directory({}),
  });
}

/** A processor: a core of the one package. */
function processorNode(hart: number): ProcDirectoryNode {
  const topology = directory({
    core_id: file(() => `${hart}\n`),
    physical_package_id: file(() => "0\n"),
  });
  return directory({ topology });
}
