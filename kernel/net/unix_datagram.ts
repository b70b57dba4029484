/**
 * Local datagram sockets.
 *
 * Source: `net/unix/af_unix.c` (`unix_dgram_*`); unix(7).
 */

import {
  ECONNREFUSED,
  ECONNRESET,
  EINVAL,
  EMSGSIZE,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
  SystemError,
} from "../abi/errno.ts";
import { POLLOUT, POLLWRBAND, POLLWRNORM } from "../abi/poll.ts";
import { AF_UNSPEC, SOCK_DGRAM } from "../abi/socket.ts";
import type { Cloning } from "../fs/cloning.ts";
import { familyOf } from "./address.ts";
import type { Message } from "./message.ts";
import {
  type Outgoing,
  RECEIVE_SHUT,
  type Received,
  SEND_SHUT,
  type SocketCaller,
  type SocketNeed,
  type Wanted,
} from "./socket.ts";
import { wholeMessage } from "./unix_connection.ts";
import { UnixSocket, type UnixSocketParts } from "./unix_socket.ts";

/** Messages of strangers that wait in a queue: `net.unix.max_dgram_qlen`. */
const QUEUED_MAX = 10;
const FAMILY_BYTES = 2;
const OUTPUT_EVENTS = POLLOUT | POLLWRNORM | POLLWRBAND;

/** A local datagram socket. */
export class UnixDatagram extends UnixSocket {
  override readonly isListening: boolean = false;

  constructor(parts: Omit<UnixSocketParts, "type">) {
    super({ ...parts, type: SOCK_DGRAM, protocol: 0 });
  }

  override get messages(): readonly Message[] {
    return this.queue;
  }

  override listen(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  override accept(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  override connect(address: Uint8Array, caller: SocketCaller): null {
    if (address.length < FAMILY_BYTES) throw new SystemError(EINVAL);
    if (familyOf(address) === AF_UNSPEC) {
      this.#turnTo(null);
      return null;
    }
    this.autobindForCredentials();
    const peer = this.find(address, caller);
    if (!this.#maySendTo(peer)) throw new SystemError(EPERM);
    this.#turnTo(peer);
    return null;
  }

  override send(outgoing: Outgoing): number | SocketNeed {
    const { to, bytes, caller } = outgoing;
    if (to === null && this.peer === null) throw new SystemError(ENOTCONN);
    this.autobindForCredentials();
    if (bytes.length > this.messageBytesMax) throw new SystemError(EMSGSIZE);
    if (this.error !== 0) throw new SystemError(this.takeError());
    if ((this.shut & SEND_SHUT) !== 0) throw new SystemError(EPIPE);
    if (this.charged >= this.options.sendBuffer_bytes) return { event: "output", peer: 0 };
    const target = to === null || caller === null ? this.#livingPeer() : this.find(to, caller);
    if (!this.#maySendTo(target)) throw new SystemError(EPERM);
    if ((target.shut & RECEIVE_SHUT) !== 0) throw new SystemError(EPIPE);
    if (this.#isFullFor(target)) return { event: "peer", peer: target.ino };
    this.deliver(target, bytes.slice(), outgoing);
    return bytes.length;
  }

  override look(wanted: Wanted): Received | SocketNeed {
    if (this.error !== 0) throw new SystemError(this.takeError());
    const [message] = this.queue;
    if (message !== undefined) return wholeMessage(message, wanted);
    const isEnd = (this.shut & RECEIVE_SHUT) !== 0 && !wanted.nonBlocking;
    if (!isEnd) return { event: "input", peer: 0 };
    const bytes = new Uint8Array(0);
    return { bytes, length: 0, from: null, identity: null, files: [], isLast: true };
  }

  override take(): void {
    this.dequeue();
  }

  override has({ event, peer }: SocketNeed): boolean {
    if (this.error !== 0) return true;
    switch (event) {
      case "input":
        return this.queue.length > 0 || (this.shut & RECEIVE_SHUT) !== 0;
      case "output":
        return this.isWritable || (this.shut & SEND_SHUT) !== 0;
      case "peer": {
        const target = this.network.sockets.find(peer);
        return !(target instanceof UnixSocket) || !this.#isFullFor(target) ||
          (target.shut & RECEIVE_SHUT) !== 0;
      }
      case "connected":
        return true;
    }
  }

  override poll(): number {
    const events = super.poll();
    const { peer } = this;
    return peer !== null && this.#isFullFor(peer) ? events & ~OUTPUT_EVENTS : events;
  }

  override bytesReady(): number {
    return this.queue[0]?.bytes.length ?? 0;
  }

  /** Whoever has this socket as its peer can send again once there is a place. */
  protected override dequeue(): void {
    const wasFull = this.queue.length > QUEUED_MAX;
    super.dequeue();
    if (!wasFull) return;
    for (const socket of this.network.sockets.open) {
      if (socket instanceof UnixDatagram && socket.peer === this) socket.noteOutput();
    }
  }

  override purgeFiles(): void {
    this.purgeQueue();
  }

  protected override leavePeer(): void {}

  override clone(cloning: Cloning): UnixDatagram {
    return cloning.once(this, () => {
      const { ino, uid, gid } = this;
      const network = this.network.clone(cloning);
      const copy = cloning.note(this, new UnixDatagram({ network, ino, uid, gid }));
      this.copyTo(copy, cloning);
      return copy;
    });
  }

  /** Whether the other takes messages from this one: it does unless it has another peer. */
  #maySendTo(other: UnixSocket): boolean {
    return other.peer === null || other.peer === this;
  }

  #isFullFor(other: UnixSocket): boolean {
    return other !== this && other.peer !== this && other.queue.length > QUEUED_MAX;
  }

  /** Throws ECONNREFUSED, once, when the peer is closed. */
  #livingPeer(): UnixSocket {
    const { peer } = this;
    if (peer === null) throw new SystemError(ENOTCONN);
    if (!peer.isClosed) return peer;
    this.#turnTo(null);
    throw new SystemError(ECONNREFUSED);
  }

  /** Takes another peer; what the old one has sent is dropped, and it hears of that. */
  #turnTo(peer: UnixSocket | null): void {
    const old = this.peer;
    this.peer = peer;
    this.peerWaiters.wakeAll();
    if (old === null || old === peer || this.queue.length === 0) return;
    while (this.queue.length > 0) this.dequeue();
    if (old.isClosed || old.peer !== this) return;
    old.error = ECONNRESET;
    old.noteError();
  }
}
