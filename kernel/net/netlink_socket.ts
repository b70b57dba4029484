/**
 * Netlink sockets of the routing family: what getifaddrs(3), if_nameindex(3) and getaddrinfo(3) ask, which
 * is for the list of links and of addresses. There is one link, `lo`, and it has its two addresses.
 *
 * ```
 * nlmsghdr (16)   0 len u32   4 type u16   6 flags u16   8 seq u32   12 pid u32, then the message
 * ```
 *
 * Source: rtnetlink(7), netlink(7), `include/uapi/linux/{netlink,rtnetlink,if_link,if_addr}.h`.
 */

import {
  EADDRINUSE,
  ECONNREFUSED,
  EINVAL,
  EMSGSIZE,
  EOPNOTSUPP,
  SystemError,
} from "../abi/errno.ts";
import { NOTIFY_COOKIE_LEN, NOTIFY_REMOVED, NOTIFY_WOKENUP } from "../abi/mqueue.ts";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll.ts";
import { AF_INET, AF_INET6, AF_NETLINK } from "../abi/socket.ts";
import type { Cloning } from "../fs/cloning.ts";
import { decodeNetlinkAddress, LOOPBACK_V6, type NetlinkAddress } from "./address.ts";
import type { PeerIdentity } from "./message.ts";
import {
  type Outgoing,
  type Received,
  Socket,
  type SocketCaller,
  type SocketNeed,
  type Wanted,
} from "./socket.ts";

const HEADER_BYTES = 16;
const ALIGNMENT = 4;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_MULTI = 2;
const NLM_F_DUMP = 0x300;
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const IFLA_ADDRESS = 1;
const IFLA_BROADCAST = 2;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const ARPHRD_LOOPBACK = 772;
/** Index of `lo`. */
const LOOPBACK_INDEX = 1;
/** IFF_UP, IFF_LOOPBACK, IFF_RUNNING, IFF_LOWER_UP. */
const LOOPBACK_FLAGS = 0x10049;
const LOOPBACK_MTU = 65536;
const IFA_F_PERMANENT = 0x80;
const RT_SCOPE_HOST = 254;
const NAME = new TextEncoder().encode("lo\0");
/** Whom the kernel's answers are from. */
const KERNEL: NetlinkAddress = { family: AF_NETLINK, port: 0, groups: 0 };
const NOBODY: PeerIdentity = { pid: 0, uid: 0xffffffff, gid: 0xffffffff };
/** Answers that may wait to be read. */
const QUEUED_MAX = 64;

/** A request, as far as it matters. */
interface Request {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** The address family that it asks about, 0 for all. */
  readonly family: number;
}

/** A netlink socket of the routing family. */
export class NetlinkSocket extends Socket {
  override readonly family: number = AF_NETLINK;
  override readonly isListening: boolean = false;
  override readonly peerIdentity: PeerIdentity = NOBODY;
  /** Its port, 0 while it has none. */
  #port = 0;
  readonly #queue: Uint8Array[] = [];

