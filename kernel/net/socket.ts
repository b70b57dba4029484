/**
 * Sockets: what all families have in common, and what the system calls ask of them.
 *
 * An operation that would have to wait changes nothing and answers what it needs, as data; the system call
 * puts that into its wait record and is made again when {@link Socket.has} says so.
 *
 * Source: `include/net/sock.h`, `net/core/sock.c`, `net/socket.c`; socket(2), socket(7).
 */

import { EOPNOTSUPP, SystemError } from "../abi/errno.ts";
import {
  INPUT_EVENTS,
  OUTPUT_EVENTS,
  POLLERR,
  POLLOUT,
  POLLPRI,
  POLLRDBAND,
  POLLWRBAND,
} from "../abi/poll.ts";
import { S_IFSOCK } from "../abi/stat.ts";
import { BUFFER_BYTES } from "../abi/socket.ts";
import { SOCKET_DEVICE } from "../fs/anonymous.ts";
import type { Cloning } from "../fs/cloning.ts";
import { type AsyncEvents, type Attributes, type FileKind, FileObject } from "../fs/file_object.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { WaitQueue } from "../fs/wait_queue.ts";
import type { OpenContext } from "../fs/open.ts";
import type { Credentials } from "../credentials.ts";
import type { SocketAddress } from "./address.ts";
import type { MessageOwner, PeerIdentity } from "./message.ts";
import type { Network } from "./network.ts";

/** Whether nothing more can be received: half of what shutdown(2) does. */
export const RECEIVE_SHUT = 1;
/** Whether nothing more can be sent: the other half. */
export const SEND_SHUT = 2;
/** Both. */
export const BOTH_SHUT = 3;

/** What an operation waits for. */
export interface SocketNeed {
  /**
   * Something to receive or accept, or the end; room to send; room at the peer; the end of a connect(2)
   * that is under way.
   */
  readonly event: "input" | "output" | "peer" | "connected";
  /** For "peer", the inode number of the socket that has no room; else 0. */
  readonly peer: number;
}

/** Who makes a call. */
export interface SocketCaller {
  /** The process. */
  readonly pid: number;
  /** What it acts with. */
  readonly credentials: Credentials;
  /** How it finds paths. */
  readonly paths: OpenContext;
}

/** What is to be sent. */
export interface Outgoing {
  /** A whole datagram, or the next bytes of a stream. */
  readonly bytes: Uint8Array;
  /** Where to; `null` for the socket's own peer. */
  readonly to: Uint8Array | null;
  /** Who says that he sends it: SCM_CREDENTIALS. */
  readonly identity: PeerIdentity | null;
  /** Descriptors that go with it; a message that takes them retains them. */
  readonly files: readonly OpenFile[];
  /** Who makes the call; `null` for sendfile(2), which names neither addresses nor senders. */
  readonly caller: SocketCaller | null;
}

/** What is wanted. */
export interface Wanted {
  /** Bytes at most. */
  readonly length: number;
  /** Whether the call will not wait: then a datagram socket that was shut down has nothing, not its end. */
  readonly nonBlocking: boolean;
}

/** What can be received; it stays in the queue until {@link Socket.take}. */
export interface Received {
  /** At most as many bytes as were wanted; none at the end of a stream. */
  readonly bytes: Uint8Array;
  /** Bytes of the whole datagram; of a stream those of `bytes`. */
  readonly length: number;
  /** Who sent it, `null` where that means nothing (a stream). */
  readonly from: SocketAddress | null;
  /** Who sent it, when that is known. */
  readonly identity: PeerIdentity | null;
  /** Descriptors that came with it, which are the message's still. */
  readonly files: readonly OpenFile[];
  /** Whether a call that wants more must not go on: the end, or something of its own came with this. */
  readonly isLast: boolean;
}

/** The options of socket(7) that are kept and told, and those that change what happens. */
export interface SocketOptions {
  /** SO_DEBUG. */
  debug: boolean;
  /** SO_REUSEADDR. */
  reuseAddress: boolean;
  /** SO_REUSEPORT. */
  reusePort: boolean;
  /** SO_DONTROUTE. */
  dontRoute: boolean;
  /** SO_BROADCAST. */
  broadcast: boolean;
  /** SO_KEEPALIVE. */
  keepAlive: boolean;
  /** SO_OOBINLINE. */
  oobInline: boolean;
  /** SO_PASSCRED. */
  passCredentials: boolean;
  /** SO_PRIORITY. */
  priority: number;
  /** SO_LINGER's seconds, or `null` when it is off. */
  linger_s: number | null;
  /** SO_SNDBUF, doubled. */
  sendBuffer_bytes: number;
  /** SO_RCVBUF, doubled. */
  receiveBuffer_bytes: number;
  /** SO_RCVLOWAT, 1 or more. */
  receiveLowWater_bytes: number;
  /** 0 for none. */
  receiveTimeout_ns: bigint;
  /** 0 for none. */
  sendTimeout_ns: bigint;
}

