/**
 * System calls on sockets as such: making, naming, connecting and closing halves of them.
 *
 * Source: `net/socket.c`; socket(2), socketpair(2), bind(2), listen(2), accept(2), connect(2),
 * getsockname(2), getpeername(2), shutdown(2).
 */

import {
  EACCES,
  EAFNOSUPPORT,
  EINVAL,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
  SystemError,
} from "../abi/errno.ts";
import { O_NONBLOCK, O_RDWR } from "../abi/fcntl.ts";
import {
  AF_INET,
  AF_INET6,
  AF_MAX,
  AF_NETLINK,
  AF_UNIX,
  BACKLOG_MAX,
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  NETLINK_ROUTE,
  SHUT_RD,
  SHUT_RDWR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_MAX,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOCK_TYPE_MASK,
} from "../abi/socket.ts";
import { OpenFile } from "../fs/open_file.ts";
import { NetlinkSocket } from "../net/netlink_socket.ts";
import { isNeed, type Socket, type SocketParts } from "../net/socket.ts";
import { namespacesOf } from "../namespaces.ts";
import { TcpSocket } from "../net/tcp_socket.ts";
import { UdpSocket } from "../net/udp_socket.ts";
import { UnixConnection } from "../net/unix_connection.ts";
import { UnixDatagram } from "../net/unix_datagram.ts";
import type { Wait } from "../wait.ts";
import { int, pointer, register } from "./arguments.ts";
import { install, requireDescriptor } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { addressAt, writeAddress } from "./socket_address.ts";
import { socketMessageCalls } from "./socket_message.ts";
import { socketOptionCalls } from "./socket_options.ts";
import { callerOf, onSocketSignal, progressOf, socketAt, waitFor } from "./socket_wait.ts";

/** What socket(2) and socketpair(2) are asked for. */
interface SocketRequest {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly flags: number;
}

function requestOf(call: Call): SocketRequest {
  const [family, typeAndFlags, protocol] = [int(call, 0), int(call, 1), int(call, 2)];
  const flags = typeAndFlags & ~SOCK_TYPE_MASK;
  const type = typeAndFlags & SOCK_TYPE_MASK;
  if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) !== 0) throw new SystemError(EINVAL);
  if (family < 0 || family >= AF_MAX) throw new SystemError(EAFNOSUPPORT);
  if (type >= SOCK_MAX) throw new SystemError(EINVAL);
  return { family, type, protocol, flags };
}

/** A socket that nobody has open. Throws EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT. */
function makeSocket({ kernel, task }: Call, request: SocketRequest): Socket {
  const { network } = namespacesOf(kernel, task);
  const { fsuid: uid, fsgid: gid } = task.credentials;
  switch (request.family) {
    case AF_UNIX:
      return makeUnixSocket(request, { network, ino: network.sockets.takeIno(), uid, gid });
    case AF_NETLINK: {
      return makeNetlinkSocket(request, { network, ino: network.sockets.takeIno(), uid, gid });
    }
    case AF_INET:
    case AF_INET6: {
      const { family } = request;
      return makeInetSocket(request, { network, ino: network.sockets.takeIno(), uid, gid, family });
    }
    default:
      throw new SystemError(EAFNOSUPPORT);
  }
}

function makeUnixSocket(
  { type, protocol }: SocketRequest,
  parts: ConstructorParameters<typeof UnixDatagram>[0],
): Socket {
  if (protocol !== 0 && protocol !== AF_UNIX) throw new SystemError(EPROTONOSUPPORT);
  switch (type) {
    case SOCK_STREAM:
    case SOCK_SEQPACKET:
      return new UnixConnection({ ...parts, type });
    case SOCK_DGRAM:
    case SOCK_RAW:
      // As BSD has it.
      return new UnixDatagram(parts);
    default:
      throw new SystemError(ESOCKTNOSUPPORT);
  }
}

function makeInetSocket(
  { type, protocol }: SocketRequest,
  parts: ConstructorParameters<typeof UdpSocket>[0],
): Socket {
  switch (type) {
    case SOCK_STREAM:
      if (protocol !== 0 && protocol !== IPPROTO_TCP) throw new SystemError(EPROTONOSUPPORT);
      return new TcpSocket(parts);
    case SOCK_DGRAM:
      // Whom ping sockets are for is `net.ipv4.ping_group_range`, in which there is nobody.
      if (protocol === IPPROTO_ICMP) throw new SystemError(EACCES);
      if (protocol !== 0 && protocol !== IPPROTO_UDP) throw new SystemError(EPROTONOSUPPORT);
      return new UdpSocket(parts);
    case SOCK_RAW:
      // Packets are nowhere to be seen.
      throw new SystemError(EPROTONOSUPPORT);
    default:
      throw new SystemError(ESOCKTNOSUPPORT);
  }
}

function makeNetlinkSocket(
  { type, protocol }: SocketRequest,
  parts: Omit<SocketParts, "type" | "protocol">,
): Socket {
  if (type !== SOCK_RAW && type !== SOCK_DGRAM) throw new SystemError(ESOCKTNOSUPPORT);
  if (protocol !== NETLINK_ROUTE) throw new SystemError(EPROTONOSUPPORT);
  return new NetlinkSocket({ ...parts, type, protocol });
}

