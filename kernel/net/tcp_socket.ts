/**
 * TCP on the loopback interface. There is no wire on which segments could be lost or late: what one side
 * sends lies in the other's queue at once, and a connection is made when both sides want it.
 *
 * ```
 *  closed ──listen──▶ listening ──accept──▶ (a new one, connected)
 *    └─connect─▶ connecting ─▶ connected ──shutdown, close──▶ closed
 *                    └─ the listener's line is full: until it accepts, or goes
 * ```
 *
 * Source: `net/ipv4/tcp.c`, `net/ipv4/tcp_input.c` (`tcp_reset`), `net/ipv4/af_inet.c`; tcp(7).
 */

import {
  EADDRINUSE,
  EALREADY,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENOTCONN,
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
  POLLWRNORM,
} from "../abi/poll.ts";
import { IPPROTO_TCP, SOCK_STREAM, TIME_WAIT_NS } from "../abi/socket.ts";
import { ByteQueue } from "../fs/byte_queue.ts";
import type { Cloning } from "../fs/cloning.ts";
import { ANY_V4, type Endpoint, type InetAddress, isAny } from "./address.ts";
import { InetSocket, type InetSocketParts } from "./inet_socket.ts";
import { fitness, type PortTable } from "./ports.ts";
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

/** What SO_SNDBUF and SO_RCVBUF begin with: `net.ipv4.tcp_{w,r}mem`. */
const SEND_BUFFER_BYTES = 16384;
const RECEIVE_BUFFER_BYTES = 131072;
/** What Linux makes of the send buffer of a loopback connection that nobody has set. */
const GROWN_SEND_BUFFER_BYTES = 2626560;
const INPUT: SocketNeed = { event: "input", peer: 0 };
const CONNECTED: SocketNeed = { event: "connected", peer: 0 };

type State = "closed" | "listening" | "connecting" | "connected";

/** A TCP socket. */
export class TcpSocket extends InetSocket {
  #state: State = "closed";
  /** The other side, while it is connected. */
  #peer: TcpSocket | null = null;
  /** Where the other side is, or was. */
  #remote: Endpoint | null = null;
  /** What was sent to it and not read yet. */
  #queue = new ByteQueue();
  /** Connections that nobody has accepted yet, oldest first. */
  #line: TcpSocket[] = [];
  #backlog = 0;
  /** Those that want to connect and find the line full. */
  #waiting: TcpSocket[] = [];
  /** Whether connect(2) was told that it is under way, and has to be told that it is done. */
  #isAnnounced = false;
  /** Whether the other side has sent its end. */
  #hasEnd = false;
  /** Whether this side was the first to send its end: then it keeps the port for a while. */
  #endedFirst = false;

  constructor(parts: Omit<InetSocketParts, "type" | "protocol">) {
    super({ ...parts, type: SOCK_STREAM, protocol: IPPROTO_TCP });
    this.options.sendBuffer_bytes = SEND_BUFFER_BYTES;
    this.options.receiveBuffer_bytes = RECEIVE_BUFFER_BYTES;
  }

  protected override get ports(): PortTable<InetSocket> {
    return this.network.tcpPorts;
  }

  override get isStream(): boolean {
    return true;
  }

  override get messageBytesMax(): number {
    return Infinity;
  }

  override get isListening(): boolean {
    return this.#state === "listening";
  }

  /** All that was sent has arrived. */
  override get bytesUnsent(): number {
    return 0;
  }

