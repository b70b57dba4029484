/**
 * Sending and receiving on sockets: send and recv in all their forms, and what read(2) and write(2) are on
 * a socket.
 *
 * Source: `net/socket.c`; send(2), recv(2), sendmmsg(2), recvmmsg(2).
 */

import { EAGAIN, EFAULT, EINVAL, EMSGSIZE, EOPNOTSUPP, EPIPE, SystemError } from "../abi/errno.ts";
import { IOV_MAX } from "../abi/fcntl.ts";
import { SIGPIPE } from "../abi/signal.ts";
import {
  ADDRESS_BYTES_MAX,
  MESSAGES_MAX,
  MMSGHDR_BYTES,
  MSG_CMSG_CLOEXEC,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  MSG_WAITFORONE,
  MSGHDR_BYTES,
} from "../abi/socket.ts";
import { encodeAddress, type SocketAddress } from "../net/address.ts";
import { isNeed, type Received, type Socket } from "../net/socket.ts";
import type { Wait } from "../wait.ts";
import { int, pointer, readTimespec, register, size, unsignedInt } from "./arguments.ts";
import { signalSelf } from "./file_arguments.ts";
import { type Buffer, bufferAt, buffersFrom } from "./file_transfer.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { addressAt, readAddress, writeAddress } from "./socket_address.ts";
import {
  type ControlRoom,
  NO_CONTROL,
  type OutgoingControl,
  readControl,
  writeControl,
} from "./socket_control.ts";
import {
  callerOf,
  movedBefore,
  onSocketSignal,
  type OpenSocket,
  progressOf,
  socketAt,
  waitFor,
} from "./socket_wait.ts";

/** Bytes of a stream that are moved at a time. */
const PIECE_BYTES = 2 ** 16;

/** A message to be sent. */
interface SendRequest {
  readonly buffers: readonly Buffer[];
  readonly to: Uint8Array | null;
  readonly control: OutgoingControl;
  readonly flags: number;
}

/** Where a call stands that moves several messages. */
interface Turn {
  /** Bytes of this message that an earlier attempt has moved. */
  readonly done: number;
  /** Messages before it. */
  readonly messages: number;
}

/** write(2) and its like on a socket. */
export function sendFrom(
  call: Call,
  open: OpenSocket,
  buffers: readonly Buffer[],
  nonBlocking = false,
): number | Wait {
  const flags = nonBlocking ? MSG_DONTWAIT : 0;
  const request = { buffers, to: null, control: NO_CONTROL, flags };
  return sendOne(call, open, request, progressOf(call));
}

/** read(2) and its like on a socket. */
export function receiveInto(
  call: Call,
  open: OpenSocket,
  buffers: readonly Buffer[],
  nonBlocking = false,
): number | Wait {
  if (totalOf(buffers) === 0) return 0;
  const flags = nonBlocking ? MSG_DONTWAIT : 0;
  const result = receiveOne(call, open, { buffers, control: null, flags }, progressOf(call));
  return "kind" in result ? result : result.length;
}

function sendOne(
  call: Call,
  open: OpenSocket,
  request: SendRequest,
  turn: Turn,
): number | Wait {
  const { socket } = open;
  const { flags, buffers } = request;
  const total = totalOf(buffers);
  if ((flags & MSG_OOB) !== 0) throw new SystemError(EOPNOTSUPP);
  if (!socket.isStream && total > socket.messageBytesMax) throw new SystemError(EMSGSIZE);
  const nonBlocking = open.file.nonBlocking || (flags & MSG_DONTWAIT) !== 0;
  let { done } = turn;
  try {
    do {
      const length = socket.isStream ? Math.min(PIECE_BYTES, total - done) : total;
      const sent = socket.send({
        bytes: gather(call, buffers, done, length),
        to: request.to,
        identity: request.control.identity,
        // They have gone with the first bytes.
        files: done === 0 ? request.control.files : [],
        caller: callerOf(call),
      });
      if (typeof sent !== "number") {
        if (done > 0 && nonBlocking) return done;
        const { messages } = turn;
        const { sendTimeout_ns: timeout_ns } = socket.options;
        return waitFor(call, sent, { done, messages, nonBlocking, timeout_ns });
      }
      done += sent;
    } while (done < total);
    return done;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (done > 0) return done;
    const isSilent = !socket.isStream || (flags & MSG_NOSIGNAL) !== 0;
    if (error.errno === EPIPE && !isSilent) signalSelf(call, SIGPIPE);
    throw error;
  }
}

