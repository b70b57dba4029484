/**
 * getsockopt and setsockopt.
 *
 * Source: `net/core/sock.c` (`sk_setsockopt`, `sk_getsockopt`); getsockopt(2), socket(7).
 */

import { CAP_NET_ADMIN } from "../abi/capability.ts";
import { EACCES, EDOM, EINVAL, ENOPROTOOPT, EPERM, SystemError } from "../abi/errno.ts";
import {
  AF_UNIX,
  BUFFER_BYTES,
  RECEIVE_BUFFER_BYTES_MIN,
  SEND_BUFFER_BYTES_MIN,
  SO_ACCEPTCONN,
  SO_BROADCAST,
  SO_DEBUG,
  SO_DOMAIN,
  SO_DONTROUTE,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_OOBINLINE,
  SO_PASSCRED,
  SO_PEERCRED,
  SO_PRIORITY,
  SO_PROTOCOL,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVLOWAT,
  SO_RCVTIMEO,
  SO_RCVTIMEO_NEW,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SO_SNDLOWAT,
  SO_SNDTIMEO,
  SO_SNDTIMEO_NEW,
  SO_TYPE,
  SOL_SOCKET,
} from "../abi/socket.ts";
import { NSEC_PER_SEC, NSEC_PER_USEC } from "../abi/time.ts";
import type { Socket, SocketOptions } from "../net/socket.ts";
import { int, pointer, register } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { identityBytes } from "./socket_control.ts";
import { socketAt } from "./socket_wait.ts";

const INT_BYTES = 4;
const TIMEVAL_BYTES = 16;
const LINGER_BYTES = 8;
const USEC_PER_SEC = 1_000_000n;
/** Priorities above it are for the privileged. */
const PRIORITY_MAX = 6;

/** The options that are a truth value, by number. */
const SWITCHES: ReadonlyMap<number, BooleanOption> = new Map([
  [SO_DEBUG, "debug"],
  [SO_REUSEADDR, "reuseAddress"],
  [SO_REUSEPORT, "reusePort"],
  [SO_DONTROUTE, "dontRoute"],
  [SO_BROADCAST, "broadcast"],
  [SO_KEEPALIVE, "keepAlive"],
  [SO_OOBINLINE, "oobInline"],
  [SO_PASSCRED, "passCredentials"],
]);

type BooleanOption = {
  [K in keyof SocketOptions]: SocketOptions[K] extends boolean ? K : never;
}[keyof SocketOptions];

function getsockopt(call: Call): number {
  const { socket } = socketAt(call);
  const { user } = call.task.mm;
  const [level, name] = [int(call, 1), int(call, 2)];
  const room = user.readS32(register(call, 4));
  if (room < 0) throw new SystemError(EINVAL);
  const value = level === SOL_SOCKET
    ? optionOf(call, socket, name)
    : socket.protocolOption(level, name);
  const bytes = typeof value === "number" ? intBytes(value) : value;
  const length = Math.min(bytes.length, room);
  user.write(pointer(call, 3), bytes.subarray(0, length));
  user.writeU32(register(call, 4), length);
  return 0;
}

/** An option of SOL_SOCKET; a number stands for an `int`. Throws ENOPROTOOPT. */
function optionOf(call: Call, socket: Socket, name: number): number | Uint8Array {
  const { options } = socket;
  const truth = SWITCHES.get(name);
  if (truth !== undefined) return options[truth] ? 1 : 0;
  switch (name) {
    case SO_TYPE:
      return socket.type;
    case SO_DOMAIN:
      return socket.family;
    case SO_PROTOCOL:
      return socket.protocol;
    case SO_ERROR:
      return socket.takeError();
    case SO_ACCEPTCONN:
      return socket.isListening ? 1 : 0;
    case SO_SNDBUF:
      return options.sendBuffer_bytes;
    case SO_RCVBUF:
      return options.receiveBuffer_bytes;
    case SO_PRIORITY:
      return options.priority;
    case SO_RCVLOWAT:
      return options.receiveLowWater_bytes;
    case SO_SNDLOWAT:
      return 1;
    case SO_LINGER: {
      const { linger_s } = options;
      return new Uint8Array(Int32Array.of(linger_s === null ? 0 : 1, linger_s ?? 0).buffer);
    }
    case SO_RCVTIMEO:
    case SO_RCVTIMEO_NEW:
      return timevalBytes(options.receiveTimeout_ns);
    case SO_SNDTIMEO:
    case SO_SNDTIMEO_NEW:
      return timevalBytes(options.sendTimeout_ns);
    case SO_PEERCRED:
      return identityBytes(call, socket.peerIdentity);
    default:
      throw new SystemError(ENOPROTOOPT);
  }
}

