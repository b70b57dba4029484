/**
 * UDP on the loopback interface.
 *
 * A datagram that nobody takes comes back as an error to a socket that is connected, and to no other; one
 * that finds the receiver's buffer full is lost.
 *
 * Source: `net/ipv4/udp.c`; udp(7).
 */

import {
  ECONNREFUSED,
  EDESTADDRREQ,
  EINVAL,
  EMSGSIZE,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
  SystemError,
} from "../abi/errno.ts";
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from "../abi/poll.ts";
import { IPPROTO_UDP, SOCK_DGRAM, UDP_BYTES_MAX } from "../abi/socket.ts";
import type { Cloning } from "../fs/cloning.ts";
import { type Endpoint, type InetAddress, isAny } from "./address.ts";
import { InetSocket, type InetSocketParts } from "./inet_socket.ts";
import { fitness, type PortTable } from "./ports.ts";
import {
  BOTH_SHUT,
  type Outgoing,
  RECEIVE_SHUT,
  type Received,
  SEND_SHUT,
  type SocketNeed,
  type Wanted,
} from "./socket.ts";

/** What a datagram takes of a receive buffer beside its bytes. */
const OVERHEAD_BYTES = 768;

/** A datagram in a queue. */
interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: InetAddress;
}

/** A UDP socket. */
export class UdpSocket extends InetSocket {
  override readonly isListening: boolean = false;
  /** Whom it sends to, and whose datagrams alone it takes; `null` while it is not connected. */
  #peer: Endpoint | null = null;
  /** Whether connect(2) has chosen the port, so that undoing it gives the port back. */
  #choseAddress = false;
  readonly #queue: Datagram[] = [];
  #queued_bytes = 0;

  constructor(parts: Omit<InetSocketParts, "type" | "protocol">) {
    super({ ...parts, type: SOCK_DGRAM, protocol: IPPROTO_UDP });
  }

  protected override get ports(): PortTable<InetSocket> {
    return this.network.udpPorts;
  }

  override get messageBytesMax(): number {
    return UDP_BYTES_MAX;
  }

  override get peerAddress(): InetAddress {
    if (this.#peer === null) throw new SystemError(ENOTCONN);
    return { family: this.family, ...this.#peer };
  }

  override listen(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  override accept(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  override connect(address: Uint8Array): null {
    if (this.isUnspecified(address)) {
      this.#disconnect();
      return null;
    }
    const peer = this.destination(address);
    if (this.local.port === 0) this.bindTo(this.anyIp, 0);
    if (isAny(this.local.ip)) {
      this.#choseAddress = true;
      this.local = { ...this.local, ip: this.sourceFor(peer) };
    }
    this.#peer = peer;
    return null;
  }

  override shutdown(halves: number): void {
    this.shut |= halves;
    this.noteChange();
    // It is done all the same, to wake whoever waits.
    if (this.#peer === null) throw new SystemError(ENOTCONN);
  }

  override send({ to, bytes }: Outgoing): number {
    const target = to === null ? this.#peer : this.destination(to);
    if (target === null) throw new SystemError(EDESTADDRREQ);
    if (target.port === 0) throw new SystemError(EINVAL);
    if (bytes.length > UDP_BYTES_MAX) throw new SystemError(EMSGSIZE);
    if (this.error !== 0) throw new SystemError(this.takeError());
    if ((this.shut & SEND_SHUT) !== 0) throw new SystemError(EPIPE);
    if (this.local.port === 0) this.bindTo(this.anyIp, 0);
    const ip = isAny(this.local.ip) ? this.sourceFor(target) : this.local.ip;
    const from = { ip, port: this.local.port };
    const receiver = this.#receiverOf(target, from);
    if (receiver !== null) receiver.#receive(bytes.slice(), from);
    else if (this.#peer !== null) {
      this.error = ECONNREFUSED;
      this.noteError();
    }
    return bytes.length;
  }

  override look({ length, nonBlocking }: Wanted): Received | SocketNeed {
    if (this.error !== 0) throw new SystemError(this.takeError());
    const [first] = this.#queue;
    const common = { identity: null, files: [], isLast: true };
    if (first !== undefined) {
      const { bytes, from } = first;
      return { ...common, bytes: bytes.subarray(0, length), length: bytes.length, from };
    }
    const isEnd = (this.shut & RECEIVE_SHUT) !== 0 && !nonBlocking;
    if (!isEnd) return { event: "input", peer: 0 };
    return { ...common, bytes: new Uint8Array(0), length: 0, from: null };
  }

  override take(): void {
    const datagram = this.#queue.shift();
    if (datagram !== undefined) this.#queued_bytes -= costOf(datagram);
  }

  override has({ event }: SocketNeed): boolean {
    return event !== "input" || this.#queue.length > 0 || this.error !== 0 ||
      (this.shut & RECEIVE_SHUT) !== 0;
  }

  override poll(): number {
    const isEnd = (this.shut & RECEIVE_SHUT) !== 0;
    return (this.error !== 0 ? POLLERR : 0) | (this.shut === BOTH_SHUT ? POLLHUP : 0) |
      (isEnd ? POLLRDHUP : 0) |
      (isEnd || this.#queue.length > 0 ? POLLIN | POLLRDNORM : 0) |
      POLLOUT | POLLWRNORM | POLLWRBAND;
  }

  override bytesReady(): number {
    return this.#queue[0]?.bytes.length ?? 0;
  }

  override close(): void {
    super.close();
    this.unbind();
    this.#queue.length = 0;
  }

  override clone(cloning: Cloning): UdpSocket {
    return cloning.once(this, () => {
      const { ino, uid, gid, family } = this;
      const network = this.network.clone(cloning);
      const copy = cloning.note(this, new UdpSocket({ network, ino, uid, gid, family }));
      this.copyInet(copy);
      copy.#peer = this.#peer;
      copy.#choseAddress = this.#choseAddress;
      copy.#queue.push(...this.#queue);
      copy.#queued_bytes = this.#queued_bytes;
      return copy;
    });
  }

  /** The socket that a datagram to `target` goes to: the one whose peer sent it, or that fits best. */
  #receiverOf(target: Endpoint, from: Endpoint): UdpSocket | null {
    let [best, bestFitness] = [null as UdpSocket | null, 0];
    for (const socket of this.ports.at(target.port)) {
      if (!(socket instanceof UdpSocket)) continue;
      const peer = socket.#peer;
      const isStranger = peer !== null && (peer.ip !== from.ip || peer.port !== from.port);
      const fit = isStranger ? 0 : fitness(socket, target) + (peer === null ? 0 : 2);
      if (fit > bestFitness) [best, bestFitness] = [socket, fit];
    }
    return best;
  }

  #receive(bytes: Uint8Array, from: Endpoint): void {
    const datagram = { bytes, from: { family: this.family, ...from } };
    if (this.#queued_bytes + costOf(datagram) > this.options.receiveBuffer_bytes) return;
    this.#queue.push(datagram);
    this.#queued_bytes += costOf(datagram);
    this.noteInput();
  }

  #disconnect(): void {
    this.#peer = null;
    if (!this.#choseAddress) return;
    this.#choseAddress = false;
    this.local = { ...this.local, ip: this.anyIp };
  }
}

function costOf({ bytes }: Datagram): number {
  return bytes.length + OVERHEAD_BYTES;
}