/** What is to be received, and where it goes. */
interface ReceiveRequest {
  readonly buffers: readonly Buffer[];
  readonly control: ControlRoom | null;
  readonly flags: number;
}

/** What came of receiving a message. */
interface Receipt {
  /** The result of the call. */
  readonly length: number;
  /** MSG_TRUNC, MSG_CTRUNC … */
  readonly flags: number;
  readonly from: SocketAddress | null;
  /** Bytes of control messages. */
  readonly controlBytes: number;
}

function receiveOne(
  call: Call,
  open: OpenSocket,
  request: ReceiveRequest,
  turn: Turn,
): Receipt | Wait {
  const { socket } = open;
  const { flags } = request;
  // Nothing is ever out of band, and no error has a queue of its own.
  if ((flags & MSG_OOB) !== 0) throw new SystemError(socket.isStream ? EINVAL : EOPNOTSUPP);
  if ((flags & MSG_ERRQUEUE) !== 0) throw new SystemError(EAGAIN);
  const nonBlocking = open.file.nonBlocking || (flags & MSG_DONTWAIT) !== 0;
  const total = totalOf(request.buffers);
  const target = targetBytes(socket, flags, total);
  let { done } = turn;
  let receipt: Receipt = { length: done, flags: 0, from: null, controlBytes: 0 };
  try {
    for (;;) {
      const seen = socket.look({ length: total - done, nonBlocking });
      if (isNeed(seen)) {
        if (done > 0 && (nonBlocking || done >= target)) return receipt;
        const { messages } = turn;
        const { receiveTimeout_ns: timeout_ns } = socket.options;
        return waitFor(call, seen, { done, messages, nonBlocking, timeout_ns });
      }
      receipt = accept(call, socket, request, seen, receipt);
      done += seen.bytes.length;
      if (done >= target || seen.isLast || (flags & MSG_PEEK) !== 0) return receipt;
    }
  } catch (error) {
    if (error instanceof SystemError && done > 0) return { ...receipt, length: done };
    throw error;
  }
}

/** With how many bytes of a stream the call is content. */
function targetBytes(socket: Socket, flags: number, total: number): number {
  const wanted = (flags & MSG_WAITALL) !== 0 ? total : socket.options.receiveLowWater_bytes;
  return Math.min(Math.max(wanted, 1), total);
}

/** Puts what was seen into the guest's memory, and takes it away unless the call only peeks. */
function accept(
  call: Call,
  socket: Socket,
  { buffers, control, flags }: ReceiveRequest,
  seen: Received,
  before: Receipt,
): Receipt {
  const { bytes, length } = seen;
  const arrived = scatter(call, buffers, before.length, bytes);
  if (arrived < bytes.length && arrived === 0 && before.length === 0) throw new SystemError(EFAULT);
  const isFirst = before.length === 0;
  const written = isFirst ? writeControl(call, socket, control, seen) : null;
  if ((flags & MSG_PEEK) === 0) socket.take(socket.isStream ? arrived : length);
  const isCut = !socket.isStream && length > bytes.length;
  const tellsAll = isCut && (flags & MSG_TRUNC) !== 0;
  return {
    length: before.length + (tellsAll ? length : arrived),
    flags: before.flags | (isCut ? MSG_TRUNC : 0) | (written?.flags ?? 0),
    from: before.from ?? seen.from,
    controlBytes: written?.length ?? before.controlBytes,
  };
}

function totalOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}

