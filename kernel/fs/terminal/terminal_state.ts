/**
 * How the machine's own terminals are saved: settings, who is in the foreground, and every key that was
 * pressed and not read. A pseudo-terminal is refused at checkpoint.
 */
import { EFBIG } from "../../abi/errno.ts";
import { PID_MAX } from "../../abi/process.ts";
import { S_IALLUGO } from "../../abi/stat.ts";
import { NCCS } from "../../abi/termios.ts";
import { defineCheck } from "../../checkpoint/check.ts";
import { group, type TreeOf } from "../../checkpoint/grammar.ts";
import { bytes, fileTime, padding, record, restArray, s32, u32 } from "../../checkpoint/schema.ts";
import { CKPT_HDR } from "../../checkpoint/wire.ts";
import { Refusal } from "../../checkpoint/refusal.ts";
import { ECHO_OPERATION_MAX } from "./echo_buffer.ts";
import { INPUT_MAX } from "./line_discipline.ts";
import type { Terminal } from "./terminal.ts";

const BACKLOG_SAVED = defineCheck(
  "checkpoint/terminal_backlog",
  EFBIG,
  "no more than a megabyte of keys that nobody has read",
);

const WORD_MAX = 2 ** 32 - 1;
const SIZE_MAX = 65535;
const BYTE_MAX = 255;
const ID_MAX = 2 ** 32 - 2;
/** Entries of the input buffer: a character, with 0x100 where a line ends. */
const ENTRY_MAX = 0x1ff;
const BACKLOG_MAX = 2 ** 20;
const ENTRIES_MAX = INPUT_MAX + 2 * BACKLOG_MAX;

const flag = (doc: string) => u32({ doc: `1 when ${doc}`, max: 1 });
const size = (doc: string) => u32({ doc, max: SIZE_MAX });
const word = (doc: string) => u32({ doc, max: WORD_MAX, show: "hex" });

/** A terminal. */
export const TTY = record("TTY", CKPT_HDR.TTY, {
  doc: "One of the machine's terminals.",
  fields: {
    iflag: word("c_iflag"),
    oflag: word("c_oflag"),
    cflag: word("c_cflag"),
    lflag: word("c_lflag"),
    line: u32({ doc: "c_line", max: BYTE_MAX }),
    ispeed: u32({ doc: "speed of input", unit: "bit/s", max: WORD_MAX }),
    ospeed: u32({ doc: "speed of output", unit: "bit/s", max: WORD_MAX }),
    rows: size("lines of the window"),
    columns: size("characters in a line"),
    width: size("pixels of a line"),
    height: size("pixels from top to bottom"),
    session: s32({ doc: "the session that it controls, 0 for none", min: 0, max: PID_MAX - 1 }),
    foreground_pgrp: s32({ doc: "its foreground group, 0 for none", min: 0, max: PID_MAX - 1 }),
    mode: u32({ doc: "permission bits of its name", max: S_IALLUGO, show: "octal" }),
    uid: u32({ doc: "its owner", max: ID_MAX }),
    gid: u32({ doc: "its owner's group", max: ID_MAX }),
    atime: fileTime({ doc: "time of the last access" }),
    mtime: fileTime({ doc: "time of the last change" }),
    ctime: fileTime({ doc: "time of the last change of its attributes" }),
    stopped_by_key: flag("a key has stopped output"),
    stopped_by_call: flag("TCXONC has stopped output"),
    cc: bytes(NCCS, { doc: "c_cc" }),
    _pad: padding(5),
  },
});

