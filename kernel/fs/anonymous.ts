/** The file systems that nobody mounts, in which pipes and terminals have their inodes. */

import { makeDevice } from "../abi/stat.ts";
import type { Attributes } from "./file_object.ts";

/** `st_dev` of memory without a name: of memfd_create(2) and its kin. */
export const MEMORY_DEVICE: number = makeDevice(0, 1);
/** `st_dev` of the directory below all that is mounted, which nobody sees. */
export const ROOTFS_DEVICE: number = makeDevice(0, 2);
/** `st_dev` of namespaces. */
export const NAMESPACE_DEVICE: number = makeDevice(0, 4);
/** `st_dev` of sockets. */
export const SOCKET_DEVICE: number = makeDevice(0, 8);
/** `st_dev` of pipes. */
export const PIPE_DEVICE: number = makeDevice(0, 14);
/** `st_dev` of files without a name and a place: eventfd, timerfd, signalfd, epoll. */
export const ANONYMOUS_DEVICE: number = makeDevice(0, 15);
/** The one inode that they all stand on. */
export const ANONYMOUS_INO = 1;
/** `st_dev` of POSIX message queues. */
export const MQUEUE_DEVICE: number = makeDevice(0, 19);
/** `st_dev` of terminals: what would be mounted at /dev/pts. */
export const TERMINAL_DEVICE: number = makeDevice(0, 24);
/** `st_dev` of the root; what is mounted later gets the numbers above 32. */
export const ROOT_DEVICE: number = makeDevice(0, 26);
/** The minor of the first file system that is mounted. */
export const FIRST_MOUNT_MINOR = 32;

/** Inodes of the machine's standard streams, whether pipe or terminal: this plus the stream's index. */
export const FIRST_STREAM_INO = 3;
/** The pipe of a FIFO, which has an inode of its own. */
export const NO_INO = 0;
/** Inodes of pipe(2)'s pipes begin here. */
export const FIRST_PIPE_INO = 1000;
/** Inodes of sockets begin here. */
export const FIRST_SOCKET_INO = 1000;

/** What fstat(2) shows of a file that stands on the anonymous inode: no type, and its owner's. */
export const ANONYMOUS_ATTRIBUTES: Attributes = {
  device: ANONYMOUS_DEVICE,
  ino: ANONYMOUS_INO,
  mode: 0o600,
  nlink: 1,
  uid: 0,
  gid: 0,
  rdev: 0,
  size: 0,
  blocks: 0,
  atime_ns: 0n,
  mtime_ns: 0n,
  ctime_ns: 0n,
  btime_ns: 0n,
};
