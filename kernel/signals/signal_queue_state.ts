/** How pending signals are saved and queued again: each with its siginfo, in the order of arrival. */
import { CAP_SYS_RESOURCE } from "../abi/capability.ts";
import { EAGAIN } from "../abi/errno.ts";
import { RLIMIT_SIGPENDING } from "../abi/resource.ts";
import { NSIG, SIGRTMIN } from "../abi/signal.ts";
import { defineCheck } from "../checkpoint/check.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import {
  bytes,
  padding,
  record,
  type RecordValue,
  restArray,
  s32,
  u32,
} from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { SIGINFO_FIELDS_OFFSET, SIGINFO_USED_BYTES } from "./siginfo.ts";
import { SignalQueue } from "./signal_queue.ts";

const WITHIN_LIMIT = defineCheck(
  "SIGPENDING.nr_pending/limit",
  EAGAIN,
  "no more signals than RLIMIT_SIGPENDING lets the caller have",
);

/** Most signals that one queue may hold in an image. */
const PENDING_MAX = 16384;

/** Pending signals. */
export const SIGPENDING = record("SIGPENDING", CKPT_HDR.SIGPENDING, {
  doc: "Pending signals: of the process behind a SIGNAL, of the thread in a task.",
  fields: {
    nr_pending: u32({ doc: "number of pending signals", max: PENDING_MAX }),
    _pad: padding(4),
    siginfo: restArray({
      si_signo: s32({ doc: "signal", min: 1, max: NSIG }),
      si_errno: s32({ doc: "errno that came with it" }),
      si_code: s32({ doc: "where it comes from: SI_*, or of its kind" }),
      _pad: padding(4),
      fields: bytes(SIGINFO_USED_BYTES - SIGINFO_FIELDS_OFFSET, { doc: "fields of its kind" }),
    }, { doc: "the signals, oldest first", max: PENDING_MAX }),
  },
  relations: {
    counted: {
      field: "nr_pending",
      text: "the number of siginfo elements",
      holds: ({ nr_pending, siginfo }) => nr_pending === siginfo.length,
    },
    standard_once: {
      field: "siginfo",
      text: "each signal below SIGRTMIN at most once",
      holds: ({ siginfo }) => {
        const standard = siginfo.map(({ si_signo }) => si_signo).filter((signo) =>
          signo < SIGRTMIN
        );
        return new Set(standard).size === standard.length;
      },
    },
  },
});

/** Saves a queue. */
export function saveSignalQueue(queue: SignalQueue): RecordValue<typeof SIGPENDING> {
  const siginfo = queue.entries.map(({ signo, errno, code, fields }) => ({
    si_signo: signo,
    si_errno: errno,
    si_code: code,
    fields,
  }));
  return { nr_pending: siginfo.length, siginfo };
}

/** The queue of a record. */
export function planSignalQueue(
  context: RestartContext,
  saved: RecordValue<typeof SIGPENDING>,
): SignalQueue {
  const limit = context.limits?.get(RLIMIT_SIGPENDING).hard;
  const isFree = context.mayDo(CAP_SYS_RESOURCE);
  if (!isFree && limit !== undefined && BigInt(saved.nr_pending) > limit) {
    const found = `${saved.nr_pending} with a limit of ${limit}`;
    context.refuse(WITHIN_LIMIT, saved, "nr_pending", found);
  }
  const queue = new SignalQueue();
  for (const { si_signo: signo, si_errno: errno, si_code: code, fields } of saved.siginfo) {
    queue.add({ signo, errno, code, fields: fields.slice() });
  }
  return queue;
}