  override get peerAddress(): InetAddress {
    const isOver = this.#hasEnd && (this.shut & SEND_SHUT) !== 0;
    if (this.#state !== "connected" || this.#remote === null || isOver) {
      throw new SystemError(ENOTCONN);
    }
    return { family: this.family, ...this.#remote };
  }

  override listen(backlog: number): void {
    if (this.#state === "connected" || this.#state === "connecting") throw new SystemError(EINVAL);
    if (this.local.port === 0) this.bindTo(this.anyIp, 0);
    if (!this.ports.mayListen(this, this.local.port)) throw new SystemError(EADDRINUSE);
    this.#state = "listening";
    this.#backlog = backlog;
    this.#admitWaiting();
  }

  override connect(
    address: Uint8Array,
    _caller: SocketCaller,
    nonBlocking: boolean,
  ): SocketNeed | null {
    if (this.isUnspecified(address)) {
      this.#disconnect();
      return null;
    }
    if (this.#state === "connecting") {
      if (nonBlocking) throw new SystemError(EALREADY);
      return CONNECTED;
    }
    if (this.error !== 0) this.#failConnect();
    if (this.#isAnnounced) {
      this.#isAnnounced = false;
      if (this.#state === "connected") return null;
    }
    if (this.#state !== "closed") throw new SystemError(EISCONN);
    this.#begin(this.destination(address));
    if (nonBlocking) {
      this.#isAnnounced = true;
      throw new SystemError(EINPROGRESS);
    }
    if (this.error !== 0) this.#failConnect();
    return this.#isConnecting ? CONNECTED : null;
  }

  /** Tells of what has failed; the socket may try again. */
  #failConnect(): never {
    const error = this.takeError();
    this.#disconnect();
    throw new SystemError(error);
  }

  get #isConnecting(): boolean {
    return this.#state === "connecting";
  }

  override accept(): Socket | SocketNeed {
    if (this.#state !== "listening") throw new SystemError(EINVAL);
    const next = this.#line.shift();
    if (next === undefined) return INPUT;
    this.#admitWaiting();
    return next;
  }

  override shutdown(halves: number): void {
    if (this.#state === "listening" && (halves & RECEIVE_SHUT) !== 0) return this.#stopListening();
    const ends = (halves & SEND_SHUT) !== 0 && (this.shut & SEND_SHUT) === 0;
    this.shut |= halves;
    this.noteOwnChange();
    // It is done all the same, to wake whoever waits.
    if (this.#state !== "connected") throw new SystemError(ENOTCONN);
    if (ends) this.#sendEnd();
  }

  override send({ bytes, to }: Outgoing): number | SocketNeed {
    // tcp(7) ignores the address of a connected socket.
    if (to !== null && this.#state === "closed") throw new SystemError(EPIPE);
    if (this.error !== 0) throw new SystemError(this.takeError());
    if (this.#state === "connecting") return CONNECTED;
    if ((this.shut & SEND_SHUT) !== 0 || this.#state !== "connected") throw new SystemError(EPIPE);
    const peer = this.#peer;
    // Nobody is there any more: the answer to this is a reset.
    if (peer === null) {
      this.#reset(EPIPE);
      return bytes.length;
    }
    if (bytes.length === 0) return 0;
    const room = this.#roomAt(peer);
    if (room <= 0) return { event: "output", peer: 0 };
    const sent = Math.min(room, bytes.length);
    peer.#queue.push(bytes.subarray(0, sent));
    peer.noteInput();
    return sent;
  }

  override look({ length }: Wanted): Received | SocketNeed {
    const seen = this.#queue.peek(length);
    const common = { from: null, identity: null, files: [] };
    if (seen.length > 0) return { ...common, bytes: seen, length: seen.length, isLast: false };
    if (this.#state === "listening") throw new SystemError(ENOTCONN);
    if (this.error !== 0) throw new SystemError(this.takeError());
    const isEnd = (this.shut & RECEIVE_SHUT) !== 0;
    if (!isEnd && this.#state === "closed") throw new SystemError(ENOTCONN);
    if (!isEnd) return this.#state === "connecting" ? CONNECTED : INPUT;
    return { ...common, bytes: seen, length: 0, isLast: true };
  }

  override take(length: number): void {
    this.#queue.consume(length);
    this.#peer?.noteOutput();
  }

  override has({ event }: SocketNeed): boolean {
    if (this.error !== 0) return true;
    switch (event) {
      case "input":
        return this.#line.length > 0 || this.#queue.length > 0 || this.#state === "closed" ||
          (this.shut & RECEIVE_SHUT) !== 0;
      case "output":
        return this.#isWritable;
      case "connected":
        return this.#state !== "connecting";
      case "peer":
        return true;
    }
  }

  override poll(): number {
    const { error, shut } = this;
    const state = this.#state;
    if (state === "listening") return this.#line.length > 0 ? POLLIN | POLLRDNORM : 0;
    const isEnd = (shut & RECEIVE_SHUT) !== 0;
    const isInput = isEnd || this.#queue.length >= Math.max(1, this.options.receiveLowWater_bytes);
    return (error !== 0 ? POLLERR : 0) |
      (shut === BOTH_SHUT || state === "closed" ? POLLHUP : 0) |
      (isEnd ? POLLRDHUP : 0) |
      (isInput ? POLLIN | POLLRDNORM : 0) |
      (this.#isWritable ? POLLOUT | POLLWRNORM : 0);
  }

  override bytesReady(): number {
    if (this.#state === "listening") throw new SystemError(EINVAL);
    return this.#queue.length;
  }

  override close(): void {
    super.close();
    const peer = this.#peer;
    const lingersNot = this.options.linger_s === 0;
    if (this.#state === "listening") this.#stopListening();
    if (this.#state === "connected" && peer !== null) {
      peer.#peer = null;
      if (this.#queue.length > 0 || lingersNot) this.#sendReset();
      else if ((this.shut & SEND_SHUT) === 0) this.#sendEnd();
    }
    if (this.#state === "connected" && this.#endedFirst && !lingersNot) this.#keepPort();
    this.#peer = null;
    this.unbind();
    this.#state = "closed";
    this.#queue = new ByteQueue();
  }

  override clone(cloning: Cloning): TcpSocket {
    return cloning.once(this, () => {
      const { ino, uid, gid, family } = this;
      const network = this.network.clone(cloning);
      const copy = cloning.note(this, new TcpSocket({ network, ino, uid, gid, family }));
      this.copyInet(copy);
      copy.#state = this.#state;
      copy.#remote = this.#remote;
      copy.#queue = this.#queue.clone();
      copy.#backlog = this.#backlog;
      copy.#isAnnounced = this.#isAnnounced;
      copy.#hasEnd = this.#hasEnd;
      copy.#endedFirst = this.#endedFirst;
      copy.#peer = this.#peer?.clone(cloning) ?? null;
      copy.#line = this.#line.map((socket) => socket.clone(cloning));
      copy.#waiting = this.#waiting.map((socket) => socket.clone(cloning));
      return copy;
    });
  }

  get #isWritable(): boolean {
    const peer = this.#peer;
    if (peer === null || (this.shut & SEND_SHUT) !== 0) return this.#state !== "connecting";
    return this.#roomAt(peer) * 3 >= this.#capacityTo(peer);
  }

  /** Bytes that lie between this side and the other at most: in one's send and the other's receive buffer. */
  #capacityTo(peer: TcpSocket): number {
    return this.options.sendBuffer_bytes + peer.options.receiveBuffer_bytes;
  }

  #roomAt(peer: TcpSocket): number {
    return this.#capacityTo(peer) - peer.#queue.length;
  }

  #begin(target: Endpoint): void {
    if (this.local.port === 0) this.bindTo(this.anyIp, 0);
    if (isAny(this.local.ip)) this.local = { ...this.local, ip: this.sourceFor(target) };
    const listener = this.#listenerAt(target);
    this.#remote = target;
    this.#state = "connecting";
    if (listener === null) return this.#refuse();
    listener.#waiting.push(this);
    listener.#admitWaiting();
  }

  #listenerAt(target: Endpoint): TcpSocket | null {
    let [best, bestFitness] = [null as TcpSocket | null, 0];
    for (const socket of this.ports.at(target.port)) {
      if (!(socket instanceof TcpSocket) || !socket.isListening) continue;
      const fit = fitness(socket, target);
      if (fit > bestFitness) [best, bestFitness] = [socket, fit];
    }
    return best;
  }

  /** Lets those that want to connect into the line, as many as find a place. */
  #admitWaiting(): void {
    while (this.#waiting.length > 0 && this.#line.length <= this.#backlog) {
      const client = this.#waiting.shift();
      if (client === undefined || client.#state !== "connecting") continue;
      this.#line.push(this.#connectionWith(client));
      this.noteInput();
    }
  }

  /** The listener's side of a new connection, with the listener's options. */
  #connectionWith(client: TcpSocket): TcpSocket {
    const { network, uid, gid, family } = this;
    const server = new TcpSocket({ network, ino: network.sockets.takeIno(), uid, gid, family });
    Object.assign(server.options, this.options);
    server.inetOptions.takeFrom(this.inetOptions);
    server.local = { ip: client.#remote?.ip ?? ANY_V4, port: this.local.port };
    this.ports.enter(server, this.local.port);
    server.#become(client, client.local);
    client.#become(server, server.local);
    client.noteConnected();
    return server;
  }

  #become(peer: TcpSocket, remote: Endpoint): void {
    this.#state = "connected";
    this.#peer = peer;
    this.#remote = remote;
    if (this.options.sendBuffer_bytes === SEND_BUFFER_BYTES) {
      this.options.sendBuffer_bytes = GROWN_SEND_BUFFER_BYTES;
    }
  }

  /** Tells the other side that nothing more will come. */
  #sendEnd(): void {
    const peer = this.#peer;
    if (peer === null) return;
    this.#endedFirst = (peer.shut & SEND_SHUT) === 0;
    peer.shut |= RECEIVE_SHUT;
    peer.#hasEnd = true;
    peer.noteChange();
  }

  /** Tells the other side that what it sends will not be read. */
  #sendReset(): void {
    const peer = this.#peer;
    if (peer === null) return;
    this.#endedFirst = false;
    peer.#peer = null;
    peer.#reset(peer.#hasEnd ? EPIPE : ECONNRESET);
  }

  #reset(error: number): void {
    this.error = error;
    this.shut = BOTH_SHUT;
    this.#state = "closed";
    this.unbind();
    this.noteChange();
  }

  /** The end of a listener: whoever is in its line, or wants to be, is turned away. */
  #stopListening(): void {
    this.#state = "closed";
    for (const server of this.#line.splice(0)) {
      server.options.linger_s = 0;
      server.close();
    }
    for (const client of this.#waiting.splice(0)) client.#refuse();
    this.noteOwnChange();
  }

  #refuse(): void {
    if (this.#state !== "connecting") return;
    this.#state = "closed";
    this.shut = BOTH_SHUT;
    this.error = ECONNREFUSED;
    this.noteChange();
  }

  #disconnect(): void {
    if (this.#state === "listening") this.#stopListening();
    if (this.#state === "connected") this.error = ECONNRESET;
    this.#sendReset();
    this.#peer = null;
    this.#remote = null;
    this.#hasEnd = false;
    this.#state = "closed";
    this.shut = 0;
    this.#queue = new ByteQueue();
    this.noteOwnChange();
  }

  #keepPort(): void {
    const { now_ns } = this.network.sockets;
    this.ports.keep(this.claim, this.local.port, now_ns + TIME_WAIT_NS, now_ns);
  }
}
