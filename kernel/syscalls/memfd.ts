/**
 * memfd_create(2).
 *
 * Source: `mm/memfd.c`.
 */

import { EINVAL, ENODEV, SystemError } from "../abi/errno.ts";
import { O_LARGEFILE } from "../abi/fcntl.ts";
import {
  F_SEAL_EXEC,
  F_SEAL_SEAL,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  MFD_EXEC,
  MFD_HUGE_MASK,
  MFD_HUGETLB,
  MFD_NAME_MAX,
  MFD_NOEXEC_SEAL,
} from "../abi/memfd.ts";
import { S_IRWXUGO, S_IXUGO } from "../abi/stat.ts";
import { decodeBytes } from "../fs/byte_string.ts";
import { register, unsignedInt } from "./arguments.ts";
import { install, requireDescriptor, requireFlags } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

function memfdCreate(call: Call): number {
  const { task: { credentials, mm }, kernel: { fileSystem } } = call;
  const flags = unsignedInt(call, 1);
  const has = (flag: number) => (flags & flag) !== 0;
  const known = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_NOEXEC_SEAL | MFD_EXEC;
  requireFlags(flags, has(MFD_HUGETLB) ? known | MFD_HUGE_MASK : known);
  if (has(MFD_NOEXEC_SEAL) && has(MFD_EXEC)) throw new SystemError(EINVAL);
  const name = decodeBytes(mm.user.readCString(register(call, 0), MFD_NAME_MAX + 1, EINVAL));
  // No huge pages exist here, of whatever size.
  if (has(MFD_HUGETLB)) throw new SystemError(ENODEV);
  requireDescriptor(call);
  const parts = {
    name: `memfd:${name}`,
    size: 0,
    mode: has(MFD_NOEXEC_SEAL) ? S_IRWXUGO & ~S_IXUGO : S_IRWXUGO,
    uid: credentials.fsuid,
    gid: credentials.fsgid,
    seals: has(MFD_NOEXEC_SEAL) ? F_SEAL_EXEC : has(MFD_ALLOW_SEALING) ? 0 : F_SEAL_SEAL,
  };
  return install(call, fileSystem.openMemory(parts, O_LARGEFILE), has(MFD_CLOEXEC));
}

/** The system call on files in memory, by number. */
export const memfdCalls: SystemCallGroup = {
  279: { name: "memfd_create", call: memfdCreate, args: ["pathname", "flags"] },
};
