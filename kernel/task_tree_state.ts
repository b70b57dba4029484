/**
 * Which tasks an image has, and how they hang together: a process with its threads and its descendants, or
 * several such trees when a whole machine is saved.
 *
 * ```text
 * 7            depth 0    pids: 7 (leader), 8 (a thread of 7), 9, 10, 11
 * ├─ thread 8             a process's threads follow its leader,
 * ├─ 9         depth 1    its children follow them, each with all of its own
 * │  └─ 10     depth 2
 * └─ 11        depth 1
 * ```
 */
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "./abi/capability.ts";
import { EAGAIN, EEXIST, EINVAL, EPERM, ESRCH } from "./abi/errno.ts";
import { PID_MAX } from "./abi/process.ts";
import { RLIMIT_NPROC } from "./abi/resource.ts";
import { defineCheck } from "./checkpoint/check.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import {
  padding,
  record,
  type RecordValue,
  type Relation,
  restArray,
  s32,
  u32,
} from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";
import type { Kernel } from "./kernel.ts";
import type { Task } from "./task.ts";
import { INIT_PID, TASKS_MAX } from "./task_table.ts";

const PID_FREE = defineCheck("TREE_PIDS.vpid/free", EEXIST, "a pid that is not taken");
const PARENT_LIVES = defineCheck("TREE_PIDS.vppid/lives", ESRCH, "init or a living process");
const SAME_SESSION = defineCheck(
  "TREE_PIDS.vsid/session",
  EPERM,
  "a process group whose members are all in one session",
);
const ONE_TREE = defineCheck(
  "TREE_PIDS.depth/one_tree",
  EINVAL,
  "one process with its descendants",
);
const GROUP_ALLOWED = defineCheck(
  "TREE_PIDS.vpgid/allowed",
  EPERM,
  "groups and sessions of the image's own processes, or those of its first",
);
const ROOM = defineCheck("TREE.nr_tasks/room", EAGAIN, "no more tasks than there may be");

const pid = (doc: string) => s32({ doc, min: 1, max: PID_MAX - 1 });

/** The tasks of the image. */
export const TREE = record("TREE", CKPT_HDR.TREE, {
  doc: "How many tasks the image has.",
  fields: {
    nr_tasks: u32({ doc: "number of tasks", min: 1, max: PID_MAX }),
    _pad: padding(4),
  },
});

/** The ids of one task. */
export interface TaskIds {
  readonly vpid: number;
  readonly vppid: number;
  readonly vtgid: number;
  readonly vpgid: number;
  readonly vsid: number;
  /** Levels of processes above it in the image. */
  readonly depth: number;
}

const isLeader = ({ vpid, vtgid }: TaskIds): boolean => vpid === vtgid;

/** A relation that holds between each task's ids and those before it. */
function each(
  text: string,
  holds: (ids: TaskIds, before: Readonly<Pre>) => boolean,
): Relation<{ readonly pids: readonly TaskIds[] }> {
  return {
    field: "pids",
    text,
    holds({ pids }) {
      const before: Pre = {
        seen: new Set(),
        leader: null,
        thread: 0,
        ancestors: [],
        sessions: new Map(),
      };
      return pids.every((ids) => {
        if (!holds(ids, before)) return false;
        before.seen.add(ids.vpid);
        before.sessions.set(ids.vpgid, before.sessions.get(ids.vpgid) ?? ids.vsid);
        before.thread = isLeader(ids) ? 0 : ids.vpid;
        if (isLeader(ids)) {
          before.leader = ids;
          before.ancestors.splice(ids.depth, Infinity, ids.vpid);
        }
        return true;
      });
    },
  };
}

/** What stands before a task. */
interface Pre {
  readonly seen: Set<number>;
  /** The last process's leader. */
  leader: TaskIds | null;
  /** The last task's pid where that is a thread behind its leader, else 0. */
  thread: number;
  /** Pids of the last process and those above it, by depth. */
  readonly ancestors: number[];
  /** Session of each process group. */
  readonly sessions: Map<number, number>;
}

/** The ids of the tasks. */
export const PIDS = record("TREE_PIDS", CKPT_HDR.BUFFER, {
  doc:
    "The ids of all tasks, in the order in which they follow: threads after their leader, children " +
    "after their parent's threads.",
  fields: {
    pids: restArray({
      vpid: pid("its own id"),
      vppid: pid("its parent's"),
      vtgid: pid("its process's"),
      vpgid: pid("its process group's"),
      vsid: pid("its session's"),
      depth: s32({ doc: "levels of processes above it", min: 0, max: PID_MAX }),
    }, { doc: "ids of a task", min: 1, max: PID_MAX }),
  },
  relations: {
    unique: each("pids that are each one task's", ({ vpid }, { seen }) => !seen.has(vpid)),
    session_leader: each(
      "session leaders that lead their process group",
      ({ vpid, vpgid, vsid }) => vsid !== vpid || vpgid === vpid,
    ),
    session: each(
      "process groups that are each in one session",
      ({ vpgid, vsid }, { sessions }) => (sessions.get(vpgid) ?? vsid) === vsid,
    ),
    own_parent: each(
      "tasks that are not their own parents",
      ({ vpid, vtgid, vppid }) => vpid !== vppid && vtgid !== vppid,
    ),
    thread: each(
      "threads that follow their leader and share its ids",
      (ids, { leader }) =>
        isLeader(ids) || (leader !== null && leader.vtgid === ids.vtgid &&
          leader.vppid === ids.vppid && leader.vpgid === ids.vpgid && leader.vsid === ids.vsid &&
          leader.depth === ids.depth),
    ),
    ascending: each(
      "threads and siblings with ascending pids",
      (ids, { ancestors, thread }) =>
        ids.vpid > (isLeader(ids) ? ancestors[ids.depth] ?? 0 : thread),
    ),
    child: each(
      "processes that follow their parent, and no level left out",
      (ids, { ancestors, seen }) => {
        if (!isLeader(ids)) return true;
        if (ids.depth === 0) return !seen.has(ids.vppid);
        return ids.depth <= ancestors.length && ancestors[ids.depth - 1] === ids.vppid;
      },
    ),
  },
});

