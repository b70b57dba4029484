/**
 * Local sockets with connections: streams, and sequenced packets, which keep the bounds of messages.
 *
 * ```
 *  unconnected ──listen──▶ listening ──accept──▶ (a new one, connected)
 *       └──────connect──▶ connected                    ▲
 *                             └─ makes the other end ──┘ which waits in the listener's line
 * ```
 *
 * Source: `net/unix/af_unix.c`; unix(7), connect(2), accept(2), listen(2).
 */

import {
  ECONNREFUSED,
  ECONNRESET,
  EINVAL,
  EISCONN,
  EMSGSIZE,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
  SystemError,
} from "../abi/errno.ts";
import { POLLHUP, POLLIN, POLLRDNORM } from "../abi/poll.ts";
import { SOCK_STREAM } from "../abi/socket.ts";
import type { Cloning } from "../fs/cloning.ts";
import type { Message, PeerIdentity } from "./message.ts";
import {
  BOTH_SHUT,
  type Outgoing,
  RECEIVE_SHUT,
  type Received,
  SEND_SHUT,
  type Socket,
  type SocketCaller,
  type SocketNeed,
  type Wanted,
} from "./socket.ts";
import { identityOf, UnixSocket, type UnixSocketParts } from "./unix_socket.ts";

/** The most bytes of a piece that a stream is cut into. */
const PIECE_BYTES_MAX = 32768;
/** A piece takes at most half of the send buffer, less this. */
const PIECE_MARGIN_BYTES = 64;
const INPUT: SocketNeed = { event: "input", peer: 0 };
const OUTPUT: SocketNeed = { event: "output", peer: 0 };
const NOTHING: Omit<Received, "isLast"> = {
  bytes: new Uint8Array(0),
  length: 0,
  from: null,
  identity: null,
  files: [],
};

/** A local stream or seqpacket socket. */
export class UnixConnection extends UnixSocket {
  #state: "unconnected" | "listening" | "connected" = "unconnected";
  #backlog = 0;
  /** Connections that nobody has accepted yet, oldest first. */
  #line: UnixConnection[] = [];

  constructor(parts: UnixSocketParts) {
    super({ ...parts, protocol: 0 });
  }

  override get isStream(): boolean {
    return this.type === SOCK_STREAM;
  }

  override get isListening(): boolean {
    return this.#state === "listening";
  }

  override get messages(): readonly Message[] {
    return [this, ...this.#line].flatMap(({ queue }) => queue);
  }

  /** Whether one more connection finds no place in the line. */
  get #isFull(): boolean {
    return this.#line.length > this.#backlog;
  }

  override listen(backlog: number, caller: SocketCaller): void {
    if (this.address.name.length === 0 || this.#state === "connected") {
      throw new SystemError(EINVAL);
    }
    this.#backlog = backlog;
    this.#state = "listening";
    this.peerIdentity = identityOf(caller);
  }

