/**
 * The system calls on files, gathered from the files by subject.
 *
 * Not among them yet, and so ENOSYS: flock (a lock that a checkpoint does not save must not seem to be
 * held), mount and umount2 (mounts are the harness's so far), splice, tee and vmsplice, the xattr family,
 * inotify, openat2, name_to_handle_at.
 */

import { attributeCalls } from "./file_attributes.ts";
import { descriptorCalls } from "./file_descriptors.ts";
import { epollCalls } from "./file_epoll.ts";
import { eventCalls } from "./file_events.ts";
import { fileIoCalls } from "./file_io.ts";
import { ioctlCalls } from "./file_ioctl.ts";
import { pathCalls } from "./file_paths.ts";
import { pollCalls } from "./file_poll.ts";
import { statCalls } from "./file_stat.ts";
import type { SystemCallGroup } from "./group.ts";

/** System calls on files, by number. */
export const fileCalls: SystemCallGroup = {
  ...attributeCalls,
  ...descriptorCalls,
  ...epollCalls,
  ...eventCalls,
  ...fileIoCalls,
  ...ioctlCalls,
  ...pathCalls,
  ...pollCalls,
  ...statCalls,
};
