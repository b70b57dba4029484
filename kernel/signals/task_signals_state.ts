/** How a task's own part of signal handling is saved: its masks and its alternate stack. */
import { MINSIGSTKSZ, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK, UNBLOCKABLE } from "../abi/signal.ts";
import { flags, record, type RecordValue, signalSet, u64 } from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import type { Dispositions } from "./dispositions.ts";
import type { SignalQueue } from "./signal_queue.ts";
import { TaskSignals } from "./task_signals.ts";

const HAS_SAVED_MASK = 1;

/** Masks and alternate stack. */
export const SIGNAL_TASK = record("SIGNAL_TASK", CKPT_HDR.SIGNAL_TASK, {
  doc: "The task's own part of signal handling: masks and alternate stack.",
  fields: {
    blocked: signalSet({ doc: "signals that it blocks" }),
    saved_mask: signalSet({
      doc: "mask to go back to after a call such as rt_sigsuspend(2), 0 outside of one",
    }),
    flags: flags({ HAS_SAVED_MASK }, { doc: "whether saved_mask counts" }),
    sas_ss_flags: flags({ SS_ONSTACK, SS_DISABLE, SS_AUTODISARM }, {
      doc: "alternate stack: flags of sigaltstack(2)",
    }),
    sas_ss_sp: u64({ doc: "alternate stack: first address", show: "hex" }),
    sas_ss_size: u64({ doc: "alternate stack: bytes", unit: "bytes" }),
  },
  relations: {
    unblockable: {
      field: "blocked",
      text: "masks without SIGKILL and SIGSTOP",
      holds: ({ blocked, saved_mask }) => ((blocked | saved_mask) & UNBLOCKABLE) === 0n,
    },
    saved_mask: {
      field: "saved_mask",
      text: "0 without HAS_SAVED_MASK",
      holds: ({ flags, saved_mask }) => (flags & HAS_SAVED_MASK) !== 0 || saved_mask === 0n,
    },
    alternate_stack: {
      field: "sas_ss_flags",
      text: "SS_DISABLE with address and size 0, or a stack of at least MINSIGSTKSZ bytes",
      holds: ({ sas_ss_flags, sas_ss_sp, sas_ss_size }) =>
        (sas_ss_flags & SS_DISABLE) !== 0
          ? (sas_ss_flags & SS_ONSTACK) === 0 && sas_ss_sp === 0n && sas_ss_size === 0n
          : sas_ss_size >= BigInt(MINSIGSTKSZ),
    },
  },
});

/** Saves masks and alternate stack. */
export function saveTaskSignals(signals: TaskSignals): RecordValue<typeof SIGNAL_TASK> {
  const { blocked, savedMask, alternateStack } = signals;
  return {
    blocked,
    saved_mask: savedMask ?? 0n,
    flags: savedMask === null ? 0 : HAS_SAVED_MASK,
    sas_ss_flags: alternateStack.flags >>> 0,
    sas_ss_sp: alternateStack.sp,
    sas_ss_size: alternateStack.size,
  };
}

/** The task's part with the queue and the dispositions that were planned for it. */
export function planTaskSignals(
  saved: RecordValue<typeof SIGNAL_TASK>,
  dispositions: Dispositions,
  pending: SignalQueue,
): TaskSignals {
  const signals = new TaskSignals(dispositions, pending);
  signals.blocked = saved.blocked;
  signals.savedMask = (saved.flags & HAS_SAVED_MASK) !== 0 ? saved.saved_mask : null;
  const { sas_ss_sp: sp, sas_ss_flags: flags, sas_ss_size: size } = saved;
  signals.alternateStack = { sp, flags, size };
  return signals;
}
