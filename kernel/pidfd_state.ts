/** How pidfds are saved: by the pid that their process, or thread, has in the image. */
import { EINVAL } from "./abi/errno.ts";
import { PID_MAX } from "./abi/process.ts";
import { defineCheck } from "./checkpoint/check.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import type { SaveContext } from "./checkpoint/save_context.ts";
import { padding, record, type RecordValue, s32 } from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";
import { PidFile } from "./pidfd.ts";

const TARGET_SAVED = defineCheck(
  "checkpoint/pidfd",
  EINVAL,
  "a pidfd of a process that is in the image, or is gone",
);
const TARGET_THERE = defineCheck("PIDFD.pid/there", EINVAL, "a task of the image");

/** For whom nobody is left. */
const GONE = 0;

/** Whom a pidfd stands for. */
export const PIDFD = record("PIDFD", CKPT_HDR.PIDFD, {
  doc: "Whom a pidfd stands for.",
  fields: {
    pid: s32({
      doc: "the process, or the thread where it has PIDFD_THREAD; 0 when it was waited for",
      min: GONE,
      max: PID_MAX - 1,
      show: "decimal",
    }),
    _pad: padding(4),
  },
});

/** Saves whom a pidfd stands for. */
export function savePidFile(context: SaveContext, { task }: PidFile): RecordValue<typeof PIDFD> {
  if (task === undefined) return { pid: GONE };
  if (!context.tasks.has(task)) context.refuse(TARGET_SAVED, `one of task ${task.pid}`);
  return { pid: task.pid };
}

/** A pidfd that stands for the task from when the image's tasks are made. */
export function planPidFile(
  context: RestartContext,
  saved: RecordValue<typeof PIDFD>,
  ofThread: boolean,
): PidFile {
  const file = PidFile.ofNobody();
  if (saved.pid === GONE) return file;
  const pid = context.awaited.pids.get(saved.pid);
  if (pid === undefined) context.refuse(TARGET_THERE, saved, "pid", String(saved.pid));
  context.onArrival((tasks) => {
    const task = tasks.find((other) => other.pid === pid);
    if (task !== undefined) file.standFor(task, ofThread);
  });
  return file;
}