  override connect(address: Uint8Array, caller: SocketCaller): SocketNeed | null {
    const listener = this.find(address, caller);
    this.autobindForCredentials();
    if (!(listener instanceof UnixConnection) || !listener.isListening) {
      throw new SystemError(ECONNREFUSED);
    }
    if ((listener.shut & RECEIVE_SHUT) !== 0) throw new SystemError(ECONNREFUSED);
    if (listener.#isFull) return { event: "peer", peer: listener.ino };
    if (this.#state === "connected") throw new SystemError(EISCONN);
    if (this.#state === "listening") throw new SystemError(EINVAL);
    const { uid, gid, type } = listener;
    const ino = listener.network.sockets.takeIno();
    const other = new UnixConnection({ network: listener.network, ino, type, uid, gid });
    other.address = listener.address;
    other.#become(this, identityOf(caller));
    this.#become(other, listener.peerIdentity);
    listener.#line.push(other);
    listener.noteInput();
    return null;
  }

  override accept(): Socket | SocketNeed {
    if (this.#state !== "listening") throw new SystemError(EINVAL);
    const next = this.#line.shift();
    if (next !== undefined) {
      this.peerWaiters.wakeAll();
      return next;
    }
    if ((this.shut & RECEIVE_SHUT) !== 0) throw new SystemError(EINVAL);
    return INPUT;
  }

  override pairWith(other: Socket, caller: SocketCaller): void {
    super.pairWith(other, caller);
    if (!(other instanceof UnixConnection)) throw new SystemError(EOPNOTSUPP);
    this.#state = other.#state = "connected";
  }

  override shutdown(halves: number): void {
    super.shutdown(halves);
    const { peer } = this;
    if (peer === null || peer.isClosed) return;
    if ((halves & RECEIVE_SHUT) !== 0) peer.shut |= SEND_SHUT;
    if ((halves & SEND_SHUT) !== 0) peer.shut |= RECEIVE_SHUT;
    peer.noteChange();
  }

  override send(outgoing: Outgoing): number | SocketNeed {
    const { to, bytes } = outgoing;
    const isConnected = this.#state === "connected";
    // Packets ignore the address that they are given.
    if (this.isStream && to !== null) throw new SystemError(isConnected ? EISCONN : EOPNOTSUPP);
    const { peer } = this;
    if (!isConnected || peer === null) throw new SystemError(ENOTCONN);
    if (!this.isStream && this.error !== 0) throw new SystemError(this.takeError());
    const isBroken = peer.isClosed || (peer.shut & RECEIVE_SHUT) !== 0;
    if ((this.shut & SEND_SHUT) !== 0 || isBroken) throw new SystemError(EPIPE);
    if (!this.isStream) return this.#sendPacket(peer, outgoing);
    if (bytes.length === 0) return 0;
    return this.#sendStream(peer, outgoing) || OUTPUT;
  }

  override look(wanted: Wanted): Received | SocketNeed {
    if (this.#state !== "connected") throw new SystemError(this.isStream ? EINVAL : ENOTCONN);
    if (!this.isStream) return this.#lookAtPacket(wanted);
    const seen = this.#lookAtStream(wanted);
    if (seen.length > 0 || wanted.length === 0) return seen;
    return this.#nothing();
  }

  override take(length: number): void {
    if (!this.isStream) return this.dequeue();
    let left = length;
    while (left > 0) {
      const [message] = this.queue;
      if (message === undefined) {
        throw new RangeError(`Cannot take ${left} bytes more than there are`);
      }
      const part = Math.min(left, message.left);
      message.taken += part;
      left -= part;
      // They came with the message's first byte.
      this.dropFiles(message);
      if (message.left === 0) this.dequeue();
    }
  }

  override has({ event, peer }: SocketNeed): boolean {
    switch (event) {
      case "input":
        return this.#line.length > 0 || this.queue.length > 0 || this.error !== 0 ||
          (this.shut & RECEIVE_SHUT) !== 0;
      case "output":
        return this.isWritable || this.error !== 0 || (this.shut & SEND_SHUT) !== 0 ||
          (this.peer?.isClosed ?? true) || (this.peer!.shut & RECEIVE_SHUT) !== 0;
      case "peer": {
        const listener = this.network.sockets.find(peer);
        return !(listener instanceof UnixConnection) || !listener.isListening ||
          !listener.#isFull || (listener.shut & RECEIVE_SHUT) !== 0;
      }
      case "connected":
        return true;
    }
  }

  override poll(): number {
    return super.poll() | (this.#line.length > 0 ? POLLIN | POLLRDNORM : 0) |
      (this.#state === "unconnected" ? POLLHUP : 0);
  }

  override bytesReady(): number {
    if (this.#state === "listening") throw new SystemError(EINVAL);
    return this.queue.reduce((sum, { left }) => sum + left, 0);
  }

  override purgeFiles(): void {
    for (const socket of [this, ...this.#line]) socket.purgeQueue();
  }

  override close(): void {
    const line = this.#line.splice(0);
    super.close();
    // Whoever waits to be accepted is turned away.
    for (const waiting of line) waiting.#reject();
  }

  protected override leavePeer(): void {
    const { peer } = this;
    if (peer === null || peer.isClosed) return;
    peer.shut = BOTH_SHUT;
    if (this.queue.length > 0) peer.error = ECONNRESET;
    peer.noteChange();
  }

  override clone(cloning: Cloning): UnixConnection {
    return cloning.once(this, () => {
      const { ino, type, uid, gid } = this;
      const network = this.network.clone(cloning);
      const copy = cloning.note(this, new UnixConnection({ network, ino, type, uid, gid }));
      this.copyTo(copy, cloning);
      copy.#state = this.#state;
      copy.#backlog = this.#backlog;
      copy.#line = this.#line.map((waiting) => waiting.clone(cloning));
      return copy;
    });
  }

  #become(peer: UnixConnection, identity: PeerIdentity): void {
    this.#state = "connected";
    this.peer = peer;
    this.peerIdentity = identity;
  }

  #reject(): void {
    const { peer } = this;
    this.close();
    if (peer === null || peer.isClosed) return;
    peer.error = ECONNRESET;
    peer.noteError();
  }

  #sendPacket(peer: UnixSocket, outgoing: Outgoing): number | SocketNeed {
    const { bytes } = outgoing;
    if (bytes.length > this.messageBytesMax) throw new SystemError(EMSGSIZE);
    if (this.charged >= this.options.sendBuffer_bytes) return OUTPUT;
    this.deliver(peer, bytes.slice(), outgoing);
    return bytes.length;
  }

  /** Sends what there is room for, in pieces; the descriptors go with the first. */
  #sendStream(peer: UnixSocket, outgoing: Outgoing): number {
    const { bytes } = outgoing;
    const { sendBuffer_bytes } = this.options;
    const pieceBytes = Math.min((sendBuffer_bytes >> 1) - PIECE_MARGIN_BYTES, PIECE_BYTES_MAX);
    let done = 0;
    while (done < bytes.length && this.charged < sendBuffer_bytes) {
      const piece = bytes.slice(done, done + pieceBytes);
      this.deliver(peer, piece, done === 0 ? outgoing : { ...outgoing, files: [] });
      done += piece.length;
    }
    return done;
  }

  #lookAtPacket(wanted: Wanted): Received | SocketNeed {
    if (this.error !== 0) throw new SystemError(this.takeError());
    const [message] = this.queue;
    return message === undefined ? this.#nothing() : wholeMessage(message, wanted);
  }

  /** Nothing is there: for now, or for good. */
  #nothing(): Received | SocketNeed {
    if (this.error !== 0) throw new SystemError(this.takeError());
    return (this.shut & RECEIVE_SHUT) !== 0 ? { ...NOTHING, isLast: true } : INPUT;
  }

  /** As many pieces as fit, up to one with descriptors, or to one from somebody else where that counts. */
  #lookAtStream({ length }: Wanted): Received {
    const pieces: Uint8Array[] = [];
    let first: Message | null = null;
    let [total, isLast] = [0, false];
    let files: Received["files"] = [];
    for (const message of this.queue) {
      const isOther = first !== null && !isSameSender(first, message);
      if (total === length || (this.options.passCredentials && isOther)) break;
      first ??= message;
      const { bytes, taken } = message;
      pieces.push(bytes.subarray(taken, taken + length - total));
      total += pieces.at(-1)?.length ?? 0;
      files = message.files;
      isLast = files.length > 0;
      if (isLast) break;
    }
    const identity = first?.identity ?? null;
    return {
      bytes: concatenate(pieces, total),
      length: total,
      from: addressOf(first),
      identity,
      files,
      isLast,
    };
  }
}

/** A datagram or packet, of which at most the wanted bytes are shown. */
export function wholeMessage(message: Message, { length }: Wanted): Received {
  const { bytes, identity, files } = message;
  return {
    bytes: bytes.subarray(0, length),
    length: bytes.length,
    from: addressOf(message),
    identity,
    files,
    isLast: true,
  };
}

/** The address of the sender, if it has one. */
function addressOf(message: Message | null): Received["from"] {
  const from = message?.from;
  return from === undefined || from.name.length === 0 ? null : from;
}

function isSameSender(a: Message, b: Message): boolean {
  const [one, other] = [a.identity, b.identity];
  return one?.pid === other?.pid && one?.uid === other?.uid && one?.gid === other?.gid;
}

function concatenate(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
