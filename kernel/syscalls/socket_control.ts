/**
 * Control messages: what sendmsg(2) is given beside the bytes, and recvmsg(2) gives.
 *
 * Source: `net/core/scm.c`; cmsg(3), unix(7).
 */

import type { Task } from "../task.ts";
import { type IdKind, idMeantBy, idSeenBy, OVERFLOW_ID } from "../user_namespace.ts";
import { numberSeenBy, pidMeantBy } from "../pid_namespace.ts";
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "../abi/capability.ts";
import {
  EBADF,
  EINVAL,
  EMFILE,
  ENOBUFS,
  EPERM,
  ESRCH,
  ETOOMANYREFS,
  SystemError,
} from "../abi/errno.ts";
import { RLIMIT_NOFILE } from "../abi/resource.ts";
import {
  AF_UNIX,
  CMSGHDR_BYTES,
  CONTROL_BYTES_MAX,
  MSG_CTRUNC,
  SCM_CREDENTIALS,
  SCM_MAX_FD,
  SCM_RIGHTS,
  SOL_SOCKET,
  UCRED_BYTES,
} from "../abi/socket.ts";
import type { OpenFile } from "../fs/open_file.ts";
import type { PeerIdentity } from "../net/message.ts";
import type { Socket } from "../net/socket.ts";
import type { Buffer } from "./file_transfer.ts";
import { descriptorLimit } from "./file_arguments.ts";
import type { Call } from "./group.ts";

const ALIGNMENT = 8;
const FD_BYTES = 4;

/** What goes with a message. */
export interface OutgoingControl {
  readonly identity: PeerIdentity | null;
  readonly files: readonly OpenFile[];
}

/** Nothing goes with it. */
export const NO_CONTROL: OutgoingControl = { identity: null, files: [] };

/** Reads the control messages of sendmsg(2). Throws EINVAL, ENOBUFS, EFAULT, EBADF, ETOOMANYREFS, EPERM, ESRCH. */
export function readControl(call: Call, socket: Socket, buffer: Buffer): OutgoingControl {
  if (buffer.length === 0) return NO_CONTROL;
  if (buffer.length > CONTROL_BYTES_MAX) throw new SystemError(ENOBUFS);
  const bytes = call.task.mm.user.read(buffer.address, buffer.length);
  const view = new DataView(bytes.buffer);
  let identity: PeerIdentity | null = null;
  const files: OpenFile[] = [];
  for (let at = 0; at + CMSGHDR_BYTES <= bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    if (length < CMSGHDR_BYTES || length > bytes.length - at) throw new SystemError(EINVAL);
    const data = new DataView(bytes.buffer, at + CMSGHDR_BYTES, length - CMSGHDR_BYTES);
    const [level, type] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true)];
    at += aligned(length);
    if (level !== SOL_SOCKET) continue;
    if (socket.family !== AF_UNIX) throw new SystemError(EINVAL);
    if (type === SCM_RIGHTS) files.push(...filesOf(call, data, files.length));
    else if (type === SCM_CREDENTIALS) identity = identityFrom(call, data);
    else throw new SystemError(EINVAL);
  }
  return { identity, files };
}

/** Throws ETOOMANYREFS when more files of a user lie in queues than it may have open: too_many_unix_fds(). */
function requireFlights({ kernel, task: { credentials, limits } }: Call): void {
  const { filesInFlight } = kernel.network.sockets;
  const isMany = (filesInFlight.get(credentials.uid) ?? 0) > limits.soft(RLIMIT_NOFILE);
  const isFree = credentials.has(CAP_SYS_RESOURCE) || credentials.has(CAP_SYS_ADMIN);
  if (isMany && !isFree) throw new SystemError(ETOOMANYREFS);
}

function filesOf(call: Call, data: DataView, before: number): OpenFile[] {
  const count = Math.floor(data.byteLength / FD_BYTES);
  if (before + count > SCM_MAX_FD) throw new SystemError(EINVAL);
  requireFlights(call);
  return Array.from({ length: count }, (_, i) => {
    const fd = data.getInt32(i * FD_BYTES, true);
    if (fd < 0) throw new SystemError(EBADF);
    return call.task.files.getAny(fd);
  });
}

/** Whom the sender says it is; that must be true of it, unless it is privileged. */
function identityFrom({ kernel, task }: Call, data: DataView): PeerIdentity {
  if (data.byteLength !== UCRED_BYTES) throw new SystemError(EINVAL);
  const pid = pidMeantBy(task, data.getInt32(0, true));
  const [uid, gid] = [
    idMeantBy(task.credentials, "uid", data.getUint32(4, true)),
    idMeantBy(task.credentials, "gid", data.getUint32(8, true)),
  ];
  const { credentials } = task;
  const isSelf = pid === task.tgid || credentials.has(CAP_SYS_ADMIN);
  const isUser = [credentials.uid, credentials.euid, credentials.suid].includes(uid) ||
    credentials.hasHere(CAP_SETUID);
  const isGroup = [credentials.gid, credentials.egid, credentials.sgid].includes(gid) ||
    credentials.hasHere(CAP_SETGID);
  if (!isSelf || !isUser || !isGroup) throw new SystemError(EPERM);
  if (pid !== task.tgid && kernel.tasks.get(pid) === undefined) throw new SystemError(ESRCH);
  return { pid, uid, gid };
}