/** A task and its place in the tree. */
export interface PlacedTask {
  readonly task: Task;
  /** Levels of processes above it. */
  readonly depth: number;
}

/** A process and everything below it, in the order of the image. */
export function* tasksBelow(kernel: Kernel, leader: Task, depth = 0): Generator<PlacedTask> {
  const threads = leader.group.members.filter((task) => task !== leader);
  yield { task: leader, depth };
  for (const task of threads.sort((a, b) => a.pid - b.pid)) yield { task, depth };
  for (const child of kernel.tasks.childrenOf(leader.tgid)) {
    yield* tasksBelow(kernel, child, depth + 1);
  }
}

/** Saves where tasks stand. */
export function saveIds(tasks: readonly PlacedTask[]): RecordValue<typeof PIDS> {
  return {
    pids: tasks.map(({ task, depth }) => ({
      vpid: task.pid,
      vppid: task.ppid,
      vtgid: task.tgid,
      vpgid: task.pgid,
      vsid: task.sid,
      depth,
    })),
  };
}

/**
 * The ids that the tasks of an image get. In place of a caller the first process gets the caller's; all
 * others must be free.
 */
export function planIds(kernel: Kernel, context: RestartContext): readonly TaskIds[] {
  const { pids } = context.image.tree;
  requireRoom(kernel, context);
  const ids = context.caller === null ? pids.pids : idsInPlaceOf(context, context.caller);
  const { tasks } = kernel;
  for (const [i, { vpid, vppid, depth }] of ids.entries()) {
    if (context.caller !== null && i === 0) continue;
    if (tasks.isTaken(vpid)) context.refuse(PID_FREE, pids, "pids", `pid ${vpid}`);
    const hasParent = depth > 0 || context.caller !== null || vppid === INIT_PID ||
      tasks.get(vppid)?.group.isAlive === true;
    if (!hasParent) context.refuse(PARENT_LIVES, pids, "pids", `parent ${vppid}`);
  }
  const sessions = new Map(ids.map(({ vpgid, vsid }) => [vpgid, vsid]));
  for (const { pgid, sid, pid } of tasks.all) {
    const session = sessions.get(pgid);
    if (session === undefined || session === sid) continue;
    const found = `session ${session}, while task ${pid} of group ${pgid} is in session ${sid}`;
    context.refuse(SAME_SESSION, pids, "pids", found);
  }
  return ids;
}

/** The first process keeps the caller's ids; what refers to it, or to its group or session, follows. */
function idsInPlaceOf(context: RestartContext, caller: Task): readonly TaskIds[] {
  const { pids } = context.image.tree;
  const [first] = pids.pids;
  const isOther = (ids: TaskIds) => ids.depth === 0 && ids.vtgid !== first?.vtgid;
  if (first === undefined || pids.pids.some(isOther)) {
    context.refuse(ONE_TREE, pids, "pids", "several trees");
  }
  const own = new Set(pids.pids.map(({ vpid }) => vpid));
  const processOf = (id: number) => (id === first.vtgid ? caller.tgid : id);
  const groupOf = (id: number, firsts: number, callers: number): number => {
    if (id === firsts) return callers;
    if (!own.has(id)) context.refuse(GROUP_ALLOWED, pids, "pids", `group or session ${id}`);
    return processOf(id);
  };
  return pids.pids.map(({ vpid, vppid, vtgid, vpgid, vsid, depth }, i) => ({
    vpid: i === 0 ? caller.pid : vpid,
    vppid: depth === 0 ? caller.ppid : processOf(vppid),
    vtgid: processOf(vtgid),
    vpgid: groupOf(vpgid, first.vpgid, caller.pgid),
    vsid: groupOf(vsid, first.vsid, caller.sid),
    depth,
  }));
}

function requireRoom({ tasks }: Kernel, context: RestartContext): void {
  const { tree } = context.image.tree;
  const { caller } = context;
  const more = tree.nr_tasks - (caller === null ? 0 : 1);
  const refuse = (most: number) =>
    context.refuse(ROOM, tree, "nr_tasks", `${more} more, of which ${most} can be`);
  if (tasks.size + more > TASKS_MAX) refuse(TASKS_MAX - tasks.size);
  if (caller === null || context.mayDo(CAP_SYS_RESOURCE) || context.mayDo(CAP_SYS_ADMIN)) return;
  const room = caller.limits.soft(RLIMIT_NPROC) - tasks.countOf(caller.credentials.uid);
  if (more > room) refuse(Math.max(0, room));
}
