/**
 * Constants and structures of the descriptors that tell of events: eventfd, timerfd, signalfd, epoll.
 *
 * ```
 * struct epoll_event (16)     struct itimerspec (32)      struct signalfd_siginfo (128)
 *   0 events u32                0 it_interval timespec      0 ssi_signo   u32  40 ssi_status  s32
 *   4 padding                  16 it_value    timespec      4 ssi_errno   s32  44 ssi_int     s32
 *   8 data   u64                                            8 ssi_code    s32  48 ssi_ptr     u64
 *                                                          12 ssi_pid     u32  56 ssi_utime   u64
 * (packed to 12 bytes on x86-64 only)                      16 ssi_uid     u32  64 ssi_stime   u64
 *                                                          20 ssi_fd      s32  72 ssi_addr    u64
 *                                                          24 ssi_tid     u32  80 ssi_addr_lsb u16
 *                                                          28 ssi_band    u32
 *                                                          32 ssi_overrun u32
 *                                                          36 ssi_trapno  u32
 * ```
 *
 * Source: `include/uapi/linux/{eventfd,timerfd,signalfd,eventpoll}.h`; eventfd(2), timerfd_create(2),
 * signalfd(2), epoll_ctl(2).
 */

import { O_CLOEXEC, O_NONBLOCK } from "./fcntl.ts";
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  POLLRDBAND,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from "./poll.ts";

// eventfd2(2).
/** Each read takes one. */
export const EFD_SEMAPHORE = 1;
export const EFD_FLAGS: number = EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK;
/** The most that an eventfd counts to. */
export const EVENTFD_COUNT_MAX = 0xffff_ffff_ffff_fffen;

// timerfd_settime(2).
export const TFD_TIMER_ABSTIME = 1;
export const TFD_TIMER_CANCEL_ON_SET = 2;
/** Bytes of `struct itimerspec`. */
export const ITIMERSPEC_BYTES = 32;

/** Bytes of `struct signalfd_siginfo`. */
export const SIGNALFD_SIGINFO_BYTES = 128;

// epoll_ctl(2).
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
/** Among several sets with this bit only some are told. */
export const EPOLLEXCLUSIVE = 0x1000_0000;
/** Keeps a system from being suspended, which this one never is. */
export const EPOLLWAKEUP = 0x2000_0000;
/** Told once, then silent until EPOLL_CTL_MOD. */
export const EPOLLONESHOT = 0x4000_0000;
/** Told when something happens, not as long as it holds: edge-triggered. */
export const EPOLLET = 0x8000_0000;
/** All that means something in an entry's events, with its name. */
export const EPOLL_EVENT_BITS = {
  EPOLLIN: POLLIN,
  EPOLLPRI: POLLPRI,
  EPOLLOUT: POLLOUT,
  EPOLLERR: POLLERR,
  EPOLLHUP: POLLHUP,
  EPOLLNVAL: POLLNVAL,
  EPOLLRDNORM: POLLRDNORM,
  EPOLLRDBAND: POLLRDBAND,
  EPOLLWRNORM: POLLWRNORM,
  EPOLLWRBAND: POLLWRBAND,
  EPOLLRDHUP: POLLRDHUP,
  EPOLLEXCLUSIVE,
  EPOLLWAKEUP,
  EPOLLONESHOT,
  EPOLLET,
} as const;
/** The same as one set. */
export const EPOLL_EVENTS_KNOWN: number =
  Object.values(EPOLL_EVENT_BITS).reduce((all: number, bit) => all | bit, 0) >>> 0;
/** Bytes of `struct epoll_event`. */
export const EPOLL_EVENT_BYTES = 16;
/** Sets within sets, at most. */
export const EPOLL_NESTING_MAX = 5;
/** Lines of sets that lead from one set to outer ones, at most: about what Linux's path_limits allow. */
export const EPOLL_LINES_MAX = 1000;
/** The most entries of a set: /proc/sys/fs/epoll/max_user_watches of a machine with 1 GiB. */
export const EPOLL_ITEMS_MAX = 233422;