/** `length` bytes of the buffers' contents from `from` on. Throws EFAULT. */
function gather(
  call: Call,
  buffers: readonly Buffer[],
  from: number,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  let [filled, start] = [0, 0];
  for (const { address, length: size } of buffers) {
    const skipped = Math.max(0, from - start);
    const wanted = Math.min(length - filled, size - skipped);
    start += size;
    if (wanted <= 0) continue;
    call.task.mm.user.readInto(address + skipped, bytes.subarray(filled, filled + wanted));
    filled += wanted;
  }
  return bytes;
}

/** Puts bytes into the buffers from `from` on; answers how many found a place that can be written. */
function scatter(
  call: Call,
  buffers: readonly Buffer[],
  from: number,
  bytes: Uint8Array,
): number {
  const { user } = call.task.mm;
  let [done, start] = [0, 0];
  for (const { address, length: size } of buffers) {
    const skipped = Math.max(0, from - start);
    const wanted = Math.min(bytes.length - done, size - skipped);
    start += size;
    if (wanted <= 0) continue;
    const writable = user.writableBytes(address + skipped, wanted);
    user.write(address + skipped, bytes.subarray(done, done + writable));
    done += writable;
    if (writable < wanted) break;
  }
  return done;
}

function sendto(call: Call): number | Wait {
  const open = socketAt(call);
  const to = pointer(call, 4) === 0 ? null : addressAt(call, 4);
  const request = { buffers: bufferAt(call, 1), to, control: NO_CONTROL, flags: int(call, 3) };
  return sendOne(call, open, request, progressOf(call));
}

function recvfrom(call: Call): number | Wait {
  const open = socketAt(call);
  const request = { buffers: bufferAt(call, 1), control: null, flags: int(call, 3) };
  const receipt = receiveOne(call, open, request, progressOf(call));
  if ("kind" in receipt) return receipt;
  if (pointer(call, 4) !== 0) writeAddress(call, 4, receipt.from);
  return receipt.length;
}

/** A `struct msghdr` in the guest's memory. */
interface MessageHeader {
  readonly at: number;
  readonly name: number;
  readonly nameBytes: number;
  readonly buffers: readonly Buffer[];
  readonly control: Buffer;
}

function headerAt(call: Call, at: number): MessageHeader {
  const { user } = call.task.mm;
  const view = new DataView(user.read(at, MSGHDR_BYTES).buffer);
  const number = (offset: number) => Number(view.getBigUint64(offset, true));
  const nameBytes = number(0) === 0 ? 0 : view.getInt32(8, true);
  if (nameBytes < 0) throw new SystemError(EINVAL);
  if (number(24) > IOV_MAX) throw new SystemError(EMSGSIZE);
  return {
    at,
    name: number(0),
    // What is longer than any address is cut: only a length that is none is wrong.
    nameBytes: Math.min(nameBytes, ADDRESS_BYTES_MAX),
    buffers: buffersFrom(call, number(16), number(24)),
    control: { address: number(32), length: number(40) },
  };
}

function sendmsg(call: Call): number | Wait {
  const header = headerAt(call, pointer(call, 1));
  return sendHeader(call, socketAt(call), header, int(call, 2), progressOf(call));
}

function sendHeader(
  call: Call,
  open: OpenSocket,
  { name, nameBytes, buffers, control }: MessageHeader,
  flags: number,
  turn: Turn,
): number | Wait {
  const request = {
    buffers,
    to: name === 0 || nameBytes === 0 ? null : readAddress(call, name, nameBytes),
    control: readControl(call, open.socket, control),
    flags,
  };
  return sendOne(call, open, request, turn);
}

function recvmsg(call: Call): number | Wait {
  const header = headerAt(call, pointer(call, 1));
  const receipt = receiveHeader(call, socketAt(call), header, int(call, 2), progressOf(call));
  return "kind" in receipt ? receipt : receipt.length;
}

