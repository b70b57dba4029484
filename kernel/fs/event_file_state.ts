/** How the descriptors of events are saved: eventfd, timerfd, signalfd. */
import { CAP_WAKE_ALARM } from "../abi/capability.ts";
import { EINVAL, EPERM } from "../abi/errno.ts";
import { EVENTFD_COUNT_MAX } from "../abi/event.ts";
import { UNBLOCKABLE } from "../abi/signal.ts";
import {
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  KTIME_MAX,
} from "../abi/time.ts";
import { defineCheck } from "../checkpoint/check.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import {
  enumeration,
  flags,
  nanoseconds,
  padding,
  record,
  type RecordValue,
  signalSet,
  u64,
} from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { EventFile } from "./event_file.ts";
import { SignalFile } from "./signal_file.ts";
import { earlier } from "../timer_setting.ts";
import { TimerFile } from "./timer_file.ts";

const ALARM_ALLOWED = defineCheck(
  "TIMERFD.clockid/allowed",
  EPERM,
  "a clock on which the caller may set a timer",
);
const DEADLINE_SANE = defineCheck("TIMERFD.left/sane", EINVAL, "a time that the clock can show");

const SEMAPHORE = 1;
const [ARMED, TOLD] = [1, 2];

/** A counter. */
export const EVENTFD = record("EVENTFD", CKPT_HDR.EVENTFD, {
  doc: "The counter of an eventfd.",
  fields: {
    count: u64({ doc: "what it stands at", max: EVENTFD_COUNT_MAX }),
    flags: flags({ SEMAPHORE }, { doc: "whether a read takes one, and not all" }),
    _pad: padding(4),
  },
});

/** The clocks of timers. */
const TIMER_CLOCKS = {
  CLOCK_REALTIME,
  CLOCK_MONOTONIC,
  CLOCK_BOOTTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_BOOTTIME_ALARM,
} as const;

type ClockName = keyof typeof TIMER_CLOCKS;

/** A timer. */
export const TIMERFD = record("TIMERFD", CKPT_HDR.TIMERFD, {
  doc: "The timer of a timerfd.",
  fields: {
    clockid: enumeration(TIMER_CLOCKS, { doc: "on which clock absolute times are given" }),
    flags: flags({ ARMED, TOLD }, {
      doc:
        "whether an expiry is to come, or has come and was not read; whether those who wait know of it",
    }),
    left: nanoseconds({ doc: "time until it" }),
    overdue: nanoseconds({ doc: "time since it" }),
    interval: nanoseconds({ doc: "from one expiry to the next, 0 for a single one" }),
  },
  relations: {
    one_side: {
      field: "overdue",
      text: "time until the expiry or since it, and neither without one",
      holds: ({ flags, left, overdue }) =>
        (left === 0n || overdue === 0n) &&
        ((flags & ARMED) !== 0 || (left === 0n && overdue === 0n)),
    },
    told: {
      field: "flags",
      text: "told of an expiry that has come",
      holds: ({ flags, left }) => (flags & TOLD) === 0 || ((flags & ARMED) !== 0 && left === 0n),
    },
  },
});

/** A view of signals. */
export const SIGNALFD = record("SIGNALFD", CKPT_HDR.SIGNALFD, {
  doc: "What a signalfd shows.",
  fields: { accepts: signalSet({ doc: "the signals that are read from it" }) },
  relations: {
    catchable: {
      field: "accepts",
      text: "neither SIGKILL nor SIGSTOP",
      holds: ({ accepts }) => (accepts & UNBLOCKABLE) === 0n,
    },
  },
});

/** Saves a counter. */
export function saveEventFile({ count, semaphore }: EventFile): RecordValue<typeof EVENTFD> {
  return { count, flags: semaphore ? SEMAPHORE : 0 };
}

/** The counter of a record. */
export function planEventFile({ count, flags }: RecordValue<typeof EVENTFD>): EventFile {
  return new EventFile(count, (flags & SEMAPHORE) !== 0);
}

/** Saves a timer; times count from the moment of the checkpoint. */
export function saveTimerFile(context: SaveContext, timer: TimerFile): RecordValue<typeof TIMERFD> {
  const { deadline_ns, interval_ns } = timer.setting;
  const names = Object.keys(TIMER_CLOCKS) as ClockName[];
  const clockid = names.find((name) => TIMER_CLOCKS[name] === timer.clockId);
  if (clockid === undefined) throw new Error(`A timer on clock ${timer.clockId} was made`);
  const ahead_ns = deadline_ns === null ? 0n : deadline_ns - context.now_ns;
  return {
    clockid,
    flags: (deadline_ns === null ? 0 : ARMED) | (timer.isTold ? TOLD : 0),
    left: ahead_ns > 0n ? ahead_ns : 0n,
    overdue: ahead_ns < 0n ? -ahead_ns : 0n,
    interval: interval_ns,
  };
}

/** The timer of a record; its times count from the moment of the restart. */
export function planTimerFile(
  context: RestartContext,
  saved: RecordValue<typeof TIMERFD>,
): TimerFile {
  const { clockid, flags, left, overdue, interval } = saved;
  if (clockid.endsWith("_ALARM") && !context.mayDo(CAP_WAKE_ALARM)) {
    context.refuse(ALARM_ALLOWED, saved, "clockid", clockid);
  }
  const end_ns = context.now_ns + left - overdue;
  // A machine that goes on may be older than the one that the image was taken of.
  const isInto = context.caller !== null;
  if (end_ns > KTIME_MAX && !isInto) context.refuse(DEADLINE_SANE, saved, "left", String(left));
  const timer = new TimerFile(context.clock, TIMER_CLOCKS[clockid]);
  timer.setting = {
    deadline_ns: (flags & ARMED) === 0 ? null : earlier(end_ns, KTIME_MAX),
    interval_ns: interval,
  };
  timer.isTold = (flags & TOLD) !== 0;
  return timer;
}

/** Saves a view of signals. */
export function saveSignalFile({ accepts }: SignalFile): RecordValue<typeof SIGNALFD> {
  return { accepts };
}

/** The view of a record. */
export function planSignalFile({ accepts }: RecordValue<typeof SIGNALFD>): SignalFile {
  return new SignalFile(accepts);
}
