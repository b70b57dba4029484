/** How calls on sockets find their socket, wait for it, and are interrupted. */

import { EAGAIN, ENOTSOCK, SystemError } from "../abi/errno.ts";
import { KTIME_MAX } from "../abi/time.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { Socket, type SocketCaller, type SocketNeed } from "../net/socket.ts";
import type { SocketWait, Wait } from "../wait.ts";
import { int } from "./arguments.ts";
import { contextFrom, file } from "./file_arguments.ts";
import type { Call, OnSignal } from "./group.ts";

/** A socket with the open file that stands on it. */
export interface OpenSocket {
  readonly file: OpenFile;
  readonly socket: Socket;
}

/** The socket of the descriptor at argument 0. Throws EBADF, ENOTSOCK. */
export function socketAt(call: Call): OpenSocket {
  const opened = file(call, 0);
  const { object } = opened;
  if (!(object instanceof Socket)) throw new SystemError(ENOTSOCK);
  return { file: opened, socket: object };
}

/** Who makes the call, to sockets. */
export function callerOf(call: Call): SocketCaller {
  const { tgid: pid, credentials, fs } = call.task;
  return { pid, credentials, paths: contextFrom(call, fs.cwd) };
}

/** How far a call has come that was blocked, and until when it waits. */
export interface Progress {
  /** Bytes of the message under way. */
  readonly done: number;
  /** Whole messages before it. */
  readonly messages: number;
}

/** What the call has done before it was blocked; nothing for a call that begins. */
export function progressOf({ task: { wait } }: Call): Progress {
  return wait?.kind === "socket" ? wait : { done: 0, messages: 0 };
}

/** How a call waits. */
export interface WaitOptions extends Progress {
  /** Whether to fail with EAGAIN rather than to wait. */
  readonly nonBlocking: boolean;
  /** The longest that it waits from its beginning, 0 for no end. */
  readonly timeout_ns: bigint;
}

/** What the call on the descriptor at argument 0 waits for. Throws EAGAIN. */
export function waitFor(call: Call, need: SocketNeed, options: WaitOptions): SocketWait {
  const { kernel: { clock }, task: { wait } } = call;
  const { done, messages, nonBlocking, timeout_ns } = options;
  if (need.event === "output" || need.event === "peer") socketAt(call).socket.noteLackOfRoom();
  if (nonBlocking) throw new SystemError(EAGAIN);
  const now_ns = clock.monotonic_ns;
  const deadline_ns = wait?.kind === "socket" ? wait.deadline_ns : deadlineIn(now_ns, timeout_ns);
  if (deadline_ns !== null && now_ns >= deadline_ns) throw new SystemError(EAGAIN);
  const { event, peer } = need;
  return { kind: "socket", fd: int(call, 0), event, peer, done, messages, deadline_ns };
}

function deadlineIn(now_ns: bigint, timeout_ns: bigint): bigint | null {
  if (timeout_ns === 0n) return null;
  const deadline_ns = now_ns + timeout_ns;
  return deadline_ns < KTIME_MAX ? deadline_ns : KTIME_MAX;
}

/** A call that has moved something, or that has a time-out, is not made again after a handler. */
export function onSocketSignal(wait: Wait): OnSignal {
  if (wait.kind !== "socket") return "restart";
  const isFresh = wait.done === 0 && wait.messages === 0 && wait.deadline_ns === null;
  return isFresh ? "restart" : "fail";
}

/** What an interrupted call has moved: its result, unless that is nothing. */
export function movedBefore(_call: Call, wait: Wait): number | void {
  if (wait.kind === "socket" && (wait.messages > 0 || wait.done > 0)) {
    return wait.messages || wait.done;
  }
}
