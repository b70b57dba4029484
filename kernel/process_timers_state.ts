/**
 * How the timers of a process are saved: as the time that is left on each one's clock, or has passed since
 * an expiry that is still to be dealt with.
 */
import { CAP_SYS_RESOURCE, CAP_WAKE_ALARM } from "./abi/capability.ts";
import { EAGAIN, EINVAL, EPERM } from "./abi/errno.ts";
import { RLIMIT_SIGPENDING } from "./abi/resource.ts";
import { NSIG } from "./abi/signal.ts";
import {
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_TAI,
  CLOCK_THREAD_CPUTIME_ID,
  KTIME_MAX,
} from "./abi/time.ts";
import { PID_MAX } from "./abi/process.ts";
import { defineCheck } from "./checkpoint/check.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import type { SaveContext } from "./checkpoint/save_context.ts";
import {
  array,
  enumeration,
  type Fields,
  flags,
  nanoseconds,
  padding,
  record,
  type RecordValue,
  restArray,
  s32,
  u32,
  u64,
} from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";
import { PosixTimer, ProcessTimers, type TimerNotice, TIMERS_MAX } from "./process_timers.ts";
import type { ThreadGroup } from "./thread_group.ts";
import { earlier, TIMER_OFF, type TimerSetting } from "./timer_setting.ts";

const THREAD_LIVES = defineCheck(
  "checkpoint/timer_thread",
  EINVAL,
  "a timer for a thread that lives",
);
const ALARM_ALLOWED = defineCheck(
  "TIMERS.posix/allowed",
  EPERM,
  "clocks on which the caller may set a timer",
);
const WITHIN_LIMIT = defineCheck(
  "TIMERS.posix/limit",
  EAGAIN,
  "no more timers than RLIMIT_SIGPENDING lets the caller have",
);
const OWN_THREAD = defineCheck("TIMERS.posix/thread", EINVAL, "timers for threads of the process");
const SANE = defineCheck("TIMERS.posix/sane", EINVAL, "times that a clock can show");

const INTERVAL_TIMERS = 3;
const ID_MAX = 2 ** 31 - 1;
const OVERRUN_MAX = 2 ** 31 - 1;
const [ARMED, QUEUED] = [1, 2];
/** No thread: the process as a whole. */
const NO_THREAD = 0;

/** The clocks of timers. */
const TIMER_CLOCKS = {
  CLOCK_REALTIME,
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_THREAD_CPUTIME_ID,
  CLOCK_BOOTTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_TAI,
} as const;

type ClockName = keyof typeof TIMER_CLOCKS;

/** When a timer expires. */
const SETTING = {
  left: nanoseconds({ doc: "time until the next expiry" }),
  overdue: nanoseconds({ doc: "time since an expiry that is still to be dealt with" }),
  interval: nanoseconds({ doc: "from one expiry to the next, 0 for a single one" }),
} as const satisfies Fields;

interface SavedSetting {
  readonly flags: number;
  readonly left: bigint;
  readonly overdue: bigint;
  readonly interval: bigint;
}

