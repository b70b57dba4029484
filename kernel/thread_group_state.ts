/** How what the threads of a process share besides memory is saved. */
import { DEFAULT_STOPS, NSIG, signalBit } from "./abi/signal.ts";
import { group, objectKind } from "./checkpoint/grammar.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import type { SaveContext } from "./checkpoint/save_context.ts";
import { flags, record, u32 } from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";
import type { Limits } from "./limits.ts";
import { areOrdered, limitsField, planLimits, saveLimits } from "./limits_state.ts";
import type { ThreadGroup } from "./thread_group.ts";

const HAS_EXECUTED = 1;

/** What a process has besides memory. */
export const SIGNAL = record("SIGNAL", CKPT_HDR.SIGNAL, {
  doc: "What the threads of a process share besides memory, descriptors and dispositions.",
  fields: {
    stop_signal: u32({ doc: "signal that stopped the process, 0 for none", max: NSIG }),
    flags: flags({ HAS_EXECUTED }, { doc: "whether it has called execve(2)" }),
    rlimit: limitsField,
  },
  relations: {
    stop_signal: {
      field: "stop_signal",
      text: "0 or a signal that stops",
      holds: ({ stop_signal }) =>
        stop_signal === 0 || (DEFAULT_STOPS & signalBit(stop_signal)) !== 0n,
    },
    limits_ordered: {
      field: "rlimit",
      text: "no soft limit above its hard one",
      holds: ({ rlimit }) => areOrdered(rlimit),
    },
  },
});

/** The SIGNAL object. */
export const signalKind = objectKind("SIGNAL", group("signal", "A process", { is: SIGNAL }));

/** What restart sets of a thread group. */
export interface PlannedThreadGroup {
  readonly limits: Limits;
  readonly stopSignal: number;
  readonly hasExecuted: boolean;
}

/** Saves a thread group at first sight. */
export function saveThreadGroup(context: SaveContext, group: ThreadGroup): number {
  return context.share(signalKind, group, () => ({
    is: {
      stop_signal: group.stopSignal,
      flags: group.hasExecuted ? HAS_EXECUTED : 0,
      rlimit: saveLimits(group.limits),
    },
  }));
}

/** What a thread group gets. */
export function planThreadGroup(context: RestartContext, objref: number): PlannedThreadGroup {
  return context.once(objref, () => {
    const { is } = context.object(signalKind, objref);
    return {
      limits: planLimits(context, is, is.rlimit),
      stopSignal: is.stop_signal,
      hasExecuted: (is.flags & HAS_EXECUTED) !== 0,
    };
  });
}
