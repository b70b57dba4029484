/**
 * System V message queues.
 *
 * Source: `ipc/msg.c`; msgop(2), msgctl(2).
 */

import { QUEUE_BYTES } from "../abi/ipc.ts";
import type { Cloning } from "../fs/cloning.ts";
import { IpcObject, type IpcOwnership } from "./table.ts";

/** A message that nobody has received. */
export interface QueuedMessage {
  /** Its type, 1 … 2^63 - 1. */
  readonly type: bigint;
  /** Its text. */
  readonly bytes: Uint8Array;
}

/** A message queue. Times are seconds of CLOCK_REALTIME, 0 for never. */
export class MessageQueue extends IpcObject {
  /** The messages, oldest first. */
  readonly messages: QueuedMessage[] = [];
  /** Bytes that it holds at most: msg_qbytes. */
  bytesMax: number = QUEUE_BYTES;
  /** Bytes in it. */
  bytes = 0;
  /** Last msgsnd(2). */
  sent_s = 0n;
  /** Last msgrcv(2). */
  received_s = 0n;
  /** When it was made, or last changed by msgctl(2). */
  changed_s: bigint;
  /** Process of the last msgsnd(2), or 0. */
  lastSender = 0;
  /** Process of the last msgrcv(2), or 0. */
  lastReceiver = 0;

  /** An empty queue that is made now. */
  constructor(id: number, ownership: IpcOwnership, now_s: bigint) {
    super(id, ownership);
    this.changed_s = now_s;
  }

  /** Whether a message of so many bytes fits in now. */
  hasRoomFor(bytes: number): boolean {
    return bytes + this.bytes <= this.bytesMax && this.messages.length + 1 <= this.bytesMax;
  }

  /** Puts a message, for which there is room, behind the others. */
  push(message: QueuedMessage): void {
    this.messages.push(message);
    this.bytes += message.bytes.length;
  }

  /**
   * The message that msgrcv(2) would take: the oldest for 0, the oldest of a type, with `except` of any
   * other type, and for -n the oldest of the lowest type up to n.
   */
  find(type: bigint, except: boolean): QueuedMessage | undefined {
    if (type === 0n) return this.messages[0];
    if (type > 0n) {
      return this.messages.find((message) => (message.type === type) !== except);
    }
    return this.messages.reduce<QueuedMessage | undefined>((lowest, message) => {
      if (message.type > -type) return lowest;
      return lowest === undefined || message.type < lowest.type ? message : lowest;
    }, undefined);
  }

  /** Takes a message out. */
  take(message: QueuedMessage): void {
    this.messages.splice(this.messages.indexOf(message), 1);
    this.bytes -= message.bytes.length;
  }

  /** See {@link IpcObject.clone}. */
  override clone(cloning: Cloning): MessageQueue {
    return cloning.once(this, () => {
      const copy = new MessageQueue(this.id, this, this.changed_s);
      copy.messages.push(...this.messages);
      copy.bytesMax = this.bytesMax;
      copy.bytes = this.bytes;
      copy.sent_s = this.sent_s;
      copy.received_s = this.received_s;
      copy.lastSender = this.lastSender;
      copy.lastReceiver = this.lastReceiver;
      return copy;
    });
  }
}
