/**
 * The system calls on files, gathered from the files by subject.
 *
 * Not among them yet, and so ENOSYS: mount and umount2 (mounts are the harness's so far),
 * name_to_handle_at.
 */

import { attributeCalls } from "./file_attributes.ts";
import { descriptorCalls } from "./file_descriptors.ts";
import { epollCalls } from "./file_epoll.ts";
import { eventCalls } from "./file_events.ts";
import { fileIoCalls } from "./file_io.ts";
import { ioctlCalls } from "./file_ioctl.ts";
import { inotifyCalls } from "./inotify.ts";
import { lockCalls } from "./file_locks.ts";
import { openCalls } from "./file_open.ts";
import { pathCalls } from "./file_paths.ts";
import { pollCalls } from "./file_poll.ts";
import { spliceCalls } from "./file_splice.ts";
import { statCalls } from "./file_stat.ts";
import { xattrCalls } from "./file_xattr.ts";
import type { SystemCallGroup } from "./group.ts";

/** System calls on files, by number. */
export const fileCalls: SystemCallGroup = {
  ...attributeCalls,
  ...descriptorCalls,
  ...epollCalls,
  ...eventCalls,
  ...fileIoCalls,
  ...inotifyCalls,
  ...ioctlCalls,
  ...lockCalls,
  ...openCalls,
  ...pathCalls,
  ...pollCalls,
  ...spliceCalls,
  ...statCalls,
  ...xattrCalls,
};
