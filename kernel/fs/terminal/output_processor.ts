/**
 * What becomes of output on its way to the screen: new lines, tabs, and where the cursor is.
 *
 * Source: `drivers/tty/n_tty.c` (`do_output_char`).
 */

import { IUTF8, OCRNL, OLCUC, ONLCR, ONLRET, ONOCR, OPOST, TABDLY } from "../../abi/termios.ts";
import {
  BACKSPACE,
  isContinuation,
  isControl,
  NEWLINE,
  RETURN,
  TAB,
  upperCase,
} from "./characters.ts";
import type { LineDisciplineHost } from "./line_discipline.ts";

const TAB_WIDTH = 8;
const SPACE = 0x20;

/** What an output processor holds. */
export interface OutputState {
  /** Where the cursor is, 0 … 2^32 - 1. */
  readonly column: number;
  /** Where the line that is edited begins. */
  readonly lineColumn: number;
}

/** Output on its way, with the column of the cursor. */
export class OutputProcessor {
  readonly #host: LineDisciplineHost;
  #column = 0;
  /** Where the line that is edited begins. */
  lineColumn = 0;

  constructor(host: LineDisciplineHost) {
    this.#host = host;
  }

  /** Where the cursor is. */
  get column(): number {
    return this.#column;
  }

  /** Moves the cursor's place without output. */
  move(by: number): void {
    this.#column = Math.max(0, this.#column + by);
  }

  /** Sends as many bytes as their output has room for; answers how many that were. */
  write(bytes: Uint8Array, room: number): number {
    const out: number[] = [];
    let done = 0;
    for (const byte of bytes) {
      const before = this.#column;
      const lineBefore = this.lineColumn;
      const pieces = this.#process(byte);
      if (out.length + pieces.length > room) {
        [this.#column, this.lineColumn] = [before, lineBefore];
        break;
      }
      out.push(...pieces);
      done++;
    }
    if (out.length > 0) this.#host.emit(Uint8Array.from(out));
    return done;
  }

  /** Sends bytes as they are. */
  emit(...bytes: readonly number[]): void {
    this.#host.emit(Uint8Array.from(bytes));
  }

  /** Its state. */
  get state(): OutputState {
    return { column: this.#column, lineColumn: this.lineColumn };
  }
  set state({ column, lineColumn }: OutputState) {
    this.#column = column;
    this.lineColumn = lineColumn;
  }

  #process(byte: number): readonly number[] {
    const { oflag, iflag } = this.#host.termios;
    const has = (flag: number) => (oflag & flag) !== 0;
    if (!has(OPOST)) return [byte];
    switch (byte) {
      case NEWLINE:
        if (has(ONLRET)) this.#column = 0;
        if (has(ONLCR)) {
          this.lineColumn = this.#column = 0;
          return [RETURN, NEWLINE];
        }
        this.lineColumn = this.#column;
        return [byte];
      case RETURN:
        if (has(ONOCR) && this.#column === 0) return [];
        if (!has(OCRNL) || has(ONLRET)) this.lineColumn = this.#column = 0;
        return [has(OCRNL) ? NEWLINE : byte];
      case TAB: {
        const spaces = TAB_WIDTH - (this.#column % TAB_WIDTH);
        this.#column += spaces;
        const expands = (oflag & TABDLY) === TABDLY;
        return expands ? Array.from({ length: spaces }, () => SPACE) : [byte];
      }
      case BACKSPACE:
        this.move(-1);
        return [byte];
    }
    if (isControl(byte)) return [byte];
    const isUtf8 = (iflag & IUTF8) !== 0;
    if (!isUtf8 || !isContinuation(byte)) this.#column++;
    return [has(OLCUC) ? upperCase(byte) : byte];
  }
}