  override get localAddress(): NetlinkAddress {
    return { family: AF_NETLINK, port: this.#port, groups: 0 };
  }

  override get peerAddress(): NetlinkAddress {
    return KERNEL;
  }

  override get messageBytesMax(): number {
    return this.options.sendBuffer_bytes - 32;
  }

  override bind(address: Uint8Array, { pid }: SocketCaller): void {
    const { port, groups } = decodeNetlinkAddress(address);
    // Nothing ever changes, so there is nothing to be told of.
    if (groups !== 0) throw new SystemError(EOPNOTSUPP);
    if (this.#port !== 0 && port !== this.#port) throw new SystemError(EINVAL);
    if (this.#port === 0) this.#takePort(port === 0 ? pid : port, port === 0);
  }

  override connect(address: Uint8Array): null {
    if (decodeNetlinkAddress(address).port !== 0) throw new SystemError(ECONNREFUSED);
    return null;
  }

  override listen(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  override accept(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  override shutdown(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  override pairWith(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  override send({ to, bytes, caller }: Outgoing): number {
    const port = to === null ? 0 : decodeNetlinkAddress(to).port;
    if (port !== 0) throw new SystemError(ECONNREFUSED);
    if (bytes.length > this.messageBytesMax) throw new SystemError(EMSGSIZE);
    if (this.#port === 0 && caller !== null) this.#takePort(caller.pid, true);
    for (const request of requestsIn(bytes)) this.#answer(request);
    this.noteInput();
    return bytes.length;
  }

  /** Gives the socket what mq_notify(2) was given for it: a message has come, NOTIFY_WOKENUP. */
  tellWokenUp(cookie: Uint8Array): void {
    this.#tell(cookie, NOTIFY_WOKENUP);
  }

  /** As {@link tellWokenUp}: nobody is told any more, NOTIFY_REMOVED. */
  tellRemoved(cookie: Uint8Array): void {
    this.#tell(cookie, NOTIFY_REMOVED);
  }

  #tell(cookie: Uint8Array, code: number): void {
    if (this.#queue.length >= QUEUED_MAX) return;
    const bytes = cookie.slice();
    bytes[NOTIFY_COOKIE_LEN - 1] = code;
    this.#queue.push(bytes);
  }

  override look({ length }: Wanted): Received | SocketNeed {
    const [first] = this.#queue;
    if (first === undefined) return { event: "input", peer: 0 };
    const bytes = first.subarray(0, length);
    const common = { identity: null, files: [], isLast: true };
    return { ...common, bytes, length: first.length, from: KERNEL };
  }

  override take(): void {
    this.#queue.shift();
  }

  override has(): boolean {
    return this.#queue.length > 0;
  }

  override poll(): number {
    return (this.#queue.length > 0 ? POLLIN | POLLRDNORM : 0) | POLLOUT | POLLWRNORM;
  }

  override opened(): void {
    this.network.sockets.add(this);
  }

  override closed(): void {
    this.network.sockets.remove(this);
  }

  override clone(cloning: Cloning): NetlinkSocket {
    return cloning.once(this, () => {
      const { ino, type, protocol, uid, gid } = this;
      const network = this.network.clone(cloning);
      const copy = new NetlinkSocket({ network, ino, type, protocol, uid, gid });
      this.copyTo(copy);
      copy.#port = this.#port;
      copy.#queue.push(...this.#queue);
      return copy;
    });
  }

  /** Takes a port: the one asked for, or for `any` the next that is free. */
  #takePort(port: number, any: boolean): void {
    const taken = new Set(
      this.network.sockets.open.flatMap((socket) =>
        socket instanceof NetlinkSocket && socket.network === this.network ? [socket.#port] : []
      ),
    );
    let free = port;
    while (any && taken.has(free)) free++;
    if (taken.has(free)) throw new SystemError(EADDRINUSE);
    this.#port = free;
  }

  #answer(request: Request): void {
    if (this.#queue.length >= QUEUED_MAX) return;
    const isDump = (request.flags & NLM_F_DUMP) === NLM_F_DUMP;
    if (isDump && request.type === RTM_GETLINK) return this.#dump(request, [linkMessage()]);
    if (isDump && request.type === RTM_GETADDR) {
      return this.#dump(request, addressMessages(request));
    }
    // struct nlmsgerr: the error, and the header of what it is about.
    const error = new DataView(new ArrayBuffer(4 + HEADER_BYTES));
    error.setInt32(0, -EOPNOTSUPP, true);
    error.setUint32(4, HEADER_BYTES, true);
    error.setUint16(8, request.type, true);
    error.setUint16(10, request.flags, true);
    error.setUint32(12, request.sequence, true);
    this.#queue.push(this.#message(NLMSG_ERROR, 0, request, new Uint8Array(error.buffer)));
  }

  #dump(request: Request, [...parts]: readonly Part[]): void {
    const messages = parts.map(({ type, bytes }) =>
      this.#message(type, NLM_F_MULTI, request, bytes)
    );
    if (messages.length > 0) this.#queue.push(joined(messages));
    this.#queue.push(this.#message(NLMSG_DONE, NLM_F_MULTI, request, new Uint8Array(4)));
  }

  #message(type: number, flags: number, { sequence }: Request, body: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(HEADER_BYTES + body.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, bytes.length, true);
    view.setUint16(4, type, true);
    view.setUint16(6, flags, true);
    view.setUint32(8, sequence, true);
    view.setUint32(12, this.#port, true);
    bytes.set(body, HEADER_BYTES);
    return bytes;
  }
}

/** A message of a dump. */
interface Part {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** The requests of a message, up to the first that is cut. */
function requestsIn(bytes: Uint8Array): Request[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const requests: Request[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    requests.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      family: length > HEADER_BYTES ? view.getUint8(at + HEADER_BYTES) : 0,
    });
    at += aligned(length);
  }
  return requests;
}

/** `struct ifinfomsg` of `lo`, with its attributes. */
function linkMessage(): Part {
  const info = new DataView(new ArrayBuffer(16));
  info.setUint16(2, ARPHRD_LOOPBACK, true);
  info.setInt32(4, LOOPBACK_INDEX, true);
  info.setUint32(8, LOOPBACK_FLAGS, true);
  const mtu = new Uint8Array(Uint32Array.of(LOOPBACK_MTU).buffer);
  const bytes = joined([
    new Uint8Array(info.buffer),
    attribute(IFLA_IFNAME, NAME),
    attribute(IFLA_MTU, mtu),
    attribute(IFLA_ADDRESS, new Uint8Array(6)),
    attribute(IFLA_BROADCAST, new Uint8Array(6)),
  ]);
  return { type: RTM_NEWLINK, bytes };
}

/** `struct ifaddrmsg` of each address of `lo` that is of the family. */
function addressMessages({ family }: Request): Part[] {
  const v4 = Uint8Array.of(127, 0, 0, 1);
  const v6 = new Uint8Array(16);
  v6[15] = Number(LOOPBACK_V6);
  const all = [
    {
      of: AF_INET,
      bytes: joined([
        addressHead(AF_INET, 8),
        attribute(IFA_ADDRESS, v4),
        attribute(IFA_LOCAL, v4),
        attribute(IFA_LABEL, NAME),
      ]),
    },
    { of: AF_INET6, bytes: joined([addressHead(AF_INET6, 128), attribute(IFA_ADDRESS, v6)]) },
  ];
  return all.filter(({ of }) => family === 0 || family === of)
    .map(({ bytes }) => ({ type: RTM_NEWADDR, bytes }));
}

function addressHead(family: number, prefixBits: number): Uint8Array {
  const head = Uint8Array.of(family, prefixBits, IFA_F_PERMANENT, RT_SCOPE_HOST, 0, 0, 0, 0);
  new DataView(head.buffer).setUint32(4, LOOPBACK_INDEX, true);
  return head;
}

/** A `struct rtattr` with its data, padded. */
function attribute(type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(aligned(4 + data.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4 + data.length, true);
  view.setUint16(2, type, true);
  bytes.set(data, 4);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
