/** The file systems that nobody mounts, in which pipes and terminals have their inodes. */

import { makeDevice } from "../abi/stat.ts";

/** `st_dev` of pipes. */
export const PIPE_DEVICE: number = makeDevice(0, 14);
/** `st_dev` of terminals: what would be mounted at /dev/pts. */
export const TERMINAL_DEVICE: number = makeDevice(0, 24);
/** `st_dev` of the root; what is mounted later gets the numbers above 32. */
export const ROOT_DEVICE: number = makeDevice(0, 26);
/** The minor of the first file system that is mounted. */
export const FIRST_MOUNT_MINOR = 32;

/** Inodes of the machine's standard streams, whether pipe or terminal: this plus the stream's index. */
export const FIRST_STREAM_INO = 3;
/** Inodes of pipe(2)'s pipes begin here. */
export const FIRST_PIPE_INO = 1000;
