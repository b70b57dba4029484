/**
 * A terminal: keys and a screen on the one side, programs on the other, a line discipline between them,
 * and the session whose jobs it controls.
 *
 * What is at the far side is a {@link TerminalLine}: one of the machine's streams, or the master of a
 * pseudo-terminal. Who may read and write, by jobs, is decided in syscalls/file_terminal.ts.
 *
 * Source: `drivers/tty/{tty_io,tty_jobctrl,n_tty}.c`; tty(4), ioctl_tty(2).
 */

import { EIO, ESRCH, SystemError } from "../../abi/errno.ts";
import { INPUT_EVENTS, OUTPUT_EVENTS, POLLERR, POLLHUP } from "../../abi/poll.ts";
import { SIGWINCH } from "../../abi/signal.ts";
import { makeDevice, S_IALLUGO, S_IFCHR } from "../../abi/stat.ts";
import {
  ICANON,
  TIOCPKT_FLUSHREAD,
  TIOCPKT_FLUSHWRITE,
  TIOCPKT_START,
  TIOCPKT_STOP,
  VMIN,
  VTIME,
} from "../../abi/termios.ts";
import type { Kernel } from "../../kernel.ts";
import { TERMINAL_DEVICE } from "../anonymous.ts";
import type { Cloning } from "../cloning.ts";
import { type AsyncEvents, type Attributes, type FileKind, FileObject } from "../file_object.ts";
import type { AttributeChange } from "../inode.ts";
import { WaitQueue } from "../wait_queue.ts";
import {
  LineDiscipline,
  type LineDisciplineHost,
  type LineDisciplineState,
} from "./line_discipline.ts";
import { FRESH_TERMIOS, type Termios } from "./termios.ts";

/** Unix98 terminals: /dev/pts/N. */
export const PTS_MAJOR = 136;
/** Inodes of /dev/pts: this plus the terminal's number. */
const FIRST_INO = 3;
/** VTIME is in tenths of a second. */
const NS_PER_TENTH = 100_000_000n;
/** Who may write to a terminal besides its user: write(1). */
const FRESH_MODE = 0o620;

/** The size of a terminal. */
export interface WindowSize {
  /** Lines, 0 … 65535. */
  readonly rows: number;
  /** Characters in a line, 0 … 65535. */
  readonly columns: number;
  /** Width in pixels, 0 … 65535. Default: 0, unknown. */
  readonly width?: number;
  /** Height in pixels, 0 … 65535. Default: 0, unknown. */
  readonly height?: number;
}

/** What is at the far side of a terminal. */
export interface TerminalLine {
  /** "terminal" for one of the machine's streams, "pty_slave" for a pseudo-terminal. */
  readonly kind: "terminal" | "pty_slave";
  /** How many bytes of output it takes now. */
  readonly room: number;
  /** Takes output. */
  take(bytes: Uint8Array): void;
  /** Learns what happened, as TIOCPKT_* bits. */
  notice(status: number): void;
  /** Learns that there is room for more keys. */
  inputTaken(): void;
  /** An open file on the terminal comes or goes. */
  countOpen(by: 1 | -1): void;
}

/** What a terminal begins with. */
export interface TerminalOptions {
  /** N of /dev/pts/N. */
  readonly index: number;
  /** What is at its far side. */
  readonly line: TerminalLine;
  /** Size of the window. Default: unknown, 0. */
  readonly window?: WindowSize;
  /** Its owner. Default: 0. */
  readonly uid?: number;
  /** Its owner's group. Default: 0. */
  readonly gid?: number;
  /** When it was made, in ns of CLOCK_REALTIME. Default: 0. */
  readonly now_ns?: bigint;
}

/** All that a terminal holds, for whoever restores it. */
export interface TerminalState {
  /** The settings that are in force. */
  readonly termios: Termios;
  /** The size of the window. */
  readonly window: WindowSize;
  /** The session that it controls, 0 for none. */
  readonly session: number;
  /** The foreground process group, 0 for none. */
  readonly foregroundGroup: number;
  /** Who owns its name, and who may open it. */
  readonly owner: { readonly mode: number; readonly uid: number; readonly gid: number };
  /** What stat(2) shows of its name, in ns of CLOCK_REALTIME. */
  readonly times: {
    readonly atime_ns: bigint;
    readonly mtime_ns: bigint;
    readonly ctime_ns: bigint;
  };
  /** Whether a key has stopped output. */
  readonly stoppedByKey: boolean;
  /** Whether TCXONC has stopped output. */
  readonly stoppedByCall: boolean;
  /** What the line discipline holds. */
  readonly discipline: LineDisciplineState;
}

