/**
 * Constants and structures of inotify.
 *
 * ```
 * struct inotify_event (16 and the name)
 *   0 wd     s32
 *   4 mask   u32
 *   8 cookie u32
 *  12 len    u32     of the name with its zeros: 0, or a multiple of 16
 *  16 name
 * ```
 *
 * Source: `include/uapi/linux/inotify.h`; inotify(7).
 */

import { O_CLOEXEC, O_NONBLOCK } from "./fcntl.ts";

/** inotify_init1(2). */
export const IN_INIT_FLAGS: number = O_CLOEXEC | O_NONBLOCK;

// What can be watched for.
export const IN_ACCESS = 0x1;
export const IN_MODIFY = 0x2;
export const IN_ATTRIB = 0x4;
export const IN_CLOSE_WRITE = 0x8;
export const IN_CLOSE_NOWRITE = 0x10;
export const IN_OPEN = 0x20;
export const IN_MOVED_FROM = 0x40;
export const IN_MOVED_TO = 0x80;
export const IN_CREATE = 0x100;
export const IN_DELETE = 0x200;
export const IN_DELETE_SELF = 0x400;
export const IN_MOVE_SELF = 0x800;
export const IN_ALL_EVENTS = 0xfff;

// What is told besides.
export const IN_UNMOUNT = 0x2000;
export const IN_Q_OVERFLOW = 0x4000;
/** The watch is no more. */
export const IN_IGNORED = 0x8000;
export const IN_ISDIR = 0x4000_0000;

// How inotify_add_watch(2) is to watch.
export const IN_ONLYDIR = 0x0100_0000;
export const IN_DONT_FOLLOW = 0x0200_0000;
/** Not to tell of what happens to a file in the directory whose name is gone. */
export const IN_EXCL_UNLINK = 0x0400_0000;
/** Not to change a watch that is there. */
export const IN_MASK_CREATE = 0x1000_0000;
/** To add to a watch that is there. */
export const IN_MASK_ADD = 0x2000_0000;
/** To end the watch with its first event. */
export const IN_ONESHOT = 0x8000_0000;
/** All bits that inotify_add_watch(2) takes. */
export const IN_WATCH_BITS: number = (IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED |
  IN_ISDIR | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD |
  IN_ONESHOT) >>> 0;

/** Bytes of `struct inotify_event` without the name, which is filled up to a multiple of them. */
export const INOTIFY_EVENT_BYTES = 16;
/** Events that wait to be read, at most: Linux's default of fs.inotify.max_queued_events. */
export const INOTIFY_EVENTS_MAX = 16384;
/** Instances of a user, at most: Linux's default of fs.inotify.max_user_instances. */
export const INOTIFY_INSTANCES_MAX = 128;
/** Watches of one instance, at most; on Linux a limit for all of a user's (fs.inotify.max_user_watches). */
export const INOTIFY_WATCHES_MAX = 65536;