/** The timers of a process. */
export const TIMERS = record("TIMERS", CKPT_HDR.TIMERS, {
  doc: "The timers of a process that send signals.",
  fields: {
    next_id: u32({ doc: "number that the next POSIX timer gets", max: ID_MAX }),
    _pad: padding(4),
    interval: array(INTERVAL_TIMERS, {
      flags: flags({ ARMED }, { doc: "whether it is set" }),
      _pad: padding(4),
      ...SETTING,
    }, { doc: "ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF" }),
    posix: restArray({
      id: u32({ doc: "its number", max: ID_MAX }),
      clockid: enumeration(TIMER_CLOCKS, { doc: "its clock" }),
      clock_thread: s32({
        doc: "for CLOCK_THREAD_CPUTIME_ID the id of the thread, else 0",
        min: NO_THREAD,
        max: PID_MAX - 1,
      }),
      flags: flags({ ARMED, QUEUED }, { doc: "whether it is set; whether its signal is pending" }),
      signo: u32({ doc: "signal that it sends, 0 for none", max: NSIG }),
      thread: s32({
        doc: "id of the thread that gets it, 0 for the process",
        min: NO_THREAD,
        max: PID_MAX - 1,
      }),
      value: u64({ doc: "si_value", show: "hex" }),
      ...SETTING,
      overrun: u32({ doc: "expiries missed by the last signal", max: OVERRUN_MAX }),
      _pad: padding(4),
    }, { doc: "the timers of timer_create(2), ascending", max: TIMERS_MAX }),
  },
  relations: {
    one_side: {
      field: "interval",
      text: "time until an expiry or since it, and nothing for a timer that is not set",
      holds: ({ interval, posix }) => interval.every(isSetting) && posix.every(isSetting),
    },
    counted: {
      field: "posix",
      text: "numbers that ascend and were given",
      holds: ({ next_id, posix }) =>
        posix.every(({ id }, i) => id < next_id && (i === 0 || posix[i - 1]!.id < id)),
    },
    thread_clock: {
      field: "posix",
      text: "a thread for CLOCK_THREAD_CPUTIME_ID and for no other clock",
      holds: ({ posix }) =>
        posix.every(({ clockid, clock_thread }) =>
          (clockid === "CLOCK_THREAD_CPUTIME_ID") === (clock_thread !== NO_THREAD)
        ),
    },
    silent: {
      field: "posix",
      text: "no receiver, value or pending signal where none is sent",
      holds: ({ posix }) =>
        posix.every(({ signo, thread, value, flags }) =>
          signo !== 0 || (thread === NO_THREAD && value === 0n && (flags & QUEUED) === 0)
        ),
    },
  },
});

function isSetting({ flags, left, overdue, interval }: SavedSetting): boolean {
  if (left > 0n && overdue > 0n) return false;
  return (flags & ARMED) !== 0 || (left === 0n && overdue === 0n && interval >= 0n);
}

/** Saves the timers of a process. */
export function saveTimers(
  context: SaveContext,
  { timers, members, exitedInstructions }: ThreadGroup,
): RecordValue<typeof TIMERS> {
  const instructions = members.reduce(
    (sum, task) => sum + context.instructionsOf(task),
    exitedInstructions,
  );
  const requireMember = (pid: number): number => {
    const isMember = members.some((task) => task.pid === pid);
    if (!isMember) context.refuse(THREAD_LIVES, `thread ${pid}`);
    return pid;
  };
  return {
    next_id: timers.nextId,
    interval: timers.interval.map(({ setting, isCpu }) =>
      saveSetting(setting, isCpu ? BigInt(instructions) : context.now_ns)
    ),
    posix: [...timers.posix.values()].map((timer) => {
      const { id, clockId, clockThread, notice, isQueued, overrun } = timer;
      const isSignal = notice.kind === "signal";
      const clock_thread = clockThread === 0 ? NO_THREAD : requireMember(clockThread);
      const thread = members.find(({ pid }) => pid === clock_thread);
      const cpu = thread === undefined ? instructions : context.instructionsOf(thread);
      const saved = saveSetting(timer.setting, timer.isCpu ? BigInt(cpu) : context.now_ns);
      return {
        ...saved,
        id,
        clockid: nameOf(clockId),
        clock_thread,
        flags: saved.flags | (isQueued ? QUEUED : 0),
        signo: isSignal ? notice.signo : 0,
        thread: isSignal && notice.thread !== null ? requireMember(notice.thread) : NO_THREAD,
        value: isSignal ? notice.value : 0n,
        overrun: Number(overrun),
      };
    }),
  };
}

function nameOf(clockId: number): ClockName {
  const names = Object.keys(TIMER_CLOCKS) as ClockName[];
  const name = names.find((candidate) => TIMER_CLOCKS[candidate] === clockId);
  if (name === undefined) throw new Error(`A timer on clock ${clockId} was made`);
  return name;
}

function saveSetting({ deadline_ns, interval_ns }: TimerSetting, now_ns: bigint): SavedSetting {
  const ahead_ns = deadline_ns === null ? 0n : deadline_ns - now_ns;
  return {
    flags: deadline_ns === null ? 0 : ARMED,
    left: ahead_ns > 0n ? ahead_ns : 0n,
    overdue: ahead_ns < 0n ? -ahead_ns : 0n,
    interval: interval_ns,
  };
}