function setsockopt(call: Call): number {
  const { socket } = socketAt(call);
  const { user } = call.task.mm;
  const [level, name, length] = [int(call, 1), int(call, 2), int(call, 4)];
  if (length < 0) throw new SystemError(EINVAL);
  if (level !== SOL_SOCKET) {
    socket.setProtocolOption(level, name, user.read(pointer(call, 3), Math.min(length, INT_BYTES)));
    return 0;
  }
  if (length < INT_BYTES) throw new SystemError(EINVAL);
  const value = user.readS32(pointer(call, 3));
  const truth = SWITCHES.get(name);
  if (truth !== undefined) setSwitch(call, socket, truth, value !== 0);
  else setOption(call, socket, name, value);
  return 0;
}

function setSwitch(call: Call, socket: Socket, name: BooleanOption, value: boolean): void {
  if (name === "debug" && value && !call.task.credentials.has(CAP_NET_ADMIN)) {
    throw new SystemError(EACCES);
  }
  socket.options[name] = value;
  if (name === "passCredentials" && socket.family !== AF_UNIX) throw new SystemError(ENOPROTOOPT);
}

function setOption(call: Call, socket: Socket, name: number, value: number): void {
  const { options } = socket;
  const isPrivileged = call.task.credentials.has(CAP_NET_ADMIN);
  switch (name) {
    case SO_SNDBUF:
      options.sendBuffer_bytes = doubled(
        Math.min(value >>> 0, BUFFER_BYTES),
        SEND_BUFFER_BYTES_MIN,
      );
      socket.noteOutput();
      return;
    case SO_RCVBUF:
      options.receiveBuffer_bytes = doubled(
        Math.min(value >>> 0, BUFFER_BYTES),
        RECEIVE_BUFFER_BYTES_MIN,
      );
      return;
    case SO_SNDBUFFORCE:
      if (!isPrivileged) throw new SystemError(EPERM);
      options.sendBuffer_bytes = doubled(forced(value), SEND_BUFFER_BYTES_MIN);
      socket.noteOutput();
      return;
    case SO_RCVBUFFORCE:
      if (!isPrivileged) throw new SystemError(EPERM);
      options.receiveBuffer_bytes = doubled(forced(value), RECEIVE_BUFFER_BYTES_MIN);
      return;
    case SO_PRIORITY:
      if ((value < 0 || value > PRIORITY_MAX) && !isPrivileged) throw new SystemError(EPERM);
      options.priority = value;
      return;
    case SO_RCVLOWAT:
      options.receiveLowWater_bytes = value < 0 ? 2 ** 31 - 1 : value || 1;
      socket.noteInput();
      return;
    case SO_LINGER: {
      const bytes = valueBytes(call, LINGER_BYTES);
      const view = new DataView(bytes.buffer);
      options.linger_s = view.getInt32(0, true) === 0 ? null : Math.max(0, view.getInt32(4, true));
      return;
    }
    case SO_RCVTIMEO:
    case SO_RCVTIMEO_NEW:
      options.receiveTimeout_ns = timeoutAt(call);
      return;
    case SO_SNDTIMEO:
    case SO_SNDTIMEO_NEW:
      options.sendTimeout_ns = timeoutAt(call);
      return;
    default:
      throw new SystemError(ENOPROTOOPT);
  }
}

/** Linux takes half of a buffer for its own accounts, and so doubles what it is asked for. */
function doubled(bytes: number, least: number): number {
  return Math.max(bytes * 2, least);
}

/** What SO_SNDBUFFORCE is asked for: no bound but that of the doubling. */
function forced(value: number): number {
  return Math.min(Math.max(value, 0), 2 ** 30 - 1);
}

/** The value at argument 3, which must have so many bytes. Throws EINVAL, EFAULT. */
function valueBytes(call: Call, bytes: number): Uint8Array<ArrayBuffer> {
  if (int(call, 4) < bytes) throw new SystemError(EINVAL);
  return new Uint8Array(call.task.mm.user.read(pointer(call, 3), bytes));
}

/** The `struct timeval` at argument 3 in ns. Throws EINVAL, EDOM, EFAULT. */
function timeoutAt(call: Call): bigint {
  const view = new DataView(valueBytes(call, TIMEVAL_BYTES).buffer);
  const [seconds, microseconds] = [view.getBigInt64(0, true), view.getBigInt64(8, true)];
  if (microseconds < 0n || microseconds >= USEC_PER_SEC) throw new SystemError(EDOM);
  // A time before now is over at once; zero is for ever.
  if (seconds < 0n) return 1n;
  return seconds * NSEC_PER_SEC + microseconds * NSEC_PER_USEC;
}

function timevalBytes(time_ns: bigint): Uint8Array {
  const bytes = new Uint8Array(TIMEVAL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt.asIntN(64, time_ns / NSEC_PER_SEC), true);
  view.setBigInt64(8, (time_ns % NSEC_PER_SEC) / NSEC_PER_USEC, true);
  return bytes;
}

function intBytes(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** getsockopt(2) and setsockopt(2), by number. */
export const socketOptionCalls: SystemCallGroup = {
  208: {
    name: "setsockopt",
    call: setsockopt,
    args: ["sockfd", "level", "optname", "optval", "optlen"],
  },
  209: {
    name: "getsockopt",
    call: getsockopt,
    args: ["sockfd", "level", "optname", "optval", "optlen"],
  },
};
