/**
 * ioctl(2) on files of every kind; what only terminals are asked is in terminal_ioctl.ts.
 *
 * Source: `fs/ioctl.c`; ioctl(2).
 */

import { EBADF, ENOTTY, SystemError } from "../abi/errno.ts";
import { O_NONBLOCK } from "../abi/fcntl.ts";
import {
  FIOASYNC,
  FIOCLEX,
  FIOGETOWN,
  FIONBIO,
  FIONCLEX,
  FIONREAD,
  FIOSETOWN,
  SIOCGPGRP,
  SIOCSPGRP,
} from "../abi/ioctl.ts";
import { SIOCOUTQ } from "../abi/socket.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { Socket } from "../net/socket.ts";
import type { Wait } from "../wait.ts";
import { int, register, unsignedInt } from "./arguments.ts";
import { setAsyncByIoctl, setSignedOwner, signedOwner } from "./file_async.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { terminalIoctl } from "./terminal_ioctl.ts";

function ioctl(call: Call): number | Wait {
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
    case FIOASYNC:
      setAsyncByIoctl(call, file, user.readU32(argument) !== 0);
      return 0;
    case FIONREAD: {
      const ready = file.object.bytesReady(file.offset);
      if (ready < 0) throw new SystemError(ENOTTY);
      user.writeU32(argument, ready);
      return 0;
    }
    case FIOSETOWN:
    case SIOCSPGRP:
      if (!(file.object instanceof Socket)) break;
      setSignedOwner(call, file, user.readS32(argument));
      return 0;
    case FIOGETOWN:
    case SIOCGPGRP:
      if (!(file.object instanceof Socket)) break;
      user.writeU32(argument, signedOwner(call, file) >>> 0);
      return 0;
    case SIOCOUTQ:
      if (!(file.object instanceof Socket)) break;
      user.writeU32(argument, file.object.bytesUnsent);
      return 0;
  }
  return terminalIoctl(call, file);
}

function setNonBlocking(file: OpenFile, nonBlocking: boolean): void {
  file.flags = nonBlocking ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
}

/** ioctl(2), by number. */
export const ioctlCalls: SystemCallGroup = {
  29: { name: "ioctl", call: ioctl, args: ["fd", "request", "arg"] },
};
