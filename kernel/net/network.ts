/**
 * A network namespace: the names under which its sockets find each other; and what the sockets of all
 * namespaces of a machine have in common.
 *
 * Source: network_namespaces(7), unix(7).
 */

import type { UserNamespace } from "../user_namespace.ts";
import { ENOSPC, SystemError } from "../abi/errno.ts";
import { INIT_INO } from "../abi/namespace.ts";
import { FIRST_SOCKET_INO } from "../fs/anonymous.ts";
import { decodeBytes } from "../fs/byte_string.ts";
import type { Clock } from "../clock.ts";
import type { Cloning } from "../fs/cloning.ts";
import type { Inode } from "../fs/inode.ts";
import type { OpenFile } from "../fs/open_file.ts";
import type { InetSocket } from "./inet_socket.ts";
import { PortTable } from "./ports.ts";
import type { Socket } from "./socket.ts";
import type { UnixSocket } from "./unix_socket.ts";

/** Abstract names that bind(2) chooses by itself are five hexadecimal digits. */
const AUTOBIND_NAMES = 0x100000;
const AUTOBIND_DIGITS = 5;

/** The sockets of a machine, whatever their namespace. */
export class SocketTable {
  readonly #clock: Clock;
  readonly #open = new Set<Socket>();
  readonly #byInode = new Map<Inode, UnixSocket>();
  /** How many references to local sockets lie in queues. */
  inFlight = 0;
  /** How many references to files of each user lie in queues. */
  readonly filesInFlight: Map<number, number> = new Map();
  /** Descriptors of local sockets that were sent since somebody has looked for garbage. */
  sentSinceCollection = 0;
  /** Local sockets that were closed since somebody has looked for garbage. */
  closedSinceCollection = 0;
  readonly #released: OpenFile[] = [];
  #inoNext = FIRST_SOCKET_INO;

  /** A table without sockets, whose time is that of a clock. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Virtual monotonic time in ns. */
  get now_ns(): bigint {
    return this.#clock.monotonic_ns;
  }

  /** An inode number for a new socket. */
  takeIno(): number {
    return this.#inoNext++;
  }

  /** The sockets that somebody has open, or that are in flight, ascending by inode number. */
  get open(): readonly Socket[] {
    return [...this.#open].sort((a, b) => a.ino - b.ino);
  }

  /** The open socket of an inode number. */
  find(ino: number): Socket | undefined {
    for (const socket of this.#open) if (socket.ino === ino) return socket;
    return undefined;
  }

  /** A socket has been opened. */
  add(socket: Socket): void {
    this.#open.add(socket);
  }

  /** A socket has been closed. */
  remove(socket: Socket): void {
    this.#open.delete(socket);
  }

  /**
   * Lets go of files that were in flight. One after the other: a socket that is closed by this may have
   * held another, and so on for as long as the guest liked.
   */
  release(files: readonly OpenFile[]): void {
    const isUnderWay = this.#released.length > 0;
    this.#released.push(...files);
    if (isUnderWay) return;
    for (let [file] = this.#released; file !== undefined; [file] = this.#released) {
      file.release();
      this.#released.shift();
    }
  }

  /** The local socket that is bound to the name of an inode. */
  boundTo(inode: Inode): UnixSocket | undefined {
    return this.#byInode.get(inode);
  }

  /** Binds a local socket to an inode. */
  bind(inode: Inode, socket: UnixSocket): void {
    this.#byInode.set(inode, socket);
  }

  /** Ends {@link bind}. */
  unbind(inode: Inode): void {
    this.#byInode.delete(inode);
  }

  /** The table of a machine's clone, with the clone's clock; the sockets enter by themselves. */
  clone(clock: Clock, cloning: Cloning): SocketTable {
    return cloning.once(this, () => {
      const copy = new SocketTable(clock);
      copy.#inoNext = this.#inoNext;
      copy.inFlight = this.inFlight;
      copy.closedSinceCollection = this.closedSinceCollection;
      copy.sentSinceCollection = this.sentSinceCollection;
      for (const [uid, count] of this.filesInFlight) copy.filesInFlight.set(uid, count);
      return copy;
    });
  }
}

/** A network namespace. */
export class Network {
  /** The sockets of the machine. */
  readonly sockets: SocketTable;
  /** Its number, as /proc/PID/ns shows it. */
  readonly ino: number;
  /** Whose privileges count for it; `null` for the machine's. */
  readonly owner: UserNamespace | null;
  readonly #abstract = new Map<string, UnixSocket>();
  /** The ports of TCP. */
  readonly tcpPorts: PortTable<InetSocket>;
  /** The ports of UDP. */
  readonly udpPorts: PortTable<InetSocket>;
  #autobindNext = 0;

  /** A namespace in which nothing has a name. */
  constructor(
    sockets: SocketTable,
    ino: number = INIT_INO.net,
    owner: UserNamespace | null = null,
    tcpPorts: PortTable<InetSocket> = new PortTable(),
    udpPorts: PortTable<InetSocket> = new PortTable(),
  ) {
    this.sockets = sockets;
    this.ino = ino;
    this.owner = owner;
    this.tcpPorts = tcpPorts;
    this.udpPorts = udpPorts;
  }

  /** The local socket of an abstract name, which begins with a NUL; each type has its own names. */
  named(name: Uint8Array, type: number): UnixSocket | undefined {
    return this.#abstract.get(keyOf(name, type));
  }

  /** Gives a local socket an abstract name that is free. */
  giveName(name: Uint8Array, socket: UnixSocket): void {
    this.#abstract.set(keyOf(name, socket.type), socket);
  }

  /** Takes an abstract name away from its socket. */
  dropName(name: Uint8Array, type: number): void {
    this.#abstract.delete(keyOf(name, type));
  }

  /** An abstract name that no socket of the type has. Throws ENOSPC. */
  freeName(type: number): Uint8Array {
    for (let tried = 0; tried < AUTOBIND_NAMES; tried++) {
      const digits = this.#autobindNext.toString(16).padStart(AUTOBIND_DIGITS, "0");
      this.#autobindNext = (this.#autobindNext + 1) % AUTOBIND_NAMES;
      const name = new TextEncoder().encode(`\0${digits}`);
      if (this.named(name, type) === undefined) return name;
    }
    throw new SystemError(ENOSPC);
  }

  /** The namespace of a machine's clone; the sockets take their names by themselves. */
  clone(cloning: Cloning): Network {
    return cloning.once(this, () => {
      const sockets = cloning.copyOf(this.sockets);
      const copy = new Network(
        sockets,
        this.ino,
        this.owner?.clone(cloning) ?? null,
        this.tcpPorts.clone(),
        this.udpPorts.clone(),
      );
      copy.#autobindNext = this.#autobindNext;
      return copy;
    });
  }
}

function keyOf(name: Uint8Array, type: number): string {
  return `${type} ${decodeBytes(name)}`;
}
