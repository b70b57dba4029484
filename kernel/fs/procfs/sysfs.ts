/**
 * /sys, as far as programs insist: how many processors there are.
 *
 * Source: `Documentation/ABI/testing/sysfs-devices-system-cpu`; sysfs(5).
 */

import { directory, file, type ProcDirectoryNode } from "./node.ts";

/** The numbers of the processors: there is one. */
const PROCESSORS = "0\n";

/** The directory that is mounted at /sys. */
export function sysfsNode(): ProcDirectoryNode {
  const processors = file(() => PROCESSORS);
  const cpu = directory({
    cpu0: directory({
      topology: directory({ core_id: processors, physical_package_id: processors }),
    }),
    kernel_max: processors,
    offline: file(() => "\n"),
    online: processors,
    possible: processors,
    present: processors,
  });
  return directory({
    devices: directory({ system: directory({ cpu }) }),
    fs: directory({ cgroup: directory({}) }),
    kernel: directory({}),
  });
}