/** The state of its line discipline. */
export const TTY_LDISC = record("TTY_LDISC", CKPT_HDR.TTY_LDISC, {
  doc:
    "What the line discipline holds: characters of the input buffer (0x100 added where a line ends), " +
    "then echoes that wait, then bytes that found no room.",
  fields: {
    nr_input: u32({ doc: "characters of the input buffer", max: INPUT_MAX }),
    nr_lines: u32({ doc: "how many of them are of whole lines", max: INPUT_MAX }),
    nr_echoes: u32({ doc: "echoes that wait", max: BACKLOG_MAX }),
    literal: flag("the next character stands for itself"),
    erasing: flag("a printed erasure has begun"),
    _pad: padding(4),
    column: u32({ doc: "where the cursor is", max: WORD_MAX }),
    line_column: u32({ doc: "where the line that is edited begins", max: WORD_MAX }),
    entries: restArray({
      entry: u32({ doc: "see above", max: ECHO_OPERATION_MAX }),
      _pad: padding(4),
    }, {
      doc: "input, echoes, backlog",
      max: ENTRIES_MAX,
    }),
  },
  relations: {
    counts: {
      field: "entries",
      text: "as many entries as are counted, and lines within the input",
      holds: ({ nr_input, nr_lines, nr_echoes, entries }) =>
        nr_lines <= nr_input && nr_input + nr_echoes <= entries.length,
    },
    characters: {
      field: "entries",
      text: "characters in the input, and bytes in the backlog",
      holds: ({ nr_input, nr_echoes, entries }) =>
        entries.every(({ entry }, i) =>
          entry <=
            (i < nr_input ? ENTRY_MAX : i < nr_input + nr_echoes ? ECHO_OPERATION_MAX : BYTE_MAX)
        ),
    },
  },
});

/** A terminal with its line discipline. */
export const terminalNode = group("terminal", "A terminal of the machine", {
  is: TTY,
  discipline: TTY_LDISC,
});

/** Saves a terminal. Throws Refusal for a backlog without bounds. */
export function saveTerminal(terminal: Terminal): TreeOf<typeof terminalNode> {
  const { termios, window, owner, times, discipline, ...jobs } = terminal.state;
  const { input, echo, output, backlog } = discipline;
  if (backlog.length > BACKLOG_MAX || echo.waiting.length > BACKLOG_MAX) {
    throw Refusal.of({
      check: BACKLOG_SAVED,
      path: "machine/terminal",
      field: null,
      found: `${backlog.length} bytes and ${echo.waiting.length} echoes`,
    });
  }
  return {
    is: {
      iflag: termios.iflag,
      oflag: termios.oflag,
      cflag: termios.cflag,
      lflag: termios.lflag,
      line: termios.line,
      ispeed: termios.ispeed,
      ospeed: termios.ospeed,
      rows: window.rows,
      columns: window.columns,
      width: window.width ?? 0,
      height: window.height ?? 0,
      session: jobs.session,
      foreground_pgrp: jobs.foregroundGroup,
      mode: owner.mode,
      uid: owner.uid,
      gid: owner.gid,
      atime: times.atime_ns,
      mtime: times.mtime_ns,
      ctime: times.ctime_ns,
      stopped_by_key: jobs.stoppedByKey ? 1 : 0,
      stopped_by_call: jobs.stoppedByCall ? 1 : 0,
      cc: Uint8Array.from(termios.cc),
    },
    discipline: {
      nr_input: input.length,
      nr_lines: discipline.lines,
      nr_echoes: echo.waiting.length,
      literal: discipline.isLiteral ? 1 : 0,
      erasing: echo.isErasing ? 1 : 0,
      column: output.column,
      line_column: output.lineColumn,
      entries: [...input, ...echo.waiting, ...backlog].map((entry) => ({ entry })),
    },
  };
}

/** Makes a terminal the saved one. */
export function adoptTerminal(
  terminal: Terminal,
  { is, discipline }: TreeOf<typeof terminalNode>,
): void {
  const { iflag, oflag, cflag, lflag, line, ispeed, ospeed } = is;
  const entries = discipline.entries.map(({ entry }) => entry);
  const { nr_input, nr_echoes } = discipline;
  terminal.adopt({
    termios: { iflag, oflag, cflag, lflag, line, cc: [...is.cc], ispeed, ospeed },
    window: { rows: is.rows, columns: is.columns, width: is.width, height: is.height },
    session: is.session,
    foregroundGroup: is.foreground_pgrp,
    owner: { mode: is.mode, uid: is.uid, gid: is.gid },
    times: { atime_ns: is.atime, mtime_ns: is.mtime, ctime_ns: is.ctime },
    stoppedByKey: is.stopped_by_key === 1,
    stoppedByCall: is.stopped_by_call === 1,
    discipline: {
      input: entries.slice(0, nr_input),
      lines: discipline.nr_lines,
      echo: {
        waiting: entries.slice(nr_input, nr_input + nr_echoes),
        isErasing: discipline.erasing === 1,
      },
      backlog: Uint8Array.from(entries.slice(nr_input + nr_echoes)),
      isLiteral: discipline.literal === 1,
      output: { column: discipline.column, lineColumn: discipline.line_column },
    },
  });
}
