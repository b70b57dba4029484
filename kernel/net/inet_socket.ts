/**
 * Internet sockets of a machine whose only network is itself: what TCP and UDP have in common, which is
 * addresses, ports and options.
 *
 * Source: `net/ipv4/af_inet.c`, `net/ipv6/af_inet6.c`; ip(7), ipv6(7).
 */

import { CAP_NET_BIND_SERVICE } from "../abi/capability.ts";
import {
  EACCES,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EINVAL,
  ENETUNREACH,
  ENOPROTOOPT,
  EOPNOTSUPP,
  SystemError,
} from "../abi/errno.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SOCK_STREAM,
  SOCKADDR_IN_BYTES,
  UNPRIVILEGED_PORT_MIN,
} from "../abi/socket.ts";
import type { Cloning } from "../fs/cloning.ts";
import {
  ANY_V4,
  ANY_V6,
  decodeInetAddress,
  type Endpoint,
  familyOf,
  type InetAddress,
  isAny,
  isLoopback,
  isV4,
  LOOPBACK_V4,
  LOOPBACK_V6,
} from "./address.ts";
import { InetOptions } from "./inet_options.ts";
import type { PeerIdentity } from "./message.ts";
import type { PortClaim, PortHolder, PortTable } from "./ports.ts";
import { Socket, type SocketCaller, type SocketParts } from "./socket.ts";

/** SO_PEERCRED of a socket that knows no processes. */
const NOBODY: PeerIdentity = { pid: 0, uid: 0xffffffff, gid: 0xffffffff };

/** What an Internet socket is made with. */
export interface InetSocketParts extends SocketParts {
  /** See {@link Socket.family}. */
  readonly family: InetAddress["family"];
}

/** An Internet socket. */
export abstract class InetSocket extends Socket implements PortHolder {
  /** See {@link Socket.family}. */
  override readonly family: InetAddress["family"];
  /** See {@link Socket.peerIdentity}. */
  override readonly peerIdentity: PeerIdentity = NOBODY;
  /** Where it is; port 0 while it is not bound. */
  local: Endpoint;
  /** Its options of other levels. */
  readonly inetOptions: InetOptions = new InetOptions();
  #opens = 0;
  #isClosed = false;

  /** A socket that nobody has open, without a name. */
  constructor(parts: InetSocketParts) {
    super(parts);
    this.family = parts.family;
    this.local = { ip: this.anyIp, port: 0 };
  }

  /** The ports of its protocol. */
  protected abstract readonly ports: PortTable<InetSocket>;

  /** "Any" of its family. */
  get anyIp(): bigint {
    return this.family === AF_INET ? ANY_V4 : ANY_V6;
  }

  /** Whether it is closed for good. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether it leaves version 4 alone. */
  get isV6Only(): boolean {
    return this.family === AF_INET6 && this.inetOptions.get(IPPROTO_IPV6, IPV6_V6ONLY) !== 0;
  }

  get claim(): PortClaim {
    return {
      ip: this.local.ip,
      reusesAddress: this.options.reuseAddress,
      reusesPort: this.options.reusePort,
      uid: this.uid,
      isV6Only: this.isV6Only,
      isListening: this.isListening,
    };
  }

  /** See {@link Socket.localAddress}. */
  override get localAddress(): InetAddress {
    return { family: this.family, ...this.local };
  }

  /** See {@link Socket.bind}. */
  override bind(address: Uint8Array, { credentials }: SocketCaller): void {
    const { ip, port } = this.#addressToBind(address);
    if (!isAny(ip) && !isLoopback(ip)) throw new SystemError(EADDRNOTAVAIL);
    if (isV4(ip) && this.isV6Only) throw new SystemError(EINVAL);
    const isReserved = port > 0 && port < UNPRIVILEGED_PORT_MIN;
    if (isReserved && !credentials.hasIn(this.network.owner, CAP_NET_BIND_SERVICE)) {
      throw new SystemError(EACCES);
    }
    if (this.local.port !== 0) throw new SystemError(EINVAL);
    this.bindTo(ip, port);
  }

