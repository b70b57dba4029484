/**
 * Pseudo-terminals: a terminal whose far side is another program, which has the master open.
 *
 * ```
 *   master write ──▶ line discipline ──▶ terminal read
 *   master read  ◀── output queue   ◀── line discipline ◀── terminal write
 * ```
 *
 * Source: `drivers/tty/pty.c`; pty(7), ioctl_tty(2).
 */

import { EIO, SystemError } from "../../abi/errno.ts";
import { INPUT_EVENTS, OUTPUT_EVENTS, POLLHUP, POLLPRI } from "../../abi/poll.ts";
import { TIOCPKT_DATA, TIOCPKT_START, TIOCPKT_STOP } from "../../abi/termios.ts";
import { ByteQueue } from "../byte_queue.ts";
import type { Cloning } from "../cloning.ts";
import {
  type Access,
  type AsyncEvents,
  type Attributes,
  type FileKind,
  FileObject,
} from "../file_object.ts";
import type { Inode } from "../inode.ts";
import { hangUpSession } from "../../terminals.ts";
import { WaitQueue } from "../wait_queue.ts";
import type { Devpts } from "./devpts.ts";
import { Terminal, type TerminalLine } from "./terminal.ts";

/** Bytes of output that wait for a master that does not read. */
const OUTPUT_MAX = 8192;
/** Bytes that wait for a terminal that nobody reads, besides those in its line discipline. */
const BACKLOG_MAX = 4096;

/** What a {@link Pty} begins with. */
export interface PtyOptions {
  /** N of /dev/pts/N. */
  readonly index: number;
  /** The file system that shows its terminal. */
  readonly devpts: Devpts;
  readonly uid: number;
  readonly gid: number;
  /** When it is made, in ns of CLOCK_REALTIME. */
  readonly now_ns: bigint;
}

/** A pseudo-terminal: what its two sides have in common. */
export class Pty implements TerminalLine {
  readonly kind = "pty_slave";
  /** The terminal's side. */
  readonly terminal: Terminal;
  /** Whether the terminal cannot be opened by its name yet: TIOCSPTLCK. */
  isLocked = true;
  /** Whether the master's reads tell what happens at the terminal: TIOCPKT. */
  isPacket = false;
  /** TIOCPKT_* bits that the master has not been told. */
  notices = 0;
  /** Who waits at the master. */
  readonly masterWaiters: WaitQueue = new WaitQueue();
  /** How often the terminal has written: what a master that has asked for it gets SIGIO for. */
  asyncInput = 0;
  /** What the terminal has written and the master has not read. */
  output: ByteQueue = new ByteQueue();
  readonly #devpts: Devpts;
  #opens = 0;
  #wasOpened = false;

  /** A fresh pseudo-terminal, or the copy of one. */
  constructor(options: PtyOptions, original?: Pty) {
    this.#devpts = options.devpts;
    this.terminal = original?.terminal.cloneOn(this) ?? new Terminal({ ...options, line: this });
  }

  get room(): number {
    return Math.max(0, OUTPUT_MAX - this.output.length);
  }

  /** Whether the terminal has been open, and is no more: reads of the master fail. */
  get isAbandoned(): boolean {
    return this.#wasOpened && this.#opens === 0;
  }

  take(bytes: Uint8Array): void {
    this.output.push(bytes);
    this.asyncInput++;
    this.masterWaiters.wake(INPUT_EVENTS);
  }

  /** The master has read; the terminal can write again. */
  takeOutput(length: number): void {
    this.output.consume(length);
    this.terminal.notify(OUTPUT_EVENTS);
  }

  notice(status: number): void {
    if (!this.isPacket) return;
    if ((status & TIOCPKT_STOP) !== 0) this.notices &= ~TIOCPKT_START;
    if ((status & TIOCPKT_START) !== 0) this.notices &= ~TIOCPKT_STOP;
    this.notices |= status;
    this.masterWaiters.wake(INPUT_EVENTS | POLLPRI);
  }

  inputTaken(): void {
    this.masterWaiters.wake(OUTPUT_EVENTS);
  }

