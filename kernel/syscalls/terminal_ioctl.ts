/**
 * ioctl(2) on terminals and on the masters of pseudo-terminals.
 *
 * Source: `drivers/tty/{tty_io,tty_ioctl,tty_jobctrl,pty}.c`; ioctl_tty(2).
 */

import { numberSeenBy, pidMeantBy } from "../pid_namespace.ts";
import { CAP_SYS_ADMIN } from "../abi/capability.ts";
import { EINVAL, EIO, ENOTTY, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import { O_ACCMODE, O_CLOEXEC, O_NOCTTY, O_NONBLOCK } from "../abi/fcntl.ts";
import {
  TCFLSH,
  TCGETS,
  TCGETS2,
  TCSBRK,
  TCSBRKP,
  TCSETS,
  TCSETS2,
  TCSETSF,
  TCSETSF2,
  TCSETSW,
  TCSETSW2,
  TCXONC,
  TIOCGETD,
  TIOCGPGRP,
  TIOCGPKT,
  TIOCGPTLCK,
  TIOCGPTN,
  TIOCGPTPEER,
  TIOCGSID,
  TIOCGWINSZ,
  TIOCNOTTY,
  TIOCOUTQ,
  TIOCPKT,
  TIOCSCTTY,
  TIOCSIG,
  TIOCSPGRP,
  TIOCSPTLCK,
  TIOCSWINSZ,
} from "../abi/ioctl.ts";
import { NSIG, SIGTTOU } from "../abi/signal.ts";
import {
  TCIFLUSH,
  TCIOFF,
  TCIOFLUSH,
  TCION,
  TCOFLUSH,
  TCOOFF,
  TCOON,
  TERMIOS2_BYTES,
  TERMIOS_BYTES,
  VSTART,
  VSTOP,
  WINSIZE_BYTES,
} from "../abi/termios.ts";
import { OpenFile } from "../fs/open_file.ts";
import { Place } from "../fs/mount.ts";
import { namespacesOf } from "../namespaces.ts";
import { type Pty, PtyMaster } from "../fs/terminal/pty.ts";
import { Terminal, type WindowSize } from "../fs/terminal/terminal.ts";
import { decodeTermios, encodeTermios } from "../fs/terminal/termios.ts";
import { giveTerminal, leaveTerminal, terminalOfSession } from "../terminals.ts";
import type { Wait } from "../wait.ts";
import { int, register, unsignedInt } from "./arguments.ts";
import { install } from "./file_arguments.ts";
import { mustBeForeground } from "./file_terminal.ts";
import type { Call } from "./group.ts";

/** Which side of a terminal was asked, and which terminal it is. */
interface Target {
  readonly call: Call;
  readonly file: OpenFile;
  readonly terminal: Terminal;
  /** The pair, where the master was asked. */
  readonly master: Pty | null;
}

/** Answers an ioctl(2) on a terminal. Throws ENOTTY for a file that is none, and a request that is none. */
export function terminalIoctl(call: Call, file: OpenFile): number | Wait {
  const { object } = file;
  const request = unsignedInt(call, 1);
  if (object instanceof PtyMaster) {
    const { pty } = object;
    const target = { call, file, terminal: pty.terminal, master: pty };
    return masterRequest(target, pty, request) ?? commonRequest(target, request);
  }
  if (!(object instanceof Terminal)) throw new SystemError(ENOTTY);
  if (object.isHungUp) throw new SystemError(EIO);
  return commonRequest({ call, file, terminal: object, master: null }, request);
}

/** What only a master is asked; `null` for other requests. */
function masterRequest({ call, terminal }: Target, pty: Pty, request: number): number | null {
  const { user } = call.task.mm;
  const argument = register(call, 2);
  switch (request) {
    case TIOCGPTN:
      user.writeU32(argument, terminal.index);
      return 0;
    case TIOCSPTLCK:
      pty.isLocked = user.readU32(argument) !== 0;
      return 0;
    case TIOCGPTLCK:
      user.writeU32(argument, pty.isLocked ? 1 : 0);
      return 0;
    case TIOCPKT:
      pty.isPacket = user.readU32(argument) !== 0;
      pty.notices = 0;
      return 0;
    case TIOCGPKT:
      user.writeU32(argument, pty.isPacket ? 1 : 0);
      return 0;
    case TIOCSIG: {
      const signo = Number(argument);
      if (argument < 1n || argument > BigInt(NSIG)) throw new SystemError(EINVAL);
      terminal.signal(signo);
      return 0;
    }
    case TIOCGPTPEER:
      return openPeer(call, terminal);
    default:
      return null;
  }
}

/** Opens the terminal without its name, which may not be reachable here, and though it may be locked. */
function openPeer(call: Call, terminal: Terminal): number {
  const flags = int(call, 2);
  const { devpts } = call.kernel.fileSystem;
  const mounts = namespacesOf(call.kernel, call.task).mnt.all;
  const mount = mounts.findLast(({ superblock }) => superblock === devpts);
  const entry = mount?.root.child(String(terminal.index)) ?? null;
  const place = mount === undefined || entry === null ? null : new Place(mount, entry);
  const opened = new OpenFile({
    object: terminal,
    place,
    flags: flags & (O_ACCMODE | O_NONBLOCK),
  });
  const fd = install(call, opened, (flags & O_CLOEXEC) !== 0);
  if ((flags & O_NOCTTY) === 0) acquireTerminal(call, opened);
  return fd;
}

function commonRequest(target: Target, request: number): number | Wait {
  const { call, terminal } = target;
  const { user } = call.task.mm;
  const argument = register(call, 2);
  switch (request) {
    case TCGETS:
      user.write(argument, encodeTermios(terminal.termios).subarray(0, TERMIOS_BYTES));
      return 0;
    case TCGETS2:
      user.write(argument, encodeTermios(terminal.termios));
      return 0;
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
      return setTermios(target, TERMIOS_BYTES, request === TCSETSF);
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
      return setTermios(target, TERMIOS2_BYTES, request === TCSETSF2);
    case TCSBRK:
    case TCSBRKP:
      // Output is on its way at once, and there is no line to break.
      return changing(target) ?? 0;
    case TCXONC:
      return changing(target) ?? control(target, Number(argument));
    case TCFLSH:
      return changing(target) ?? flush(target, Number(argument));
    case TIOCGWINSZ:
      user.write(argument, encodeWindow(terminal.window));
      return 0;
    case TIOCSWINSZ:
      terminal.window = decodeWindow(user.read(argument, WINSIZE_BYTES));
      return 0;
    case TIOCOUTQ:
      user.writeU32(argument, 0);
      return 0;
    case TIOCGETD:
      user.writeU32(argument, terminal.termios.line);
      return 0;
    default:
      return jobRequest(target, request);
  }
}

/** What concerns sessions and jobs. */
function jobRequest(target: Target, request: number): number | Wait {
  const { call, terminal, master } = target;
  const { user } = call.task.mm;
  const argument = register(call, 2);
  switch (request) {
    case TIOCGPGRP:
      if (master === null) requireControlling(target);
      user.writeU32(argument, numberSeenBy(call.task, terminal.foregroundGroup));
      return 0;
    case TIOCSPGRP:
      return setForeground(target);
    case TIOCGSID:
      if (master === null) requireControlling(target);
      if (terminal.session === 0) throw new SystemError(ENOTTY);
      user.writeU32(argument, numberSeenBy(call.task, terminal.session));
      return 0;
    case TIOCSCTTY:
      return becomeControlling(target, argument === 1n);
    case TIOCNOTTY:
      requireControlling(target);
      // A single process cannot let go of what its session keeps (terminals.ts).
      if (call.task.sid !== call.task.tgid) throw new SystemError(EPERM);
      leaveTerminal(call.kernel, call.task, false);
      return 0;
    default:
      throw new SystemError(ENOTTY);
  }
}

function requireControlling({ call, terminal }: Target): void {
  if (terminal.session !== call.task.sid) throw new SystemError(ENOTTY);
}

/** What a change of the terminal by a job in the background waits for. */
function changing({ call, terminal, master }: Target): Wait | null {
  return master === null ? mustBeForeground(call, terminal, SIGTTOU) : null;
}

function setTermios(target: Target, length: number, flushes: boolean): number | Wait {
  const { call, terminal } = target;
  const wait = changing(target);
  if (wait !== null) return wait;
  const termios = decodeTermios(call.task.mm.user.read(register(call, 2), length));
  if (flushes) terminal.flushInput();
  terminal.termios = termios;
  return 0;
}

function setForeground(target: Target): number | Wait {
  const { call, terminal } = target;
  const { kernel, task } = call;
  try {
    const wait = changing(target);
    if (wait !== null) return wait;
  } catch (error) {
    if (error instanceof SystemError && error.errno === EIO) throw new SystemError(ENOTTY);
    throw error;
  }
  const number = task.mm.user.readS32(register(call, 2));
  if (number < 0) throw new SystemError(EINVAL);
  const group = pidMeantBy(task, number);
  requireControlling(target);
  const member = kernel.tasks.all.find(({ pgid }) => pgid === group);
  if (member === undefined) throw new SystemError(ESRCH);
  if (member.sid !== task.sid) throw new SystemError(EPERM);
  terminal.foregroundGroup = group;
  return 0;
}

function becomeControlling({ call, terminal, file, master }: Target, steals: boolean): number {
  const { kernel, task } = call;
  if (master !== null) throw new SystemError(ENOTTY);
  const isLeader = task.sid === task.tgid;
  if (isLeader && terminal.session === task.sid) return 0;
  if (!isLeader || terminalOfSession(kernel, task.sid) !== null) throw new SystemError(EPERM);
  const isPrivileged = task.credentials.has(CAP_SYS_ADMIN);
  if (terminal.session !== 0 && !(steals && isPrivileged)) throw new SystemError(EPERM);
  if (!file.readable && !isPrivileged) throw new SystemError(EPERM);
  giveTerminal(terminal, task);
  return 0;
}

/** A session leader without a terminal gets the first that it opens: tty_open_proc_set_tty(). */
export function acquireTerminal({ kernel, task }: Call, { object, readable }: OpenFile): void {
  if (!(object instanceof Terminal) || object.session !== 0 || !readable) return;
  if (task.sid !== task.tgid || terminalOfSession(kernel, task.sid) !== null) return;
  giveTerminal(object, task);
}

function control({ terminal }: Target, action: number): number {
  const { cc } = terminal.termios;
  switch (action) {
    case TCOOFF:
      terminal.stopByCall();
      return 0;
    case TCOON:
      terminal.startByCall();
      return 0;
    case TCIOFF:
    case TCION: {
      // The terminal asks whoever types to stop, or to go on.
      const character = cc[action === TCIOFF ? VSTOP : VSTART] ?? 0;
      if (character !== 0) terminal.emit(Uint8Array.of(character));
      return 0;
    }
    default:
      throw new SystemError(EINVAL);
  }
}

function flush({ terminal, master }: Target, which: number): number {
  if (which !== TCIFLUSH && which !== TCOFLUSH && which !== TCIOFLUSH) {
    throw new SystemError(EINVAL);
  }
  // What a master has for input is what its terminal has put out, and the other way round.
  const input = master === null ? TCIFLUSH : TCOFLUSH;
  if (which === TCIOFLUSH || which === input) terminal.flushInput();
  if (which === TCIOFLUSH || which !== input) terminal.flushOutput();
  return 0;
}

function encodeWindow({ rows, columns, width = 0, height = 0 }: WindowSize): Uint8Array {
  return new Uint8Array(Uint16Array.of(rows, columns, width, height).buffer);
}

function decodeWindow(bytes: Uint8Array): WindowSize {
  const [rows = 0, columns = 0, width = 0, height = 0] = new Uint16Array(bytes.buffer);
  return { rows, columns, width, height };
}