  /** Takes a port at an address, any that is free for 0. Throws EADDRINUSE, EAGAIN. */
  protected bindTo(ip: bigint, port: number): void {
    const before = this.local;
    this.local = { ip, port: 0 };
    try {
      const taken = this.ports.bind(this, port, this.network.sockets.now_ns);
      this.local = { ip, port: taken };
    } catch (error) {
      this.local = before;
      throw error;
    }
  }

  /** Gives its port back. */
  protected unbind(): void {
    if (this.local.port !== 0) this.ports.leave(this, this.local.port);
    this.local = { ip: this.anyIp, port: 0 };
  }

  /** Where a message is to go; "any" stands for this machine. Throws EINVAL, EAFNOSUPPORT, ENETUNREACH. */
  protected destination(address: Uint8Array): Endpoint {
    const { ip, port } = decodeInetAddress(address, this.#familyFor(address));
    const target = ip === ANY_V4 ? LOOPBACK_V4 : ip === ANY_V6 ? LOOPBACK_V6 : ip;
    const isReachable = isLoopback(target) && !(this.isV6Only && isV4(target));
    if (!isReachable) throw new SystemError(ENETUNREACH);
    return { ip: target, port };
  }

  /** The address that messages to `target` come from, where none is bound. */
  protected sourceFor(target: Endpoint): bigint {
    return isV4(target.ip) ? LOOPBACK_V4 : LOOPBACK_V6;
  }

  /** Whether connect(2) is to undo itself. */
  protected isUnspecified(address: Uint8Array): boolean {
    return address.length >= 2 && familyOf(address) === AF_UNSPEC;
  }

  /** See {@link Socket.pairWith}. */
  override pairWith(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  /** See {@link Socket.protocolOption}. */
  override protocolOption(level: number, name: number): number {
    if (this.#isForeign(level)) throw new SystemError(EOPNOTSUPP);
    return this.inetOptions.get(level, name);
  }

  /** See {@link Socket.setProtocolOption}. */
  override setProtocolOption(level: number, name: number, value: Uint8Array): void {
    if (this.#isForeign(level)) throw new SystemError(ENOPROTOOPT);
    const isLate = level === IPPROTO_IPV6 && name === IPV6_V6ONLY && this.local.port !== 0;
    if (isLate) throw new SystemError(EINVAL);
    this.inetOptions.set(level, name, value);
  }

  /** See {@link FileObject.opened}. */
  override opened(): void {
    this.#opens++;
    this.network.sockets.add(this);
  }

  /** See {@link FileObject.closed}. */
  override closed(): void {
    if (--this.#opens === 0) this.close();
  }

  /** Nobody has it any more. */
  close(): void {
    this.#isClosed = true;
    this.network.sockets.remove(this);
  }

  /** Gives a copy what all Internet sockets have. */
  protected copyInet(copy: InetSocket): void {
    this.copyTo(copy);
    copy.local = this.local;
    copy.#isClosed = this.#isClosed;
    copy.inetOptions.takeFrom(this.inetOptions);
    if (this.local.port !== 0) copy.ports.enter(copy, this.local.port);
  }

  /** See {@link FileObject.clone}. */
  abstract override clone(cloning: Cloning): InetSocket;

  #addressToBind(address: Uint8Array): Endpoint {
    // "Unspecified" is accepted for "any" of version 4.
    const isOld = this.family === AF_INET && familyOf(address) === AF_UNSPEC &&
      address.length >= SOCKADDR_IN_BYTES;
    if (!isOld) return decodeInetAddress(address, this.family);
    const bytes = address.slice();
    bytes[0] = AF_INET;
    const endpoint = decodeInetAddress(bytes, AF_INET);
    if (!isAny(endpoint.ip)) throw new SystemError(EAFNOSUPPORT);
    return endpoint;
  }

  /** A socket of version 6 takes destinations of version 4 too. */
  #familyFor(address: Uint8Array): InetAddress["family"] {
    const isOld = this.family === AF_INET6 && familyOf(address) === AF_INET && !this.isV6Only;
    return isOld ? AF_INET : this.family;
  }

  /** Whether a level is of another protocol. */
  #isForeign(level: number): boolean {
    return (level === IPPROTO_TCP && this.type !== SOCK_STREAM) ||
      (level === IPPROTO_IPV6 && this.family === AF_INET);
  }
}