  countOpen(by: 1 | -1): void {
    this.#opens += by;
    this.#wasOpened = true;
    if (this.isAbandoned) this.masterWaiters.wakeAll();
  }

  /** The master is gone: nobody will ever press a key again. */
  hangUp(): void {
    const { terminal } = this;
    const { session, kernel } = terminal;
    terminal.isHungUp = true;
    terminal.session = terminal.foregroundGroup = 0;
    this.#devpts.remove(terminal.index);
    if (session !== 0 && kernel !== null) hangUpSession(kernel, session);
    terminal.waiters.wakeAll();
  }

  /** The pair of a machine's clone; its open files are counted anew. */
  clone(devpts: Devpts, cloning: Cloning): Pty {
    return cloning.once(this, () => {
      const { index } = this.terminal;
      const copy = new Pty({ index, devpts, uid: 0, gid: 0, now_ns: 0n }, this);
      copy.isLocked = this.isLocked;
      copy.isPacket = this.isPacket;
      copy.notices = this.notices;
      copy.output = this.output.clone();
      copy.asyncInput = this.asyncInput;
      copy.#wasOpened = this.#wasOpened;
      cloning.note(this.terminal, copy.terminal);
      return copy;
    });
  }
}

/** The master's side, as a program has it open. */
export class PtyMaster extends FileObject {
  override readonly kind: FileKind = "pty_master";
  /** The pair. */
  readonly pty: Pty;
  override readonly waiters: WaitQueue;
  /** The name it was opened by: /dev/ptmx. */
  readonly inode: Inode;

  constructor(pty: Pty, inode: Inode) {
    super();
    this.pty = pty;
    this.waiters = pty.masterWaiters;
    this.inode = inode;
  }

  override attributes(): Attributes {
    return this.inode.attributes();
  }

  override poll(): number {
    const { pty } = this;
    const hasNotice = pty.notices !== 0;
    const hasRoom = pty.terminal.backlog < BACKLOG_MAX;
    return (pty.output.length > 0 || hasNotice ? INPUT_EVENTS : 0) |
      (hasNotice ? POLLPRI : 0) | (hasRoom ? OUTPUT_EVENTS : 0) |
      (pty.isAbandoned ? POLLHUP : 0);
  }

  override get asyncEvents(): AsyncEvents {
    return { input: this.pty.asyncInput, output: 0 };
  }

  /** A packet is one read. */
  override get delimited(): boolean {
    return this.pty.isPacket;
  }

  override read(_position: number, length: number): Uint8Array | null {
    const { pty } = this;
    if (length === 0) return new Uint8Array(0);
    if (pty.isPacket && pty.notices !== 0) return Uint8Array.of(pty.notices);
    if (pty.output.length === 0) {
      if (pty.isAbandoned) throw new SystemError(EIO);
      return null;
    }
    if (!pty.isPacket) return pty.output.peek(length);
    return Uint8Array.of(TIOCPKT_DATA, ...pty.output.peek(length - 1));
  }

  override consume(length: number): void {
    const { pty } = this;
    if (pty.isPacket && pty.notices !== 0) pty.notices = 0;
    else pty.takeOutput(pty.isPacket ? Math.max(0, length - 1) : length);
  }

  override write(_position: number, bytes: Uint8Array): number | null {
    const { terminal } = this.pty;
    if (bytes.length === 0) return 0;
    const room = BACKLOG_MAX - terminal.backlog;
    if (room <= 0) return null;
    const fitting = bytes.subarray(0, room);
    terminal.receive(fitting);
    return fitting.length;
  }

  override bytesReady(): number {
    return this.pty.output.length;
  }

  override opened(access: Access): void {
    this.inode.opened(access);
  }

  override closed(access: Access): void {
    this.pty.hangUp();
    this.inode.closed(access);
  }

  override clone(cloning: Cloning): PtyMaster {
    return cloning.once(this, () => {
      const pty = cloning.once(this.pty, () => {
        throw new Error("A pseudo-terminal is cloned with its file system");
      });
      return new PtyMaster(pty, this.inode.clone(cloning));
    });
  }
}