/** A terminal, as programs have it open. */
export class Terminal extends FileObject implements LineDisciplineHost {
  /** "terminal" for one of the machine's own, "pty_slave" for a pseudo-terminal. */
  override readonly kind: FileKind;
  /** N of /dev/pts/N. */
  readonly index: number;
  /** The machine, once it is put together: who is signalled. */
  kernel: Kernel | null = null;
  /** The session that it is the controlling terminal of; 0 for none. */
  session = 0;
  /** The foreground process group; 0 for none. */
  foregroundGroup = 0;
  /** Whether the far side is gone. */
  isHungUp = false;
  /** Whether no more keys will come: reads find the end. */
  inputEnded = false;
  /** Whether a key has stopped output. */
  stoppedByKey = false;
  /** Whether TCXONC has stopped output. */
  stoppedByCall = false;
  /** See {@link FileObject.waiters}. */
  override readonly waiters: WaitQueue = new WaitQueue();
  #asyncInput = 0;
  readonly #line: TerminalLine;
  readonly #discipline: LineDiscipline = new LineDiscipline(this);
  #termios = FRESH_TERMIOS;
  #window: WindowSize;
  #owner: { mode: number; uid: number; gid: number };
  #times: { atime_ns: bigint; mtime_ns: bigint; ctime_ns: bigint; readonly btime_ns: bigint };

  /** A fresh terminal, which controls no session. */
  constructor(options: TerminalOptions) {
    super();
    const { line, now_ns = 0n } = options;
    this.kind = line.kind;
    this.index = options.index;
    this.#line = line;
    this.#window = options.window ?? { rows: 0, columns: 0 };
    this.#owner = { mode: FRESH_MODE, uid: options.uid ?? 0, gid: options.gid ?? 0 };
    this.#times = { atime_ns: now_ns, mtime_ns: now_ns, ctime_ns: now_ns, btime_ns: now_ns };
  }

  /** The settings that are in force. */
  get termios(): Termios {
    return this.#termios;
  }
  set termios(termios: Termios) {
    const before = this.#termios;
    this.#termios = termios;
    this.#changeBacklog(() => this.#discipline.settingsChanged(before));
    this.waiters.wakeAll();
  }

  /** The size of the window; whoever is in the foreground learns of a change by SIGWINCH. */
  get window(): WindowSize {
    return this.#window;
  }
  set window(window: WindowSize) {
    const [before, now] = [this.#window, window].map(({ rows, columns, width, height }) =>
      [rows, columns, width ?? 0, height ?? 0].join()
    );
    this.#window = window;
    if (before !== now) this.signal(SIGWINCH);
  }

  /** As its name. */
  override get description(): string {
    return `/dev/pts/${this.index}`;
  }

  /** Those of its name in /dev/pts. */
  override attributes(): Attributes {
    return {
      device: TERMINAL_DEVICE,
      ino: FIRST_INO + this.index,
      nlink: 1,
      rdev: makeDevice(PTS_MAJOR, this.index),
      size: 0,
      blocks: 0,
      ...this.#owner,
      mode: S_IFCHR | this.#owner.mode,
      ...this.#times,
    };
  }