function receiveHeader(
  call: Call,
  open: OpenSocket,
  { at, name, nameBytes, buffers, control }: MessageHeader,
  flags: number,
  turn: Turn,
): Receipt | Wait {
  const { user } = call.task.mm;
  const closeOnExec = (flags & MSG_CMSG_CLOEXEC) !== 0;
  const room = { ...control, closeOnExec };
  const receipt = receiveOne(call, open, { buffers, control: room, flags }, turn);
  if ("kind" in receipt) return receipt;
  const from = receipt.from === null ? new Uint8Array(0) : encodeAddress(receipt.from);
  if (name !== 0) {
    user.write(name, from.subarray(0, nameBytes));
    user.writeU32(at + 8, from.length);
  }
  user.writeU32(at + 48, receipt.flags | (flags & MSG_CMSG_CLOEXEC));
  user.writeU64(at + 40, BigInt(receipt.controlBytes));
  return receipt;
}

function sendmmsg(call: Call): number | Wait {
  const open = socketAt(call);
  return eachMessage(call, (at, turn) => {
    const sent = sendHeader(call, open, headerAt(call, at), int(call, 3), turn);
    if (typeof sent === "number") call.task.mm.user.writeU32(at + MSGHDR_BYTES, sent);
    return typeof sent === "number" ? null : sent;
  });
}

function recvmmsg(call: Call): number | Wait {
  const open = socketAt(call);
  const { user } = call.task.mm;
  const { clock } = call.kernel;
  const flags = int(call, 3);
  const timeout = register(call, 4);
  // As on Linux the time-out is looked at after a message only: it does not end the wait for one.
  const deadline_ns = timeout === 0n ? null : clock.monotonic_ns + readTimespec(user, timeout);
  return eachMessage(call, (at, turn) => {
    const isDue = deadline_ns !== null && turn.messages > 0 && clock.monotonic_ns >= deadline_ns;
    if (isDue) throw new SystemError(EAGAIN);
    const waits = (flags & MSG_WAITFORONE) !== 0 && turn.messages > 0 ? MSG_DONTWAIT : 0;
    const receipt = receiveHeader(call, open, headerAt(call, at), flags | waits, turn);
    if ("kind" in receipt) return receipt;
    user.writeU32(at + MSGHDR_BYTES, receipt.length);
    return null;
  });
}

/** Moves the messages of a vector, as many as can be; `move` answers a wait, or null for one that is done. */
function eachMessage(
  call: Call,
  move: (at: number, turn: Turn) => Wait | null,
): number | Wait {
  const count = Math.min(unsignedInt(call, 2), MESSAGES_MAX);
  const vector = size(call, 1);
  let turn: Turn = progressOf(call);
  try {
    while (turn.messages < count) {
      const wait = move(vector + turn.messages * MMSGHDR_BYTES, turn);
      if (wait !== null) return wait;
      turn = { done: 0, messages: turn.messages + 1 };
    }
  } catch (error) {
    if (!(error instanceof SystemError) || turn.messages === 0) throw error;
  }
  return turn.messages;
}

/** Sending and receiving, by number. */
export const socketMessageCalls: SystemCallGroup = {
  206: {
    name: "sendto",
    call: sendto,
    args: ["sockfd", "buf", "len", "flags", "dest_addr", "addrlen"],
    onSignal: onSocketSignal,
    interrupted: movedBefore,
  },
  207: {
    name: "recvfrom",
    call: recvfrom,
    args: ["sockfd", "buf", "len", "flags", "src_addr", "addrlen"],
    onSignal: onSocketSignal,
    interrupted: movedBefore,
  },
  211: {
    name: "sendmsg",
    call: sendmsg,
    args: ["sockfd", "msg", "flags"],
    onSignal: onSocketSignal,
    interrupted: movedBefore,
  },
  212: {
    name: "recvmsg",
    call: recvmsg,
    args: ["sockfd", "msg", "flags"],
    onSignal: onSocketSignal,
    interrupted: movedBefore,
  },
  243: {
    name: "recvmmsg",
    call: recvmmsg,
    args: ["sockfd", "msgvec", "vlen", "flags", "timeout"],
    onSignal: onSocketSignal,
    interrupted: movedBefore,
  },
  269: {
    name: "sendmmsg",
    call: sendmmsg,
    args: ["sockfd", "msgvec", "vlen", "flags"],
    onSignal: onSocketSignal,
    interrupted: movedBefore,
  },
};
