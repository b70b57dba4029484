/**
 * The line discipline: what happens between the keys and the program, Linux's N_TTY.
 *
 * ```
 *              keys ──▶ backlog ──▶ special characters ──▶ input buffer ──▶ read(2)
 *                                        │ echo                 lines ──┤├── what is still edited
 *                                        ▼
 *   screen ◀── output processing ◀── echoes, write(2)
 * ```
 *
 * Source: `drivers/tty/n_tty.c`; termios(3).
 */

import { SIGINT, SIGQUIT, SIGTSTP } from "../../abi/signal.ts";
import {
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ECHONL,
  ECHOPRT,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IUCLC,
  IUTF8,
  IXANY,
  IXON,
  NOFLSH,
  PARMRK,
  VEOF,
  VEOL,
  VEOL2,
  VERASE,
  VINTR,
  VKILL,
  VLNEXT,
  VQUIT,
  VREPRINT,
  VSTART,
  VSTOP,
  VSUSP,
  VWERASE,
} from "../../abi/termios.ts";
import { ByteQueue } from "../byte_queue.ts";
import { EchoBuffer, type EchoState } from "./echo_buffer.ts";
import {
  isContinuation,
  isControl,
  isWordCharacter,
  lowerCase,
  NEWLINE,
  RETURN,
  TAB,
} from "./characters.ts";
import { OutputProcessor, type OutputState } from "./output_processor.ts";
import type { Termios } from "./termios.ts";

/** Characters of the input buffer: N_TTY_BUF_SIZE. */
export const INPUT_MAX = 4096;
/** Bit of an entry of the input buffer: a line ends with it. */
const LINE_END = 0x100;
/** The entry for the character that ends a line and is no part of it: ^D. */
const END_OF_FILE = LINE_END;
/** A byte that parity marking doubles. */
const MARKED = 0xff;

/** What a line discipline is attached to. */
export interface LineDisciplineHost {
  /** The settings that are in force. */
  readonly termios: Termios;
  /** Whether output is stopped, by a key or by TCXONC. */
  readonly outputStopped: boolean;
  /** Sends output on its way. */
  emit(bytes: Uint8Array): void;
  /** A line has come to its end and can be read; what it echoes is still to be shown. */
  lineEnded(): void;
  /** A key asks for a signal to the foreground. */
  signal(signo: number): void;
  /** Throws away output that has not been taken. */
  flushOutput(): void;
  /** The key that stops output was pressed. */
  stopOutput(): void;
  /** The key that starts output again was pressed; unless TCXONC has stopped it. */
  startOutput(): void;
}

/** What a line discipline holds, for whoever saves it. */
export interface LineDisciplineState {
  /** Characters, with 0x100 where a line ends. */
  readonly input: readonly number[];
  /** How many of them are of whole lines. */
  readonly lines: number;
  /** Bytes that have not been looked at yet. */
  readonly backlog: Uint8Array;
  /** Whether the next character stands for itself. */
  readonly isLiteral: boolean;
  /** Echoes that wait. */
  readonly echo: EchoState;
  /** Where the cursor is. */
  readonly output: OutputState;
}

/** One terminal's line discipline. */
export class LineDiscipline {
  readonly #host: LineDisciplineHost;
  readonly #output: OutputProcessor;
  readonly #echo: EchoBuffer;
  #input: number[] = [];
  #lines = 0;
  #backlog = new ByteQueue();
  #isLiteral = false;

  constructor(host: LineDisciplineHost) {
    this.#host = host;
    this.#output = new OutputProcessor(host);
    this.#echo = new EchoBuffer(host, this.#output);
  }

  /** Bytes that a read could take now: of whole lines in canonical mode. */
  get available(): number {
    return this.#isCanonical ? this.#lines : this.#input.length;
  }

  /** All bytes that have come and not been read. */
  get pending(): number {
    return this.#input.length + this.#backlog.length;
  }

  /** Bytes that have found no room in the input buffer. */
  get backlog(): number {
    return this.#backlog.length;
  }