/** Where recvmsg(2) wants control messages. */
export interface ControlRoom extends Buffer {
  /** MSG_CMSG_CLOEXEC. */
  readonly closeOnExec: boolean;
}

/** What came of writing control messages. */
export interface WrittenControl {
  /** Bytes that they take. */
  readonly length: number;
  /** MSG_CTRUNC, or 0. */
  readonly flags: number;
}

/** Writes what came with a message; descriptors that find no place are lost. Throws EFAULT. */
export function writeControl(
  call: Call,
  socket: Socket,
  room: ControlRoom | null,
  received: { readonly identity: PeerIdentity | null; readonly files: readonly OpenFile[] },
): WrittenControl {
  const { files } = received;
  const wantsIdentity = socket.options.passCredentials;
  if (room === null || room.address === 0) {
    return { length: 0, flags: wantsIdentity || files.length > 0 ? MSG_CTRUNC : 0 };
  }
  const writer = new ControlWriter(call, room);
  if (wantsIdentity) writer.put(SCM_CREDENTIALS, identityBytes(call, received.identity ?? UNKNOWN));
  if (files.length > 0) writer.putFiles(files);
  return { length: writer.length, flags: writer.flags };
}

/** Who sent what was sent before anybody wanted to know: `overflowuid`. */
const UNKNOWN: PeerIdentity = { pid: 0, uid: OVERFLOW_ID, gid: OVERFLOW_ID };

/** (uid_t)-1. */
const NO_ID = 0xffffffff;

/** An id as a task is told it; (uid_t)-1 is nobody's anywhere. */
function seenId({ credentials }: Task, kind: IdKind, id: number): number {
  return id === NO_ID ? id : idSeenBy(credentials, kind, id);
}

/** A `struct ucred`, as the caller knows whom it is of. */
export function identityBytes({ task }: Call, { pid, uid, gid }: PeerIdentity): Uint8Array {
  const bytes = new Uint8Array(UCRED_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, numberSeenBy(task, pid), true);
  view.setUint32(4, seenId(task, "uid", uid), true);
  view.setUint32(8, seenId(task, "gid", gid), true);
  return bytes;
}

/** Fills the room for control messages: put_cmsg(), scm_detach_fds(). */
class ControlWriter {
  length = 0;
  flags = 0;
  readonly #call: Call;
  readonly #room: ControlRoom;

  constructor(call: Call, room: ControlRoom) {
    this.#call = call;
    this.#room = room;
  }

  put(type: number, data: Uint8Array): void {
    const left = this.#room.length - this.length;
    if (left < CMSGHDR_BYTES + data.length) this.flags |= MSG_CTRUNC;
    if (left < CMSGHDR_BYTES) return;
    const length = Math.min(CMSGHDR_BYTES + data.length, left);
    this.#write(type, data.subarray(0, length - CMSGHDR_BYTES));
  }

  putFiles(files: readonly OpenFile[]): void {
    const left = this.#room.length - this.length;
    const count = Math.min(files.length, Math.floor(Math.max(0, left - CMSGHDR_BYTES) / FD_BYTES));
    const descriptors: number[] = [];
    for (const file of files.slice(0, count)) {
      const fd = this.#install(file);
      if (fd === null) break;
      descriptors.push(fd);
    }
    if (descriptors.length < files.length) this.flags |= MSG_CTRUNC;
    if (descriptors.length === 0) return;
    this.#write(SCM_RIGHTS, new Uint8Array(Int32Array.from(descriptors).buffer));
  }

  /** A descriptor for the file, or null when there is none left. */
  #install(file: OpenFile): number | null {
    const { task } = this.#call;
    try {
      const limit = descriptorLimit(this.#call);
      const fd = task.files.install(file, 0, this.#room.closeOnExec, limit);
      file.retain();
      return fd;
    } catch (error) {
      if (error instanceof SystemError && error.errno === EMFILE) return null;
      throw error;
    }
  }

  #write(type: number, data: Uint8Array): void {
    const bytes = new Uint8Array(CMSGHDR_BYTES + data.length);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(bytes.length), true);
    view.setInt32(8, SOL_SOCKET, true);
    view.setInt32(12, type, true);
    bytes.set(data, CMSGHDR_BYTES);
    this.#call.task.mm.user.write(this.#room.address + this.length, bytes);
    this.length = Math.min(this.length + aligned(bytes.length), this.#room.length);
  }
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
