/**
 * System calls on extended attributes, of which no file system here has any: there is none to be listed, and
 * what would set or get one is refused as by a file system that does not support them.
 *
 * Source: `fs/xattr.c`; getxattr(2), listxattr(2), setxattr(2), removexattr(2).
 */

import { EOPNOTSUPP, ERANGE, SystemError } from "../abi/errno.ts";
import { resolvePath } from "../fs/path.ts";
import { register } from "./arguments.ts";
import { contextFrom, file, path } from "./file_arguments.ts";
import type { Call, SystemCall, SystemCallGroup } from "./group.ts";

/** Bytes of an attribute's name, with the NUL. */
const NAME_BYTES_MAX = 256;

type Target = (call: Call) => unknown;

const followed: Target = (call) => resolvePath(contextFrom(call, call.task.fs.cwd), path(call, 0));
const itself: Target = (call) =>
  resolvePath(contextFrom(call, call.task.fs.cwd), path(call, 0), { follow: false });
const opened: Target = (call) => file(call, 0);

/** Looks for the file and for the attribute's name, and refuses. */
function refused(target: Target): SystemCall {
  return (call) => {
    target(call);
    call.task.mm.user.readCString(register(call, 1), NAME_BYTES_MAX, ERANGE);
    throw new SystemError(EOPNOTSUPP);
  };
}

/** Looks for the file, which has no attributes. */
function nothing(target: Target): SystemCall {
  return (call) => {
    target(call);
    return 0;
  };
}

const SET = ["path", "name", "value", "size", "flags"] as const;
const GET = ["path", "name", "value", "size"] as const;
const LIST = ["path", "list", "size"] as const;
const REMOVE = ["path", "name"] as const;

/** System calls on extended attributes, by number. */
export const xattrCalls: SystemCallGroup = {
  5: { name: "setxattr", call: refused(followed), args: SET },
  6: { name: "lsetxattr", call: refused(itself), args: SET },
  7: { name: "fsetxattr", call: refused(opened), args: ["fd", ...SET.slice(1)] },
  8: { name: "getxattr", call: refused(followed), args: GET },
  9: { name: "lgetxattr", call: refused(itself), args: GET },
  10: { name: "fgetxattr", call: refused(opened), args: ["fd", ...GET.slice(1)] },
  11: { name: "listxattr", call: nothing(followed), args: LIST },
  12: { name: "llistxattr", call: nothing(itself), args: LIST },
  13: { name: "flistxattr", call: nothing(opened), args: ["fd", ...LIST.slice(1)] },
  14: { name: "removexattr", call: refused(followed), args: REMOVE },
  15: { name: "lremovexattr", call: refused(itself), args: REMOVE },
  16: { name: "fremovexattr", call: refused(opened), args: ["fd", ...REMOVE.slice(1)] },
};