  /** chmod(2), chown(2) and utimensat(2) on its name. */
  setAttributes(change: AttributeChange, now_ns: bigint): void {
    const { mode, uid, gid, atime_ns, mtime_ns } = change;
    this.#owner = {
      mode: mode === undefined ? this.#owner.mode : mode & S_IALLUGO,
      uid: uid ?? this.#owner.uid,
      gid: gid ?? this.#owner.gid,
    };
    this.#times.atime_ns = atime_ns ?? this.#times.atime_ns;
    this.#times.mtime_ns = mtime_ns ?? this.#times.mtime_ns;
    this.#times.ctime_ns = now_ns;
  }

  /** Keys are pressed at the far side. */
  receive(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.isHungUp) return;
    const { available } = this;
    this.#discipline.receive(bytes);
    if (this.available > available) this.#asyncInput++;
    if (!this.isCanonical) this.notify(INPUT_EVENTS);
  }

  /** See {@link FileObject.asyncEvents}. */
  override get asyncEvents(): AsyncEvents {
    return { input: this.#asyncInput, output: 0 };
  }

  /** No more keys will come: reads find the end. */
  endInput(): void {
    this.inputEnded = true;
    this.waiters.wakeAll();
  }

  /** Bytes that a read could take now. */
  get available(): number {
    return this.#discipline.available;
  }

  /** Bytes that have come and not been read. */
  get pending(): number {
    return this.#discipline.pending;
  }

  /** Bytes that wait because nobody reads those before them. */
  get backlog(): number {
    return this.#discipline.backlog;
  }

  /** Whether no more input will come. */
  get isOver(): boolean {
    return this.isHungUp || this.inputEnded;
  }

  /** Whether reads wait for whole lines. */
  get isCanonical(): boolean {
    return (this.#termios.lflag & ICANON) !== 0;
  }

  /** Outside of canonical mode: how many bytes a read waits for. */
  get bytesMin(): number {
    return this.#termios.cc[VMIN] ?? 0;
  }

  /** Outside of canonical mode: how long a read waits, in ns; 0 for no bound. */
  get readTime_ns(): bigint {
    return BigInt(this.#termios.cc[VTIME] ?? 0) * NS_PER_TENTH;
  }

  /** See {@link FileObject.poll}. */
  override poll(): number {
    if (this.isHungUp) {
      return INPUT_EVENTS | OUTPUT_EVENTS | POLLERR | POLLHUP;
    }
    const needed = this.isCanonical || this.readTime_ns > 0n ? 1 : Math.max(1, this.bytesMin);
    const hasInput = this.available >= needed || this.inputEnded;
    const hasRoom = !this.outputStopped && this.#line.room > 0;
    return (hasInput ? INPUT_EVENTS : 0) | (hasRoom ? OUTPUT_EVENTS : 0);
  }

  /** What a read of up to `length` bytes shows, see {@link LineDiscipline.peek}; empty at the end. */
  peek(length: number): { readonly bytes: Uint8Array; readonly taken: number } | null {
    const isOver = this.isHungUp || (this.inputEnded && this.available === 0);
    return isOver ? { bytes: new Uint8Array(0), taken: 0 } : this.#discipline.peek(length);
  }

  /** Takes away what has arrived of it. */
  take(count: number): void {
    this.#changeBacklog(() => this.#discipline.take(count));
  }

  /** As the generic calls see it: what is there, without a word on jobs and times. */
  override read(_position: number, length: number): Uint8Array | null {
    return this.peek(length)?.bytes ?? null;
  }

  /** See {@link FileObject.consume}. */
  override consume(length: number): void {
    const shown = this.peek(length);
    if (shown !== null) this.take(shown.bytes.length === length ? shown.taken : length);
  }

  /** See {@link FileObject.write}; waits while output is stopped. Throws EIO after a hang-up. */
  override write(_position: number, bytes: Uint8Array): number | null {
    if (this.isHungUp) throw new SystemError(EIO);
    if (bytes.length === 0) return 0;
    if (this.outputStopped) return null;
    const written = this.#discipline.write(bytes, this.#line.room);
    return written === 0 ? null : written;
  }

  /** What {@link available} says. */
  override bytesReady(): number {
    return this.available;
  }

  /** See {@link FileObject.opened}. */
  override opened(): void {
    this.#line.countOpen(1);
  }

  /** See {@link FileObject.closed}. */
  override closed(): void {
    this.#line.countOpen(-1);
  }

  /** The terminal itself. */
  override reopened(): Terminal {
    if (this.isHungUp) throw new SystemError(EIO);
    return this;
  }

  // LineDisciplineHost.

  /** Whether output is stopped, by a key or by TCXONC. */
  get outputStopped(): boolean {
    return this.stoppedByKey || this.stoppedByCall;
  }

  /** Sends output on its way. */
  emit(bytes: Uint8Array): void {
    this.#line.take(bytes);
  }

  /** Whoever reads lines has one. */
  lineEnded(): void {
    this.notify(INPUT_EVENTS);
  }

  /** Signals the foreground, if there is one. */
  signal(signo: number): void {
    if (this.kernel === null || this.foregroundGroup === 0) return;
    try {
      this.kernel.signalGroup(this.foregroundGroup, signo);
    } catch (error) {
      // Nobody of the group lives any more.
      if (!(error instanceof SystemError && error.errno === ESRCH)) throw error;
    }
  }

  /** Throws away output on its way: there is none, as it arrives at the far side at once. */
  flushOutput(): void {
    this.#line.notice(TIOCPKT_FLUSHWRITE);
  }

  /** Throws away input that has not been read. */
  flushInput(): void {
    this.#changeBacklog(() => this.#discipline.flushInput());
    this.#line.notice(TIOCPKT_FLUSHREAD);
  }

  /** The key that stops output was pressed. */
  stopOutput(): void {
    if (!this.outputStopped) this.#line.notice(TIOCPKT_STOP);
    this.stoppedByKey = true;
  }

  /** The key that starts output again was pressed; nothing happens where TCXONC has stopped it. */
  startOutput(): void {
    if (!this.stoppedByKey || this.stoppedByCall) return;
    this.stoppedByKey = false;
    this.#line.notice(TIOCPKT_START);
    this.#discipline.outputStarted();
    this.notify(OUTPUT_EVENTS);
  }

  /** TCXONC: stops output whatever keys are pressed. */
  stopByCall(): void {
    if (!this.outputStopped) this.#line.notice(TIOCPKT_STOP);
    this.stoppedByCall = true;
  }

  /** TCXONC: starts output again. */
  startByCall(): void {
    if (!this.stoppedByCall) return;
    this.stoppedByCall = this.stoppedByKey = false;
    this.#line.notice(TIOCPKT_START);
    this.#discipline.outputStarted();
    this.notify(OUTPUT_EVENTS);
  }

  /** Does what may work off input that found no room: then the far side has room again. */
  #changeBacklog(change: () => void): void {
    const { backlog } = this;
    change();
    if (this.backlog < backlog) this.#line.inputTaken();
  }

  /** All that it holds; it belongs to the machine, not to who has it open. */
  get state(): TerminalState {
    const { atime_ns, mtime_ns, ctime_ns } = this.#times;
    return {
      termios: this.#termios,
      window: this.#window,
      session: this.session,
      foregroundGroup: this.foregroundGroup,
      owner: { ...this.#owner },
      times: { atime_ns, mtime_ns, ctime_ns },
      stoppedByKey: this.stoppedByKey,
      stoppedByCall: this.stoppedByCall,
      discipline: this.#discipline.state,
    };
  }

  /** Becomes the terminal of a saved state. What is on the screen, and what is still to come, stays. */
  adopt(state: TerminalState): void {
    this.#termios = state.termios;
    this.#window = state.window;
    this.#owner = { ...state.owner };
    this.#times = { ...this.#times, ...state.times };
    this.session = state.session;
    this.foregroundGroup = state.foregroundGroup;
    this.stoppedByKey = state.stoppedByKey;
    this.stoppedByCall = state.stoppedByCall;
    this.#discipline.state = state.discipline;
  }

  /** The copy that the far side has made; see {@link cloneOn}. */
  override clone(cloning: Cloning): Terminal {
    return cloning.once(this, () => {
      throw new Error("A terminal is cloned by what is at its far side");
    });
  }

  /** The same terminal in a machine's clone, with the copy of its far side. */
  cloneOn(line: TerminalLine): Terminal {
    const { index, window } = this;
    const copy = new Terminal({ index, line, window, now_ns: this.#times.btime_ns });
    copy.adopt(this.state);
    copy.#asyncInput = this.#asyncInput;
    copy.isHungUp = this.isHungUp;
    copy.inputEnded = this.inputEnded;
    return copy;
  }
}
