/**
 * Local sockets: what streams, datagrams and sequenced packets have in common, which is names, queues and
 * what descriptors in flight ask for.
 *
 * ```
 *   socket  ──peer──▶  socket         what one sends lies in the queue of the other;
 *    queue              queue         the sender is charged for it until it is received
 * ```
 *
 * Source: `net/unix/af_unix.c`; unix(7).
 */

import {
  EADDRINUSE,
  ECONNREFUSED,
  EEXIST,
  EINVAL,
  ENOTCONN,
  EOPNOTSUPP,
  EPROTOTYPE,
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
import { AF_UNIX } from "../abi/socket.ts";
import { S_IFSOCK } from "../abi/stat.ts";
import { decodeBytes } from "../fs/byte_string.ts";
import type { Cloning } from "../fs/cloning.ts";
import type { Place } from "../fs/mount.ts";
import { makeSocketFile } from "../fs/names.ts";
import { WaitQueue } from "../fs/wait_queue.ts";
import { resolvePath } from "../fs/path.ts";
import { MAY_WRITE, requirePermission } from "../fs/permissions.ts";
import { decodeUnixAddress, isAbstract, type UnixAddress, UNNAMED } from "./address.ts";
import { noteClosed, noteSent, noteTaken } from "./in_flight.ts";
import { Message, type PeerIdentity } from "./message.ts";
import {
  BOTH_SHUT,
  type Outgoing,
  RECEIVE_SHUT,
  Socket,
  type SocketCaller,
  type SocketParts,
} from "./socket.ts";

/** Bytes of an address that only says its family: bind(2) then chooses a name. */
const FAMILY_ONLY_BYTES = 2;
/** What SO_PEERCRED says where there is no peer: pid 0 and (uid_t)-1. */
const NOBODY: PeerIdentity = { pid: 0, uid: 0xffffffff, gid: 0xffffffff };
/** Messages can be this much shorter than SO_SNDBUF. */
const MESSAGE_MARGIN_BYTES = 32;

/** A local socket. */
export abstract class UnixSocket extends Socket {
  /** See {@link Socket.family}. */
  override readonly family: number = AF_UNIX;
  /** Its name; an accepted connection has its listener's. */
  address: UnixAddress = UNNAMED;
  /** Where what it sends goes; still there when the peer is closed. */
  peer: UnixSocket | null = null;
  /** See {@link Socket.peerIdentity}. */
  override peerIdentity: PeerIdentity = NOBODY;
  /** Who waits for a place in its queue, or in its line. */
  readonly peerWaiters: WaitQueue = new WaitQueue();
  /** What it can receive, oldest first. */
  readonly queue: Message[] = [];
  /** Where its path is, whose mount it holds; `null` when it has none, or is closed. */
  #place: Place | null = null;
  /** Whether the abstract name is its own, and not its listener's. */
  #ownsName = false;
  #opens = 0;
  #isClosed = false;

  /** See {@link Socket.localAddress}. */
  override get localAddress(): UnixAddress {
    return this.address;
  }

  /** See {@link Socket.peerAddress}. */
  override get peerAddress(): UnixAddress {
    if (this.peer === null) throw new SystemError(ENOTCONN);
    return this.peer.address;
  }

  /** See {@link Socket.messageBytesMax}. */
  override get messageBytesMax(): number {
    return this.options.sendBuffer_bytes - MESSAGE_MARGIN_BYTES;
  }

  /** Whether it is closed for good. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether there is room for much to be sent: unix_writable(). */
  get isWritable(): boolean {
    return !this.isListening && this.charged * 4 <= this.options.sendBuffer_bytes;
  }

  /** Files in its queue, and in those of connections that wait to be accepted. */
  abstract readonly messages: readonly Message[];

  /** See {@link Socket.bind}. */
  override bind(address: Uint8Array, caller: SocketCaller): void {
    const unix = decodeUnixAddress(address);
    if (address.length === FAMILY_ONLY_BYTES) return this.autobind();
    if (isAbstract(unix)) {
      this.#requireUnbound();
      if (this.network.named(unix.name, this.type) !== undefined) throw new SystemError(EADDRINUSE);
      return this.#takeName(unix.name);
    }
    this.#requireUnbound();
    this.#bindTo(this.#makeFile(decodeBytes(unix.name), caller));
    this.address = unix;
  }

  /** Takes an abstract name that nobody has, unless it has a name. */
  autobind(): void {
    if (this.address.name.length === 0) this.#takeName(this.network.freeName(this.type));
  }

  /** The socket that an address leads to. Throws EINVAL, ECONNREFUSED, EPROTOTYPE, or as paths do. */
  protected find(address: Uint8Array, { paths }: SocketCaller): UnixSocket {
    const unix = decodeUnixAddress(address);
    if (unix.name.length === 0) throw new SystemError(EINVAL);
    const found = isAbstract(unix)
      ? this.network.named(unix.name, this.type)
      : this.#findByPath(unix, paths);
    if (found === undefined) throw new SystemError(ECONNREFUSED);
    if (found.type !== this.type) throw new SystemError(EPROTOTYPE);
    return found;
  }

  /** Names the socket before others hear from it, when it wants to know who they are. */
  protected autobindForCredentials(): void {
    if (this.options.passCredentials) this.autobind();
  }

  /** Puts what is sent into another socket's queue. */
  protected deliver(to: UnixSocket, bytes: Uint8Array, outgoing: Outgoing): void {
    const { caller, files } = outgoing;
    const isWanted = this.options.passCredentials || to.options.passCredentials;
    const identity = outgoing.identity ?? (isWanted && caller !== null ? senderOf(caller) : null);
    for (const file of files) file.retain();
    const uid = caller?.credentials.uid ?? 0;
    to.queue.push(new Message({ bytes, owner: this, from: this.address, identity, files, uid }));
    noteSent(this.network.sockets, files, uid);
    to.noteInput();
  }

  /** Takes the oldest message out of the queue. */
  protected dequeue(): void {
    const message = this.queue.shift();
    if (message === undefined) return;
    this.peerWaiters.wakeAll();
    message.settle();
    this.dropFiles(message);
  }

  /** Lets go of a message's descriptors. */
  protected dropFiles(message: Message): void {
    const { files } = message;
    message.files = [];
    noteTaken(this.network.sockets, files, message.uid);
    this.network.sockets.release(files);
  }

  /** Drops the messages that have descriptors: nobody will ever receive them. */
  abstract purgeFiles(): void;

  /** Takes the messages with descriptors out of the queue. */
  protected purgeQueue(): void {
    for (const message of this.queue.filter(({ files }) => files.length > 0)) {
      this.queue.splice(this.queue.indexOf(message), 1);
      message.settle();
      this.dropFiles(message);
    }
  }

  /** See {@link Socket.shutdown}. */
  override shutdown(halves: number): void {
    this.shut |= halves;
    this.peerWaiters.wakeAll();
    this.noteOwnChange();
  }

  /** See {@link FileObject.poll}. */
  override poll(): number {
    const input = this.queue.length > 0 || (this.shut & RECEIVE_SHUT) !== 0;
    return (this.error !== 0 ? POLLERR : 0) |
      (this.shut === BOTH_SHUT ? POLLHUP : 0) |
      ((this.shut & RECEIVE_SHUT) !== 0 ? POLLRDHUP : 0) |
      (input ? POLLIN | POLLRDNORM : 0) |
      (this.isWritable ? POLLOUT | POLLWRNORM | POLLWRBAND : 0);
  }

  /** socketpair(2). */
  override pairWith(other: Socket, caller: SocketCaller): void {
    if (!(other instanceof UnixSocket)) throw new SystemError(EOPNOTSUPP);
    this.peer = other;
    other.peer = this;
    this.peerIdentity = other.peerIdentity = identityOf(caller);
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
    const { sockets } = this.network;
    this.#isClosed = true;
    if (this.#place !== null) sockets.unbind(this.#place.inode);
    this.#place?.mount.release();
    this.#place = null;
    if (this.#ownsName) this.network.dropName(this.address.name, this.type);
    sockets.remove(this);
    this.leavePeer();
    while (this.queue.length > 0) this.dequeue();
    this.noteOwnChange();
    this.peerWaiters.wakeAll();
    noteClosed(sockets);
  }

  /** What becomes of the other side when this one is closed. */
  protected abstract leavePeer(): void;

  /** See {@link Socket.copyTo}. */
  protected override copyTo(copy: UnixSocket, cloning?: Cloning): void {
    super.copyTo(copy);
    if (cloning === undefined) return;
    copy.address = this.address;
    copy.peerIdentity = this.peerIdentity;
    copy.#isClosed = this.#isClosed;
    if (this.#ownsName) copy.#takeName(this.address.name);
    if (this.#place !== null) copy.#bindTo(this.#place.clone(cloning));
    copy.peer = this.peer?.clone(cloning) ?? null;
    // A descriptor in flight may lead back here.
    cloning.later(() => copy.queue.push(...this.queue.map((message) => message.clone(cloning))));
  }

  /** See {@link FileObject.clone}. */
  abstract override clone(cloning: Cloning): UnixSocket;

  #requireUnbound(): void {
    if (this.address.name.length > 0) throw new SystemError(EINVAL);
  }

  #takeName(name: Uint8Array): void {
    this.network.giveName(name, this);
    this.address = { family: AF_UNIX, name };
    this.#ownsName = true;
  }

  #bindTo(place: Place): void {
    this.#place = place;
    place.mount.retain();
    this.network.sockets.bind(place.inode, this);
  }

  #makeFile(path: string, { paths }: SocketCaller): Place {
    try {
      return makeSocketFile(paths, path, 0o777 & ~paths.umask);
    } catch (error) {
      const isTaken = error instanceof SystemError && error.errno === EEXIST;
      throw isTaken ? new SystemError(EADDRINUSE) : error;
    }
  }

  #findByPath({ name }: UnixAddress, paths: SocketCaller["paths"]): UnixSocket | undefined {
    const place = resolvePath(paths, decodeBytes(name));
    requirePermission(place, paths.credentials, MAY_WRITE);
    return place.inode.type === S_IFSOCK ? this.network.sockets.boundTo(place.inode) : undefined;
  }
}

/** Who a caller is to its peer: SO_PEERCRED. */
export function identityOf({ pid, credentials: { euid, egid } }: SocketCaller): PeerIdentity {
  return { pid, uid: euid, gid: egid };
}

/** Who a caller is as the sender of a message: SCM_CREDENTIALS. */
function senderOf({ pid, credentials: { uid, gid } }: SocketCaller): PeerIdentity {
  return { pid, uid, gid };
}

/** What every kind of local socket is made with. */
export type UnixSocketParts = Omit<SocketParts, "protocol">;