function settingOf(saved: SavedSetting, now_ns: bigint): TimerSetting {
  if ((saved.flags & ARMED) === 0) return { ...TIMER_OFF, interval_ns: saved.interval };
  const deadline_ns = now_ns + saved.left - saved.overdue;
  return { deadline_ns: earlier(deadline_ns, KTIME_MAX), interval_ns: saved.interval };
}

/** Whether a machine with this time cannot have had the timer. */
function isBeyondClocks({ left, overdue }: SavedSetting, now_ns: bigint): boolean {
  return now_ns + left - overdue > KTIME_MAX;
}

/** A thread of the process as the image has it. */
interface ImageThread {
  /** The pid that it had. */
  readonly vpid: number;
  /** The pid that it gets. */
  readonly pid: number;
  readonly instructions: number;
}

/** The threads of the process whose object is `objref`. */
function threadsOf({ image, caller }: RestartContext, objref: number): readonly ImageThread[] {
  const { pids: { pids }, task } = image.tree;
  return task.flatMap((tree, i): ImageThread[] => {
    const vpid = pids[i]?.vpid;
    if (vpid === undefined || tree.objs.signal_objref !== objref) return [];
    // Who asks for a restart keeps its own pid.
    const pid = i === 0 && caller !== null ? caller.pid : vpid;
    return [{ vpid, pid, instructions: tree.thread.instructions }];
  });
}

/** The timers of the process whose object is `objref`; `exited` is what ended threads have used. */
export function planTimers(
  context: RestartContext,
  objref: number,
  saved: RecordValue<typeof TIMERS>,
  exited: number,
): ProcessTimers {
  const { limits, now_ns } = context;
  const alarm = saved.posix.find(({ clockid }) => clockid.endsWith("_ALARM"));
  if (alarm !== undefined && !context.mayDo(CAP_WAKE_ALARM)) {
    context.refuse(ALARM_ALLOWED, saved, "posix", alarm.clockid);
  }
  const limit = limits?.get(RLIMIT_SIGPENDING).hard;
  const isFree = context.mayDo(CAP_SYS_RESOURCE);
  if (!isFree && limit !== undefined && BigInt(saved.posix.length) > limit) {
    const found = `${saved.posix.length} with a limit of ${limit}`;
    context.refuse(WITHIN_LIMIT, saved, "posix", found);
  }
  const threads = threadsOf(context, objref);
  const threadOf = (vpid: number): ImageThread | null => {
    if (vpid === NO_THREAD) return null;
    const thread = threads.find((candidate) => candidate.vpid === vpid);
    if (thread === undefined) context.refuse(OWN_THREAD, saved, "posix", `thread ${vpid}`);
    return thread;
  };
  const cpu_ns = BigInt(threads.reduce((sum, { instructions }) => sum + instructions, exited));
  // A machine that goes on may be older than the one that the image was taken of.
  const requireSane = (timer: SavedSetting, clock_ns: bigint): void => {
    if (context.caller === null && isBeyondClocks(timer, clock_ns)) {
      context.refuse(SANE, saved, "posix", "a time beyond the end of all clocks");
    }
  };
  const timers = new ProcessTimers();
  for (const [i, setting] of saved.interval.entries()) {
    const timer = timers.interval[i];
    if (timer === undefined) continue;
    const clock_ns = timer.isCpu ? cpu_ns : now_ns;
    requireSane(setting, clock_ns);
    timer.setting = settingOf(setting, clock_ns);
  }
  for (const entry of saved.posix) {
    const { id, clockid, signo, value } = entry;
    const [clockThread, receiver] = [threadOf(entry.clock_thread), threadOf(entry.thread)];
    const notice: TimerNotice = signo === 0
      ? { kind: "none" }
      : { kind: "signal", signo, value, thread: receiver?.pid ?? null };
    const timer = new PosixTimer({
      id,
      clockId: TIMER_CLOCKS[clockid],
      clockThread: clockThread?.pid ?? 0,
      notice,
    });
    const thread_ns = clockThread === null ? cpu_ns : BigInt(clockThread.instructions);
    const clock_ns = timer.isCpu ? thread_ns : now_ns;
    requireSane(entry, clock_ns);
    timer.setting = settingOf(entry, clock_ns);
    timer.isQueued = (entry.flags & QUEUED) !== 0;
    timer.overrun = BigInt(entry.overrun);
    timers.posix.set(id, timer);
  }
  timers.nextId = saved.next_id;
  return timers;
}