function initialOptions(): SocketOptions {
  return {
    debug: false,
    reuseAddress: false,
    reusePort: false,
    dontRoute: false,
    broadcast: false,
    keepAlive: false,
    oobInline: false,
    passCredentials: false,
    priority: 0,
    linger_s: null,
    sendBuffer_bytes: BUFFER_BYTES,
    receiveBuffer_bytes: BUFFER_BYTES,
    receiveLowWater_bytes: 1,
    receiveTimeout_ns: 0n,
    sendTimeout_ns: 0n,
  };
}

/** What a {@link Socket} is made of. */
export interface SocketParts {
  /** The namespace that it is made in. */
  readonly network: Network;
  /** Unique in the machine. */
  readonly ino: number;
  /** SOCK_STREAM … */
  readonly type: number;
  /** IPPROTO_TCP …; 0 for a local socket. */
  readonly protocol: number;
  /** Its owner. */
  readonly uid: number;
  /** Its owner's group. */
  readonly gid: number;
}

/** A socket. */
export abstract class Socket extends FileObject implements MessageOwner {
  /** Always "socket". */
  override readonly kind: FileKind = "socket";
  /** AF_UNIX … */
  abstract readonly family: number;
  /** The namespace that it was made in. */
  readonly network: Network;
  /** Unique in the machine; what a wait record names it by. */
  readonly ino: number;
  /** SOCK_STREAM … */
  readonly type: number;
  /** IPPROTO_TCP …; 0 for a local socket. */
  readonly protocol: number;
  /** Its owner. */
  readonly uid: number;
  /** Its owner's group. */
  readonly gid: number;
  /** Its options of the level SOL_SOCKET. */
  readonly options: SocketOptions = initialOptions();
  /** What SO_ERROR tells and the next operation fails with, or 0. */
  error = 0;
  /** RECEIVE_SHUT and SEND_SHUT. */
  shut = 0;
  charged = 0;
  /** Who waits for it. */
  override readonly waiters: WaitQueue = new WaitQueue();
  #asyncInput = 0;
  #asyncOutput = 0;
  /** Whether somebody has found no room, and is told when there is some: SOCKWQ_ASYNC_NOSPACE. */
  #lacksRoom = false;

  /** A socket that nobody has open, without a name. */
  constructor(parts: SocketParts) {
    super();
    this.network = parts.network;
    this.ino = parts.ino;
    this.type = parts.type;
    this.protocol = parts.protocol;
    this.uid = parts.uid;
    this.gid = parts.gid;
  }

  /** SO_ACCEPTCONN. */
  abstract readonly isListening: boolean;

  /** The address that it is bound to. */
  abstract readonly localAddress: SocketAddress;

  /** The address of its peer. Throws ENOTCONN. */
  abstract readonly peerAddress: SocketAddress;

  /** SO_PEERCRED. */
  abstract readonly peerIdentity: PeerIdentity;

  /** bind(2). Throws SystemError. */
  abstract bind(address: Uint8Array, caller: SocketCaller): void;

  /** listen(2); `backlog` is 0 … BACKLOG_MAX. Throws SystemError. */
  abstract listen(backlog: number, caller: SocketCaller): void;

  /** connect(2): `null` when it is done. Throws SystemError. */
  abstract connect(
    address: Uint8Array,
    caller: SocketCaller,
    nonBlocking: boolean,
  ): SocketNeed | null;

  /** accept(2): a socket that nobody has open yet. Throws SystemError. */
  abstract accept(): Socket | SocketNeed;

  /** shutdown(2); `halves` is RECEIVE_SHUT, SEND_SHUT or both. Throws SystemError. */
  abstract shutdown(halves: number): void;

  /** Sends: how many bytes went in, all or (on a stream) some. Throws SystemError. */
  abstract send(outgoing: Outgoing): number | SocketNeed;

  /** Looks at what can be received. Throws SystemError. */
  abstract look(wanted: Wanted): Received | SocketNeed;

