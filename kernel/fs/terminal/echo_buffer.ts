/**
 * Echoes on their way to the screen. While output is stopped they wait, as operations and not as bytes,
 * because what they look like depends on where the cursor will be.
 *
 * Source: `drivers/tty/n_tty.c` (`__process_echoes`, `echo_char` and its like).
 */

import { ECHOCTL } from "../../abi/termios.ts";
import { isControl, TAB } from "./characters.ts";
import type { LineDisciplineHost } from "./line_discipline.ts";
import type { OutputProcessor } from "./output_processor.ts";

/** What there is room for at once: a screen has no bound. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER;
/** Echoes that are shown without waiting for more: ECHO_COMMIT_WATERMARK. */
const WATERMARK = 256;
const TAB_WIDTH = 8;
const BACKSPACE = 0x08;
const CARET = 0x5e;
/** Turns a control character into the letter behind the caret. */
const LETTER_BIT = 0o100;

// Operations: a byte, or one of these with a byte or a count in its low bits.
/** A control character, shown as ^X. */
const CONTROL = 0x100;
/** The line that is edited begins here. */
const NOTE_COLUMN = 0x200;
/** The byte before was no column of its own. */
const MOVE_BACK = 0x300;
/** A tab is gone, behind so many columns since the line's beginning. */
const ERASE_TAB = 0x400;
/** The same, since the tab before. */
const ERASE_TAB_AFTER_TAB = 0x500;

/** The largest operation that there is. */
export const ECHO_OPERATION_MAX = ERASE_TAB_AFTER_TAB + 0xff;

/** What an echo buffer holds. */
export interface EchoState {
  /** Operations that wait, each 0 … {@link ECHO_OPERATION_MAX}. */
  readonly waiting: readonly number[];
  /** Whether a printed erasure (ECHOPRT) has begun. */
  readonly isErasing: boolean;
}

/** The echoes of a terminal. */
export class EchoBuffer {
  readonly #host: LineDisciplineHost;
  readonly #output: OutputProcessor;
  #waiting: number[] = [];
  /** Whether a printed erasure (ECHOPRT) has begun. */
  isErasing = false;

  constructor(host: LineDisciplineHost, output: OutputProcessor) {
    this.#host = host;
    this.#output = output;
  }

  /** A character as it is typed: control characters as ^X where the settings say so. */
  character(character: number): void {
    const isShown = (this.#host.termios.lflag & ECHOCTL) !== 0 && isControl(character) &&
      character !== TAB;
    this.#waiting.push(isShown ? CONTROL | character : character);
  }

  /** Characters as they are. */
  raw(text: string): void {
    for (const character of text) this.#waiting.push(character.charCodeAt(0));
  }

  /** A further byte of the character before. */
  continuation(byte: number): void {
    this.#waiting.push(byte, MOVE_BACK);
  }

  /** The line that is edited begins where the cursor is. */
  noteColumn(): void {
    this.#waiting.push(NOTE_COLUMN);
  }

  /** A tab is taken back that stood behind `columns` columns. */
  eraseTab(columns: number, afterTab: boolean): void {
    this.#waiting.push((afterTab ? ERASE_TAB_AFTER_TAB : ERASE_TAB) | (columns & 0x7f));
  }

  /** Begins a printed erasure. */
  beginErasing(): void {
    if (!this.isErasing) this.raw("\\");
    this.isErasing = true;
  }

  /** Ends a printed erasure. */
  finishErasing(): void {
    if (this.isErasing) this.raw("/");
    this.isErasing = false;
  }

  /** Shows what waits when it has become much; the rest waits for the end of what was typed at once. */
  commit(): void {
    if (this.#waiting.length >= WATERMARK) this.process();
  }

  /** Shows what waits, unless output is stopped. */
  process(): void {
    if (this.#host.outputStopped) return;
    const operations = this.#waiting;
    this.#waiting = [];
    for (const operation of operations) this.#carryOut(operation);
  }

  /** Forgets what waits. */
  reset(): void {
    this.#waiting = [];
    this.isErasing = false;
  }

  /** Its state. */
  get state(): EchoState {
    return { waiting: [...this.#waiting], isErasing: this.isErasing };
  }
  set state({ waiting, isErasing }: EchoState) {
    this.#waiting = [...waiting];
    this.isErasing = isErasing;
  }

  #carryOut(operation: number): void {
    const operand = operation & 0xff;
    switch (operation - operand) {
      case CONTROL:
        this.#output.emit(CARET, operand ^ LETTER_BIT);
        this.#output.move(2);
        return;
      case NOTE_COLUMN:
        this.#output.lineColumn = this.#output.column;
        return;
      case MOVE_BACK:
        this.#output.move(-1);
        return;
      case ERASE_TAB:
        return this.#goBack(operand + this.#output.lineColumn);
      case ERASE_TAB_AFTER_TAB:
        return this.#goBack(operand);
      default:
        this.#output.write(Uint8Array.of(operand), UNBOUNDED);
    }
  }

  /** Goes back over a tab that began in this column. */
  #goBack(column: number): void {
    for (let left = TAB_WIDTH - (column % TAB_WIDTH); left > 0; left--) {
      this.#output.emit(BACKSPACE);
      this.#output.move(-1);
    }
  }
}