  /** Keys were pressed. */
  receive(bytes: Uint8Array): void {
    this.#backlog.push(bytes);
    this.#takeBacklog();
  }

  /**
   * What a read of up to `length` bytes shows: in canonical mode of one line. `taken` is what {@link take}
   * is to be told when all of it has arrived, which includes the ^D behind it. `null` when there is nothing.
   */
  peek(length: number): { readonly bytes: Uint8Array; readonly taken: number } | null {
    if (this.available === 0) return null;
    const most = Math.min(length, this.available);
    if (!this.#isCanonical) return { bytes: this.#bytes(most), taken: most };
    const end = this.#input.slice(0, most).findIndex((entry) => entry >= LINE_END);
    if (end < 0) {
      // A buffer that the line fills up to its ^D takes that, too: the next read would see an end.
      const skips = this.#lines > most && this.#input[most] === END_OF_FILE;
      return { bytes: this.#bytes(most), taken: most + (skips ? 1 : 0) };
    }
    const isEndOfFile = this.#input[end] === END_OF_FILE;
    return { bytes: this.#bytes(isEndOfFile ? end : end + 1), taken: end + 1 };
  }

  /** Takes away what a read has taken. */
  take(count: number): void {
    this.#input.splice(0, count);
    this.#lines = Math.max(0, this.#lines - count);
    this.#takeBacklog();
  }

  /** Writes as much as there is room for on the way out; answers how many bytes that were. */
  write(bytes: Uint8Array, room: number): number {
    this.#echo.process();
    return this.#output.write(bytes, room);
  }

  /** Goes on with echoes that waited while output was stopped. */
  outputStarted(): void {
    this.#echo.process();
  }

  /** Throws away input that has not been read. */
  flushInput(): void {
    this.#input = [];
    this.#lines = 0;
    this.#isLiteral = false;
    this.#echo.reset();
    this.#backlog = new ByteQueue();
  }

  /** The settings have changed: n_tty_set_termios(). */
  settingsChanged(before: Termios): void {
    if (((before.lflag ^ this.#host.termios.lflag) & ICANON) !== 0) {
      this.#input = this.#input.map((entry) => entry & ~LINE_END);
      this.#lines = 0;
      this.#isLiteral = false;
      this.#echo.isErasing = false;
      const last = this.#input.length - 1;
      if (this.#isCanonical && last >= 0) {
        // What is there already counts as a line.
        this.#input[last] = (this.#input[last] ?? 0) | LINE_END;
        this.#lines = this.#input.length;
      }
    }
    if ((before.iflag & IXON) !== 0 && !this.#has("iflag", IXON)) this.#host.startOutput();
    this.#takeBacklog();
  }

  /** All that it holds. */
  get state(): LineDisciplineState {
    return {
      input: [...this.#input],
      lines: this.#lines,
      backlog: this.#backlog.peek(this.#backlog.length),
      isLiteral: this.#isLiteral,
      echo: this.#echo.state,
      output: this.#output.state,
    };
  }
  set state(state: LineDisciplineState) {
    this.#input = [...state.input];
    this.#lines = state.lines;
    this.#backlog = new ByteQueue();
    this.#backlog.push(state.backlog);
    this.#isLiteral = state.isLiteral;
    this.#echo.state = state.echo;
    this.#output.state = state.output;
  }

  get #isCanonical(): boolean {
    return this.#has("lflag", ICANON);
  }

  #has(flags: "iflag" | "lflag", flag: number): boolean {
    return (this.#host.termios[flags] & flag) !== 0;
  }

  /** Whether a character is the control character of an index; none is NUL. */
  #is(character: number, index: number): boolean {
    return character !== 0 && this.#host.termios.cc[index] === character;
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from(this.#input.slice(0, length), (entry) => entry & 0xff);
  }

  /** Works off the backlog as far as there is room: n_tty_receive_buf_common(). */
  #takeBacklog(): void {
    for (let done = 1; done > 0 && this.#backlog.length > 0;) {
      done = 0;
      for (const byte of this.#backlog.peek(INPUT_MAX)) {
        const room = INPUT_MAX - 1 - this.#input.length;
        // An endless line without an end loses its last character for each further one.
        const overflows = this.#isCanonical && this.#lines === 0;
        if (room <= 0 && !overflows) break;
        if (room < 0) this.#input.pop();
        this.#receiveByte(byte);
        done++;
      }
      this.#backlog.consume(Math.min(done, this.#backlog.length));
    }
    // Together with a signal, what came before it in the same breath is not echoed.
    this.#echo.process();
  }

  #receiveByte(byte: number): void {
    let character = this.#has("iflag", ISTRIP) ? byte & 0x7f : byte;
    const lowers = this.#has("iflag", IUCLC) && this.#has("lflag", IEXTEN);
    if (lowers) character = lowerCase(character);
    if (this.#isLiteral) {
      this.#isLiteral = false;
      return this.#receiveOrdinary(character);
    }
    if (this.#takesFlowControl(character) || this.#takesSignal(character)) return;
    this.#startByAnyKey();
    const typed = character;
    if (character === RETURN) {
      if (this.#has("iflag", IGNCR)) return;
      if (this.#has("iflag", ICRNL)) character = NEWLINE;
    } else if (character === NEWLINE && this.#has("iflag", INLCR)) {
      character = RETURN;
    }
    if (this.#isCanonical && this.#edits(character)) return;
    // A new line that was typed as one is a control character like others, outside of canonical mode.
    this.#receiveOrdinary(character, character === NEWLINE && typed === RETURN);
  }

  #takesFlowControl(character: number): boolean {
    if (!this.#has("iflag", IXON)) return false;
    if (this.#is(character, VSTART)) {
      this.#host.startOutput();
      return true;
    }
    if (!this.#is(character, VSTOP)) return false;
    this.#host.stopOutput();
    return true;
  }

  #takesSignal(character: number): boolean {
    if (!this.#has("lflag", ISIG)) return false;
    const signo = this.#is(character, VINTR)
      ? SIGINT
      : this.#is(character, VQUIT)
      ? SIGQUIT
      : this.#is(character, VSUSP)
      ? SIGTSTP
      : 0;
    if (signo === 0) return false;
    this.#host.signal(signo);
    if (!this.#has("lflag", NOFLSH)) {
      this.#host.flushOutput();
      this.#input = [];
      this.#lines = 0;
      this.#echo.reset();
    }
    if (this.#has("iflag", IXON)) this.#host.startOutput();
    if (this.#has("lflag", ECHO)) this.#echo.character(character);
    this.#echo.commit();
    return true;
  }

  #startByAnyKey(): void {
    if (this.#has("iflag", IXON) && this.#has("iflag", IXANY)) this.#host.startOutput();
  }

  /** Whether a character edits the line, or ends it. */
  #edits(character: number): boolean {
    const isExtended = this.#has("lflag", IEXTEN);
    const echoes = this.#has("lflag", ECHO);
    const erases = this.#is(character, VERASE) || this.#is(character, VKILL) ||
      (isExtended && this.#is(character, VWERASE));
    if (erases) {
      this.#erase(character);
      this.#echo.commit();
      return true;
    }
    if (isExtended && this.#is(character, VLNEXT)) {
      this.#isLiteral = true;
      if (echoes) this.#echo.finishErasing();
      if (echoes && this.#has("lflag", ECHOCTL)) this.#echo.raw("^\b");
      this.#echo.commit();
      return true;
    }
    if (isExtended && echoes && this.#is(character, VREPRINT)) {
      this.#echo.finishErasing();
      this.#echo.character(character);
      this.#echo.raw("\n");
      for (const entry of this.#input.slice(this.#lines)) this.#echo.character(entry & 0xff);
      this.#echo.commit();
      return true;
    }
    if (character === NEWLINE) {
      if (echoes || this.#has("lflag", ECHONL)) this.#echo.raw("\n");
      this.#endLine(character);
      return true;
    }
    if (this.#is(character, VEOF)) {
      this.#endLine(0);
      return true;
    }
    const ends = this.#is(character, VEOL) || (isExtended && this.#is(character, VEOL2));
    if (!ends) return false;
    if (echoes) {
      this.#noteColumn();
      this.#echo.character(character);
    }
    if (character === MARKED && this.#has("iflag", PARMRK)) this.#input.push(character);
    this.#endLine(character);
    return true;
  }

  #endLine(character: number): void {
    this.#input.push(character | LINE_END);
    this.#lines = this.#input.length;
    this.#host.lineEnded();
    this.#echo.commit();
  }

  #receiveOrdinary(character: number, isNewline = false): void {
    if (this.#has("lflag", ECHO)) {
      this.#echo.finishErasing();
      if (isNewline) {
        this.#echo.raw("\n");
      } else {
        this.#noteColumn();
        this.#echo.character(character);
      }
      this.#echo.commit();
    }
    if (character === MARKED && this.#has("iflag", PARMRK)) this.#input.push(character);
    this.#input.push(character);
  }

  /** Remembers where on the screen the line begins. */
  #noteColumn(): void {
    if (this.#lines === this.#input.length) this.#echo.noteColumn();
  }

  /** Takes back a character, a word or the whole line: eraser(). */
  #erase(key: number): void {
    if (this.#input.length === this.#lines) return;
    const echoes = this.#has("lflag", ECHO);
    const kind = this.#is(key, VERASE) ? "character" : this.#is(key, VKILL) ? "line" : "word";
    const showsEach = this.#has("lflag", ECHOK) && this.#has("lflag", ECHOKE) &&
      this.#has("lflag", ECHOE);
    if (kind === "line" && (!echoes || !showsEach)) {
      this.#input.length = this.#lines;
      if (!echoes) return;
      this.#echo.finishErasing();
      this.#echo.character(key);
      if (this.#has("lflag", ECHOK)) this.#echo.raw("\n");
      return;
    }
    let seenWord = false;
    while (this.#input.length > this.#lines) {
      const head = this.#startOfLast();
      const character = this.#input[head] ?? 0;
      if (this.#has("iflag", IUTF8) && isContinuation(character)) break;
      if (kind === "word") {
        if (isWordCharacter(character)) seenWord = true;
        else if (seenWord) break;
      }
      const erased = this.#input.splice(head);
      if (echoes) this.#showErasure(kind, key, character, erased);
      if (kind === "character") break;
    }
    if (this.#input.length === this.#lines && echoes) this.#echo.finishErasing();
  }

  /** Where the last character begins, which has several bytes in UTF-8. */
  #startOfLast(): number {
    let head = this.#input.length - 1;
    const isUtf8 = this.#has("iflag", IUTF8);
    while (isUtf8 && head > this.#lines && isContinuation(this.#input[head] ?? 0)) head--;
    return head;
  }

  #showErasure(kind: string, key: number, character: number, erased: readonly number[]): void {
    const showsControl = this.#has("lflag", ECHOCTL);
    if (this.#has("lflag", ECHOPRT)) {
      this.#echo.beginErasing();
      this.#echo.character(character);
      for (const more of erased.slice(1)) this.#echo.continuation(more);
    } else if (kind === "character" && !this.#has("lflag", ECHOE)) {
      this.#echo.character(key);
    } else if (character === TAB) {
      this.#echo.eraseTab(...this.#columnsBefore());
    } else if (!isControl(character)) {
      this.#echo.raw("\b \b");
    } else if (showsControl) {
      this.#echo.raw("\b \b\b \b");
    }
  }

  /** How many columns what is left takes since its last tab, and whether there is one. */
  #columnsBefore(): [columns: number, afterTab: boolean] {
    let columns = 0;
    for (let i = this.#input.length - 1; i >= this.#lines; i--) {
      const character = this.#input[i] ?? 0;
      if (character === TAB) return [columns, true];
      if (isControl(character)) columns += this.#has("lflag", ECHOCTL) ? 2 : 0;
      else if (!(this.#has("iflag", IUTF8) && isContinuation(character))) columns++;
    }
    return [columns, false];
  }
}