/** An open file on a socket; `flags` may have SOCK_NONBLOCK. */
function openSocket(object: Socket, flags: number): OpenFile {
  const nonBlocking = (flags & SOCK_NONBLOCK) !== 0 ? O_NONBLOCK : 0;
  return new OpenFile({ object, place: null, flags: O_RDWR | nonBlocking });
}

function socket(call: Call): number {
  const request = requestOf(call);
  const opened = openSocket(makeSocket(call, request), request.flags);
  return install(call, opened, (request.flags & SOCK_CLOEXEC) !== 0);
}

function socketpair(call: Call): number {
  const { files, mm } = call.task;
  const request = requestOf(call);
  const [one, other] = [makeSocket(call, request), makeSocket(call, request)];
  one.pairWith(other, callerOf(call));
  const closeOnExec = (request.flags & SOCK_CLOEXEC) !== 0;
  const [first, second] = [openSocket(one, request.flags), openSocket(other, request.flags)];
  const descriptors: number[] = [];
  try {
    descriptors.push(install(call, first, closeOnExec));
  } catch (error) {
    second.release();
    throw error;
  }
  try {
    descriptors.push(install(call, second, closeOnExec));
    mm.user.write(register(call, 3), new Uint8Array(Int32Array.from(descriptors).buffer));
  } catch (error) {
    for (const fd of descriptors) files.close(fd);
    throw error;
  }
  return 0;
}

function bind(call: Call): number {
  socketAt(call).socket.bind(addressAt(call, 1), callerOf(call));
  return 0;
}

function listen(call: Call): number {
  const backlog = int(call, 1);
  // Compared as an unsigned number: -1 asks for the most.
  const bounded = backlog < 0 || backlog > BACKLOG_MAX ? BACKLOG_MAX : backlog;
  socketAt(call).socket.listen(bounded, callerOf(call));
  return 0;
}

function connect(call: Call): number | Wait {
  const { file, socket } = socketAt(call);
  const need = socket.connect(addressAt(call, 1), callerOf(call), file.nonBlocking);
  if (need === null) return 0;
  const { sendTimeout_ns: timeout_ns } = socket.options;
  return waitFor(call, need, { ...progressOf(call), nonBlocking: file.nonBlocking, timeout_ns });
}

function accept(call: Call): number | Wait {
  return acceptWith(call, 0);
}

function accept4(call: Call): number | Wait {
  return acceptWith(call, int(call, 3));
}

function acceptWith(call: Call, flags: number): number | Wait {
  const { task } = call;
  if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) !== 0) throw new SystemError(EINVAL);
  const { file, socket: listener } = socketAt(call);
  requireDescriptor(call);
  const accepted = listener.accept();
  if (isNeed(accepted)) {
    const { receiveTimeout_ns: timeout_ns } = listener.options;
    const { nonBlocking } = file;
    return waitFor(call, accepted, { ...progressOf(call), nonBlocking, timeout_ns });
  }
  const fd = install(call, openSocket(accepted, flags), (flags & SOCK_CLOEXEC) !== 0);
  if (pointer(call, 1) === 0) return fd;
  try {
    writeAddress(call, 1, accepted.peerAddress);
  } catch (error) {
    task.files.close(fd);
    throw error;
  }
  return fd;
}

function getsockname(call: Call): number {
  writeAddress(call, 1, socketAt(call).socket.localAddress);
  return 0;
}

function getpeername(call: Call): number {
  writeAddress(call, 1, socketAt(call).socket.peerAddress);
  return 0;
}

function shutdown(call: Call): number {
  const { socket } = socketAt(call);
  const how = int(call, 1);
  if (how < SHUT_RD || how > SHUT_RDWR) throw new SystemError(EINVAL);
  // RECEIVE_SHUT, SEND_SHUT and BOTH_SHUT are one more than SHUT_RD, SHUT_WR and SHUT_RDWR.
  socket.shutdown(how + 1);
  return 0;
}

/** System calls on sockets, by number. */
export const socketCalls: SystemCallGroup = {
  198: { name: "socket", call: socket, args: ["domain", "type", "protocol"] },
  199: { name: "socketpair", call: socketpair, args: ["domain", "type", "protocol", "sv"] },
  200: { name: "bind", call: bind, args: ["sockfd", "addr", "addrlen"] },
  201: { name: "listen", call: listen, args: ["sockfd", "backlog"] },
  202: {
    name: "accept",
    call: accept,
    args: ["sockfd", "addr", "addrlen"],
    onSignal: onSocketSignal,
  },
  203: {
    name: "connect",
    call: connect,
    args: ["sockfd", "addr", "addrlen"],
    onSignal: onSocketSignal,
  },
  204: { name: "getsockname", call: getsockname, args: ["sockfd", "addr", "addrlen"] },
  205: { name: "getpeername", call: getpeername, args: ["sockfd", "addr", "addrlen"] },
  210: { name: "shutdown", call: shutdown, args: ["sockfd", "how"] },
  242: {
    name: "accept4",
    call: accept4,
    args: ["sockfd", "addr", "addrlen", "flags"],
    onSignal: onSocketSignal,
  },
  ...socketMessageCalls,
  ...socketOptionCalls,
};
