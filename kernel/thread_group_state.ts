/** How what the threads of a process share besides memory is saved. */
import { CAP_SYS_RESOURCE } from "./abi/capability.ts";
import { EACCES } from "./abi/errno.ts";
import { OOM_SCORE_ADJ_MAX, OOM_SCORE_ADJ_MIN } from "./abi/process.ts";
import { DEFAULT_STOPS, NSIG, signalBit } from "./abi/signal.ts";
import { defineCheck } from "./checkpoint/check.ts";
import { group, objectKind } from "./checkpoint/grammar.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import type { SaveContext } from "./checkpoint/save_context.ts";
import {
  enumeration,
  flags,
  record,
  type RecordValue,
  s32,
  size64,
  u32,
} from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";
import { areOrdered, limitsField, planLimits, saveLimits } from "./limits_state.ts";
import { planTimers, saveTimers, TIMERS } from "./process_timers_state.ts";
import { planSignalQueue, saveSignalQueue, SIGPENDING } from "./signals/signal_queue_state.ts";
import type { JobEvent, ThreadGroup } from "./thread_group.ts";

const ADJ_ALLOWED = defineCheck(
  "SIGNAL.oom_score_adj/allowed",
  EACCES,
  "a process no less gladly killed than the caller could make it",
);
const HAS_EXECUTED = 1;
const ADOPTED = 2;
const CHILD_SUBREAPER = 4;
/** What of a job was not waited for; the names are our own. */
const JOB_EVENTS = { NONE: 0, STOPPED: 1, CONTINUED: 2 } as const;
const SAVED_EVENTS: Readonly<Record<JobEvent, keyof typeof JOB_EVENTS>> = {
  none: "NONE",
  stopped: "STOPPED",
  continued: "CONTINUED",
};
const RESTORED_EVENTS: Readonly<Record<keyof typeof JOB_EVENTS, JobEvent>> = {
  NONE: "none",
  STOPPED: "stopped",
  CONTINUED: "continued",
};

/** What a process has besides memory. */
export const SIGNAL = record("SIGNAL", CKPT_HDR.SIGNAL, {
  doc: "What the threads of a process share besides memory, descriptors and dispositions.",
  fields: {
    stop_signal: u32({ doc: "signal that stopped the process, 0 for none", max: NSIG }),
    flags: flags({ HAS_EXECUTED, ADOPTED, CHILD_SUBREAPER }, {
      doc: "whether it has called execve(2), came to init as an orphan, takes orphans itself",
    }),
    exit_signal: u32({ doc: "what the parent gets at its end; no signal: nothing", max: 255 }),
    job_event: enumeration(JOB_EVENTS, { doc: "what its parent has not waited for" }),
    oom_score_adj: s32({
      doc: "how gladly it is killed when memory is out",
      min: OOM_SCORE_ADJ_MIN,
      max: OOM_SCORE_ADJ_MAX,
      show: "decimal",
    }),
    oom_score_adj_min: s32({
      doc: "below this only who has CAP_SYS_RESOURCE lowers it",
      min: OOM_SCORE_ADJ_MIN,
      max: OOM_SCORE_ADJ_MAX,
      show: "decimal",
    }),
    exited_instructions: size64({ doc: "instructions of its threads that have ended" }),
    children_instructions: size64({ doc: "instructions of the children it has waited for" }),
    rlimit: limitsField,
  },
  relations: {
    stop_signal: {
      field: "stop_signal",
      text: "0 or a signal that stops",
      holds: ({ stop_signal }) =>
        stop_signal === 0 || (DEFAULT_STOPS & signalBit(stop_signal)) !== 0n,
    },
    job_event: {
      field: "job_event",
      text: "STOPPED only for a stopped process, CONTINUED only for another",
      holds: ({ job_event, stop_signal }) =>
        job_event === "NONE" || (job_event === "STOPPED") === (stop_signal !== 0),
    },
    limits_ordered: {
      field: "rlimit",
      text: "no soft limit above its hard one",
      holds: ({ rlimit }) => areOrdered(rlimit),
    },
  },
});

/** The SIGNAL object. */
export const signalKind = objectKind(
  "SIGNAL",
  group("signal", "A process", { is: SIGNAL, timers: TIMERS, pending: SIGPENDING }),
);

/** What restart sets of a thread group. */
export type PlannedThreadGroup = Pick<
  ThreadGroup,
  | "limits"
  | "pending"
  | "stopSignal"
  | "hasExecuted"
  | "jobEvent"
  | "exitSignal"
  | "isAdopted"
  | "isChildSubreaper"
  | "oomScoreAdj"
  | "oomScoreAdjMin"
  | "exitedInstructions"
  | "childrenInstructions"
  | "timers"
>;

/** Saves a thread group at first sight. */
export function saveThreadGroup(context: SaveContext, group: ThreadGroup): number {
  return context.share(signalKind, group, () => ({
    is: {
      stop_signal: group.stopSignal,
      flags: (group.hasExecuted ? HAS_EXECUTED : 0) | (group.isAdopted ? ADOPTED : 0) |
        (group.isChildSubreaper ? CHILD_SUBREAPER : 0),
      exit_signal: group.exitSignal,
      job_event: SAVED_EVENTS[group.jobEvent],
      oom_score_adj: group.oomScoreAdj,
      oom_score_adj_min: group.oomScoreAdjMin,
      exited_instructions: group.exitedInstructions,
      children_instructions: group.childrenInstructions,
      rlimit: saveLimits(group.limits),
    },
    timers: saveTimers(context, group),
    pending: saveSignalQueue(group.pending),
  }));
}

/** How gladly the process is killed: no less so than the caller could have made it. */
function planOomScoreAdj(
  context: RestartContext,
  is: RecordValue<typeof SIGNAL>,
): Pick<ThreadGroup, "oomScoreAdj" | "oomScoreAdjMin"> {
  const { oom_score_adj: oomScoreAdj, oom_score_adj_min: oomScoreAdjMin } = is;
  const lowest = context.caller?.group.oomScoreAdjMin ?? OOM_SCORE_ADJ_MIN;
  const isTooLow = Math.min(oomScoreAdj, oomScoreAdjMin) < lowest;
  if (isTooLow && !context.mayDo(CAP_SYS_RESOURCE)) {
    context.refuse(ADJ_ALLOWED, is, "oom_score_adj", `${oomScoreAdj} and ${oomScoreAdjMin}`, {
      expected: `${lowest} and more`,
    });
  }
  return { oomScoreAdj, oomScoreAdjMin };
}

/** What a thread group gets. */
export function planThreadGroup(context: RestartContext, objref: number): PlannedThreadGroup {
  return context.once(objref, () => {
    const { is, timers, pending } = context.object(signalKind, objref);
    return {
      limits: planLimits(context, is, is.rlimit),
      pending: planSignalQueue(context, pending),
      stopSignal: is.stop_signal,
      hasExecuted: (is.flags & HAS_EXECUTED) !== 0,
      jobEvent: RESTORED_EVENTS[is.job_event],
      exitSignal: is.exit_signal,
      isAdopted: (is.flags & ADOPTED) !== 0,
      isChildSubreaper: (is.flags & CHILD_SUBREAPER) !== 0,
      ...planOomScoreAdj(context, is),
      exitedInstructions: is.exited_instructions,
      childrenInstructions: is.children_instructions,
      timers: planTimers(context, objref, timers, is.exited_instructions),
    };
  });
}
