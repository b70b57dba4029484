/**
 * ioctl(2) on files and terminals.
 *
 * A terminal here is a stream that passes bytes through as they are. It answers what programs ask to find
 * out whether they talk to a person; it has no line discipline of its own that could be set.
 *
 * Source: `fs/ioctl.c`, `drivers/tty/tty_ioctl.c`; ioctl(2), ioctl_tty(2).
 */

import { EBADF, EINVAL, ENOTTY, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import { O_NONBLOCK } from "../abi/fcntl.ts";
import {
  B38400,
  CREAD,
  CS8,
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  FIOCLEX,
  FIONBIO,
  FIONCLEX,
  FIONREAD,
  ICANON,
  ICRNL,
  IEXTEN,
  INITIAL_CONTROL_CHARACTERS,
  ISIG,
  IXON,
  ONLCR,
  OPOST,
  TCGETS,
  TCSETS,
  TCSETSF,
  TCSETSW,
  TERMIOS_BYTES,
  TIOCGPGRP,
  TIOCGSID,
  TIOCGWINSZ,
  TIOCOUTQ,
  TIOCSPGRP,
  TIOCSWINSZ,
  WINSIZE_BYTES,
} from "../abi/ioctl.ts";
import { SIOCOUTQ } from "../abi/socket.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { Stream } from "../fs/stream.ts";
import { Socket } from "../net/socket.ts";
import { int, register, unsignedInt } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

function ioctl(call: Call): number {
  const descriptor = call.task.files.descriptor(int(call, 0));
  const { file } = descriptor;
  if (file.namesOnly) throw new SystemError(EBADF);
  const { user } = call.task.mm;
  const argument = register(call, 2);
  switch (unsignedInt(call, 1)) {
    case FIOCLEX:
      descriptor.closeOnExec = true;
      return 0;
    case FIONCLEX:
      descriptor.closeOnExec = false;
      return 0;
    case FIONBIO:
      setNonBlocking(file, user.readU32(argument) !== 0);
      return 0;
    case FIONREAD: {
      const ready = file.object.bytesReady(file.offset);
      if (ready < 0) throw new SystemError(ENOTTY);
      user.writeU32(argument, ready);
      return 0;
    }
    case SIOCOUTQ:
      if (!(file.object instanceof Socket)) break;
      user.writeU32(argument, file.object.bytesUnsent);
      return 0;
  }
  if (!(file.object instanceof Stream && file.object.terminal)) throw new SystemError(ENOTTY);
  return terminalIoctl(call, file.object);
}

function setNonBlocking(file: OpenFile, nonBlocking: boolean): void {
  file.flags = nonBlocking ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
}

function terminalIoctl(call: Call, terminal: Stream): number {
  const { kernel, task } = call;
  const { user } = task.mm;
  const argument = register(call, 2);
  switch (unsignedInt(call, 1)) {
    case TCGETS:
      user.write(argument, encodeTermios());
      return 0;
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
      // Only what is already so can be "set": a mode that would do nothing must not seem to be in force.
      requireSame(user.read(argument, TERMIOS_BYTES), encodeTermios());
      return 0;
    case TIOCGWINSZ:
      user.write(argument, encodeWindow(terminal));
      return 0;
    case TIOCSWINSZ: {
      const view = new DataView(user.read(argument, WINSIZE_BYTES).buffer);
      terminal.window = { rows: view.getUint16(0, true), columns: view.getUint16(2, true) };
      return 0;
    }
    case TIOCGPGRP:
      // Until somebody sets one, whoever asks is in the foreground.
      user.writeU32(argument, terminal.foregroundGroup || task.pgid);
      return 0;
    case TIOCSPGRP: {
      const group = user.readS32(argument);
      if (group <= 0) throw new SystemError(EINVAL);
      const [leader] = kernel.tasks.leadersOfGroup(group);
      if (leader === undefined) throw new SystemError(ESRCH);
      if (leader.sid !== task.sid) throw new SystemError(EPERM);
      terminal.foregroundGroup = group;
      return 0;
    }
    case TIOCGSID:
      user.writeU32(argument, task.sid);
      return 0;
    case TIOCOUTQ:
      // What is written is gone at once.
      user.writeU32(argument, 0);
      return 0;
    default:
      throw new SystemError(ENOTTY);
  }
}

function requireSame(wanted: Uint8Array, present: Uint8Array): void {
  if (!wanted.every((byte, i) => byte === present[i])) throw new SystemError(EINVAL);
}

/** A fresh terminal's settings: `tty_std_termios`. */
function encodeTermios(): Uint8Array {
  const bytes = new Uint8Array(TERMIOS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ICRNL | IXON, true);
  view.setUint32(4, OPOST | ONLCR, true);
  view.setUint32(8, B38400 | CS8 | CREAD, true);
  const echo = ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
  view.setUint32(12, ISIG | ICANON | echo | IEXTEN, true);
  bytes.set(INITIAL_CONTROL_CHARACTERS, 17);
  return bytes;
}

function encodeWindow({ window: { rows, columns } }: Stream): Uint8Array {
  const bytes = new Uint8Array(WINSIZE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, rows, true);
  view.setUint16(2, columns, true);
  return bytes;
}

/** ioctl(2), by number. */
export const ioctlCalls: SystemCallGroup = {
  29: { name: "ioctl", call: ioctl, args: ["fd", "request", "arg"] },
};
