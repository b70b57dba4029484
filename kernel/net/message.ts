/**
 * What lies in a socket's queue: a piece of a stream, or a datagram, with what was sent beside it.
 *
 * Source: `include/net/scm.h`, `include/linux/skbuff.h`.
 */

import type { Cloning } from "../fs/cloning.ts";
import type { OpenFile } from "../fs/open_file.ts";
import type { UnixAddress } from "./address.ts";

/** Who a process is to the other side of a local socket: `struct ucred`. */
export interface PeerIdentity {
  /** Its process. */
  readonly pid: number;
  /** Its user. */
  readonly uid: number;
  /** Its group. */
  readonly gid: number;
}

/** Whoever accounts for messages that are under way: their sender. */
export interface MessageOwner {
  /** Bytes of what it has sent and nobody has received, with what the kernel needs for them. */
  charged: number;
  /** So much of that has been received. */
  discharge(bytes: number): void;
  /** Its copy in a machine's clone. */
  clone(cloning: Cloning): MessageOwner;
}

/** What a {@link Message} is made of. */
export interface MessageParts {
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** Whom it is charged to. */
  readonly owner: MessageOwner;
  /** The sender's address. */
  readonly from: UnixAddress;
  /** Who sent it, when that is known. */
  readonly identity: PeerIdentity | null;
  /** Descriptors that go with it. */
  readonly files: readonly OpenFile[];
  /** The user who has sent them. */
  readonly uid: number;
}

/** What a message costs its sender beside its bytes, about as much as a `struct sk_buff` and its like. */
const OVERHEAD_BYTES = 767;

/** A piece of a stream, or a datagram. It holds a reference to each of its files. */
export class Message {
  /** All of its bytes. */
  readonly bytes: Uint8Array;
  /** Who is charged for it until it is taken. */
  readonly owner: MessageOwner;
  /** The address of the socket that sent it. */
  readonly from: UnixAddress;
  /** Who sent it, when somebody wanted that to be known. */
  readonly identity: PeerIdentity | null;
  /** Descriptors in flight: SCM_RIGHTS. */
  files: readonly OpenFile[];
  /** The user whose descriptors they are. */
  readonly uid: number;
  /** Bytes that a reader of the stream has taken already. */
  taken = 0;

  /** Charges the owner. */
  constructor(parts: MessageParts) {
    this.bytes = parts.bytes;
    this.owner = parts.owner;
    this.from = parts.from;
    this.identity = parts.identity;
    this.files = parts.files;
    this.uid = parts.uid;
    this.owner.charged += this.cost;
  }

  /** What it costs its sender. */
  get cost(): number {
    return this.bytes.length + OVERHEAD_BYTES;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.bytes.length - this.taken;
  }

  /** It has left the queue: the owner is not charged any more. */
  settle(): void {
    this.owner.discharge(this.cost);
  }

  /** The message in a machine's clone. */
  clone(cloning: Cloning): Message {
    const { bytes, from, identity, uid } = this;
    const owner = this.owner.clone(cloning);
    // The owner's copy has been charged with all that its original was.
    owner.charged -= this.cost;
    const files = this.files.map((file) => file.clone(cloning));
    const copy = new Message({ bytes, owner, from, identity, files, uid });
    copy.taken = this.taken;
    return copy;
  }
}