  /** Takes away what {@link look} has shown last: a datagram, or `length` bytes of a stream. */
  abstract take(length: number): void;

  /** Whether what an operation needed is there now. */
  abstract has(need: SocketNeed): boolean;

  /** The most bytes of one message; of a stream any number. */
  abstract readonly messageBytesMax: number;

  /** Whether messages have no bounds: a write goes in piece by piece. */
  get isStream(): boolean {
    return false;
  }

  /** A second socket of the same kind, which nobody has open, connected with this one. Throws EOPNOTSUPP. */
  abstract pairWith(other: Socket, caller: SocketCaller): void;

  /** An option of another level than SOL_SOCKET; a number stands for an `int`. Throws SystemError. */
  protocolOption(_level: number, _name: number): number | Uint8Array {
    throw new SystemError(EOPNOTSUPP);
  }

  /** Sets an option of another level than SOL_SOCKET. Throws SystemError. */
  setProtocolOption(_level: number, _name: number, _value: Uint8Array): void {
    throw new SystemError(EOPNOTSUPP);
  }

  /** Bytes that were sent and that nobody has received, as SIOCOUTQ tells. */
  get bytesUnsent(): number {
    return this.charged;
  }

  /** See {@link MessageOwner}; sending may be possible again. */
  discharge(bytes: number): void {
    this.charged -= bytes;
    this.noteOutput();
  }

  /** There is something new to receive or accept: sock_def_readable(). */
  noteInput(): void {
    this.#asyncInput++;
    this.notify(INPUT_EVENTS | POLLPRI | POLLRDBAND);
  }

  /** There is new room: sock_def_write_space(). */
  noteOutput(): void {
    this.#noteRoom();
    this.notify(OUTPUT_EVENTS | POLLWRBAND);
  }

  /** The other side has changed it: sock_def_wakeup(). */
  noteChange(): void {
    this.#asyncInput++;
    this.#noteRoom();
    this.waiters.wakeAll();
  }

  /** Whoever has the socket has changed it: he need be told of nothing, but others may wait for it. */
  noteOwnChange(): void {
    this.waiters.wakeAll();
  }

  /** A connection is there that the socket has asked for. */
  noteConnected(): void {
    this.noteOwnChange();
    this.#asyncOutput++;
  }

  /** There is an error to be told: sock_def_error_report(). */
  noteError(): void {
    this.notify(POLLERR);
  }

  /** Somebody wants to send and finds no room. */
  noteLackOfRoom(): void {
    this.#lacksRoom = true;
  }

  #noteRoom(): void {
    if (!this.#lacksRoom || (this.poll() & POLLOUT) === 0) return;
    this.#lacksRoom = false;
    this.#asyncOutput++;
  }

  /** See {@link FileObject.asyncEvents}. */
  override get asyncEvents(): AsyncEvents {
    return { input: this.#asyncInput, output: this.#asyncOutput };
  }

  /** For sendfile(2), which has pages and no message. */
  override write(_position: number, bytes: Uint8Array): number | null {
    const sent = this.send({ bytes, to: null, identity: null, files: [], caller: null });
    return typeof sent === "number" ? sent : null;
  }

  /** Takes the error out. */
  takeError(): number {
    const { error } = this;
    this.error = 0;
    return error;
  }

  /** See {@link FileObject.description}. */
  override get description(): string {
    return `socket:[${this.ino}]`;
  }

  /** See {@link FileObject.attributes}. */
  override attributes(): Attributes {
    const times = { atime_ns: 0n, mtime_ns: 0n, ctime_ns: 0n, btime_ns: 0n };
    const { ino, uid, gid } = this;
    const mode = S_IFSOCK | 0o777;
    return {
      device: SOCKET_DEVICE,
      ino,
      mode,
      nlink: 1,
      uid,
      gid,
      rdev: 0,
      size: 0,
      blocks: 0,
      ...times,
    };
  }

  abstract override clone(cloning: Cloning): Socket;

  /** Gives a copy what all sockets have. */
  protected copyTo(copy: Socket): void {
    Object.assign(copy.options, this.options);
    copy.error = this.error;
    copy.shut = this.shut;
    copy.charged = this.charged;
    copy.#asyncInput = this.#asyncInput;
    copy.#asyncOutput = this.#asyncOutput;
    copy.#lacksRoom = this.#lacksRoom;
  }
}

/** Whether an operation has to wait. */
export function isNeed(result: object): result is SocketNeed {
  return "event" in result;
}
