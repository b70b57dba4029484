/**
 * Making tasks.
 *
 * Source: `kernel/fork.c` (`clone`, `kernel_clone`); clone(2).
 */

import { CLONE_VFORK, CSIGNAL } from "../abi/process.ts";
import { type CloneRequest, cloneTask } from "../clone.ts";
import type { Wait } from "../wait.ts";
import { pointer, register } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** Of clone(2) only the low 32 bits of the flags count. */
const FLAGS_MASK = 0xffffffffn;

function clone(call: Call): number | Wait {
  const flags = register(call, 0) & FLAGS_MASK;
  return makeTask(call, {
    flags: flags & ~CSIGNAL,
    exitSignal: Number(flags & CSIGNAL),
    stackPointer: register(call, 1),
    parentTid: pointer(call, 2),
    tls: register(call, 3),
    childTid: pointer(call, 4),
  });
}

function makeTask({ kernel, task }: Call, request: CloneRequest): number | Wait {
  if (task.wait?.kind === "vfork") return task.wait.woken ? task.wait.child : task.wait;
  const child = cloneTask(kernel, task, request);
  if ((request.flags & CLONE_VFORK) === 0n) return child.pid;
  return { kind: "vfork", child: child.pid, woken: false };
}

/** Making tasks, by number. */
export const cloneCalls: SystemCallGroup = {
  220: { name: "clone", call: clone, args: ["flags", "stack", "parent_tid", "tls", "child_tid"] },
};
