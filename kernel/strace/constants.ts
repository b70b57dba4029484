/** The names of constants, taken from the kernel's own tables of them in abi/. */

import * as event from "../abi/event.ts";
import * as fcntl from "../abi/fcntl.ts";
import * as futex from "../abi/futex.ts";
import * as memfd from "../abi/memfd.ts";
import * as inotify from "../abi/inotify.ts";
import * as ioctl from "../abi/ioctl.ts";
import * as mman from "../abi/mman.ts";
import * as mounts from "../abi/mount.ts";
import * as poll from "../abi/poll.ts";
import * as processes from "../abi/process.ts";
import * as resource from "../abi/resource.ts";
import * as sched from "../abi/sched.ts";
import * as signals from "../abi/signal.ts";
import * as socket from "../abi/socket.ts";
import * as time from "../abi/time.ts";
import type { Names } from "./text.ts";

/** The numbers of a table whose names match. */
function pick(
  table: Readonly<Record<string, unknown>>,
  pattern: RegExp,
): Readonly<Record<string, number>> {
  const found: [string, number][] = [];
  for (const [name, value] of Object.entries(table)) {
    if (!pattern.test(name)) continue;
    if (typeof value === "number" || typeof value === "bigint") found.push([name, Number(value)]);
  }
  return Object.fromEntries(found.sort(([, a], [, b]) => bitsIn(b) - bitsIn(a) || a - b));
}

/** Names of several bits come before those of bits within them. */
function bitsIn(value: number): number {
  return BigInt.asUintN(64, BigInt(value)).toString(2).replaceAll("0", "").length;
}

/** Names that are looked up when first asked for: few of them ever are. */
function lazily(prefix: string, areBits: boolean, choose: () => Names["values"]): Names {
  let chosen: Names["values"] | undefined;
  return {
    prefix,
    areBits,
    get values() {
      return chosen ??= choose();
    },
  };
}

const values = (prefix: string, table: Record<string, unknown>, pattern: RegExp): Names =>
  lazily(prefix, false, () => pick(table, pattern));
const bits = (prefix: string, table: Record<string, unknown>, pattern: RegExp): Names =>
  lazily(prefix, true, () => pick(table, pattern));

/** open(2), without the access mode. */
export const OPEN_FLAGS: Names = bits(
  "O_",
  fcntl,
  /^O_(?!ACCMODE|RDONLY|WRONLY|RDWR|SYNC_BIT|TMPFILE_BIT)/,
);
/** open(2)'s access mode. */
export const ACCESS_MODES: Names = values("O_", fcntl, /^O_(RDONLY|WRONLY|RDWR)$/);
/** The *at() family. */
export const AT_FLAGS: Names = bits(
  "AT_",
  fcntl,
  /^AT_(?!FDCWD|REMOVEDIR|EACCESS|STATX|HANDLE)/,
);
/** name_to_handle_at(2). */
export const HANDLE_FLAGS: Names = bits(
  "AT_",
  fcntl,
  /^AT_(SYMLINK_FOLLOW|EMPTY_PATH|HANDLE_\w+)$/,
);
/** unlinkat(2). */
export const UNLINK_FLAGS: Names = bits("AT_", fcntl, /^AT_REMOVEDIR$/);
/** faccessat2(2). */
export const ACCESS_FLAGS: Names = bits("AT_", fcntl, /^AT_(EACCESS|SYMLINK_NOFOLLOW|EMPTY_PATH)$/);
/** access(2)'s mode; 0 is F_OK. */
export const ACCESS_BITS: Names = lazily("?_OK", true, () => ({
  F_OK: 0,
  ...pick(fcntl, /^[RWX]_OK$/),
}));
/** fcntl(2)'s commands. */
export const FCNTL_COMMANDS: Names = values("F_", fcntl, /^F_(?!OWNER_|.*LCK$)/);
/** memfd_create(2). */
export const MEMFD_FLAGS: Names = bits("MFD_", memfd, /^MFD_(?!HUGE_MASK|NAME_MAX)/);
/** F_ADD_SEALS. */
export const SEALS: Names = bits("F_SEAL_", memfd, /^F_SEAL_(?!ALL)/);
/** F_SETFD. */
export const DESCRIPTOR_FLAGS: Names = bits("FD_", fcntl, /^FD_CLOEXEC$/);
/** mount(2). */
export const MOUNT_FLAGS: Names = bits("MS_", mounts, /^MS_(?!MGC)/);
/** umount2(2). */
export const UNMOUNT_FLAGS: Names = bits("MNT_", mounts, /^(MNT|UMOUNT)_/);
/** lseek(2). */
export const WHENCES: Names = values("SEEK_", fcntl, /^SEEK_/);
/** renameat2(2). */
export const RENAME_FLAGS: Names = bits("RENAME_", fcntl, /^RENAME_/);
/** fallocate(2). */
export const FALLOCATE_FLAGS: Names = bits("FALLOC_FL_", fcntl, /^FALLOC_FL_/);
/** preadv2(2). */
export const RWF_FLAGS: Names = bits("RWF_", fcntl, /^RWF_/);
/** inotify_add_watch(2). */
export const INOTIFY_BITS: Names = bits("IN_", inotify, /^IN_(?!INIT|WATCH|ALL)/);
/** ioctl(2). */
export const IOCTL_REQUESTS: Names = values("", ioctl, /^(T|FIO|SIOC)/);
/** mmap(2)'s rights. */
export const PROTECTIONS: Names = bits("PROT_", mman, /^PROT_/);
/** mmap(2)'s flags, without the type. */
export const MAP_FLAGS: Names = bits("MAP_", mman, /^MAP_(?!TYPE|SHARED|PRIVATE)/);
/** mmap(2)'s type. */
export const MAP_TYPES: Names = values("MAP_", mman, /^MAP_(SHARED|PRIVATE|SHARED_VALIDATE)$/);
/** mremap(2). */
export const MREMAP_FLAGS: Names = bits("MREMAP_", mman, /^MREMAP_/);
/** msync(2). */
export const MSYNC_FLAGS: Names = bits("MS_", mman, /^MS_/);
/** madvise(2). */
export const ADVICES: Names = values("MADV_", mman, /^MADV_/);
/** poll(2). */
export const POLL_EVENTS: Names = bits("POLL", poll, /^POLL(?!FD)/);
/** prctl(2). */
export const PRCTL_OPTIONS: Names = values("PR_", processes, /^PR_/);
/** clone(2), without the signal. */
export const CLONE_FLAGS: Names = bits("CLONE_", processes, /^CLONE_/);
/** wait4(2). */
export const WAIT_OPTIONS: Names = bits(
  "W",
  processes,
  /^(WNOHANG|WUNTRACED|WEXITED|WCONTINUED|WNOWAIT|__W\w+)$/,
);
/** waitid(2). */
export const WAIT_IDS: Names = values("P_", processes, /^P_/);
/** kcmp(2). */
export const COMPARISONS: Names = values("KCMP_", processes, /^KCMP_/);
/** getrandom(2). */
export const RANDOM_FLAGS: Names = bits("GRND_", processes, /^GRND_/);
/** futex(2)'s operation, without its flags. */
export const FUTEX_OPERATIONS: Names = values(
  "FUTEX_",
  futex,
  /^FUTEX_(?!WAITV)(WAIT|WAKE|RE|CMP|LOCK|UNLOCK|TRY)\w*$/,
);
/** futex(2)'s flags. */
export const FUTEX_FLAGS: Names = bits(
  "FUTEX_",
  futex,
  /^FUTEX_(PRIVATE_FLAG|CLOCK_REALTIME)$/,
);
/** The flags of a word in futex_wait(2) and its like. */
export const FUTEX_WORD_FLAGS: Names = bits("FUTEX2_", futex, /^FUTEX2_(SIZE_U32|PRIVATE)$/);
/** getrlimit(2). */
export const RESOURCES: Names = values("RLIMIT_", resource, /^RLIMIT_/);
/** getrusage(2). */
export const USAGES: Names = values("RUSAGE_", resource, /^RUSAGE_(?!BYTES)/);
/** sigprocmask(2). */
export const MASK_CHANGES: Names = values("SIG_", signals, /^SIG_(BLOCK|UNBLOCK|SETMASK)$/);
/** sigaction(2). */
export const ACTION_FLAGS: Names = bits("SA_", signals, /^SA_(?!KNOWN)/);
/** si_code of signals that were sent. */
export const SIGNAL_CODES: Names = values("SI_", signals, /^SI_/);
/** si_code of SIGCHLD. */
export const CHILD_CODES: Names = values("CLD_", signals, /^CLD_/);
/** si_code of SIGSEGV. */
export const SEGV_CODES: Names = values("SEGV_", signals, /^SEGV_/);
/** si_code of SIGBUS. */
export const BUS_CODES: Names = values("BUS_", signals, /^BUS_/);
/** si_code of SIGIO. */
export const POLL_CODES: Names = values("POLL_", signals, /^POLL_/);
/** si_code of SIGILL. */
export const ILL_CODES: Names = values("ILL_", signals, /^ILL_/);
/** si_code of SIGTRAP. */
export const TRAP_CODES: Names = values("TRAP_", signals, /^TRAP_/);
/** clock_gettime(2). */
export const CLOCKS: Names = values("CLOCK_", time, /^CLOCK_/);
/** clock_nanosleep(2). */
export const TIMER_FLAGS: Names = bits("TIMER_", time, /^TIMER_ABSTIME$/);
/** struct sigevent. */
export const SIGNAL_EVENTS: Names = values("SIGEV_", time, /^SIGEV_/);
/** socket(2)'s family. */
export const ADDRESS_FAMILIES: Names = values("AF_", socket, /^AF_(?!MAX)/);
/** socket(2)'s type, without its flags. */
export const SOCKET_TYPES: Names = values("SOCK_", socket, /^SOCK_(STREAM|DGRAM|RAW|SEQPACKET)$/);
/** The flags in socket(2)'s type. */
export const SOCKET_FLAGS: Names = bits("SOCK_", socket, /^SOCK_(CLOEXEC|NONBLOCK)$/);
/** send(2), recv(2). */
export const MESSAGE_FLAGS: Names = bits("MSG_", socket, /^MSG_/);
/** shutdown(2). */
export const SHUTDOWNS: Names = values("SHUT_", socket, /^SHUT_/);
/** epoll_ctl(2). */
export const EPOLL_OPERATIONS: Names = values("EPOLL_CTL_", event, /^EPOLL_CTL_/);
/** Levels of getsockopt(2). */
export const SOCKET_LEVELS: Names = values("SOL_", socket, /^(SOL_SOCKET|IPPROTO_\w+)$/);
/** Options of SOL_SOCKET. */
export const SOCKET_OPTIONS: Names = values("SO_", socket, /^SO_/);
/** Policies of sched_setscheduler(2). */
export const POLICIES: Names = values(
  "SCHED_",
  sched,
  /^SCHED_(OTHER|FIFO|RR|BATCH|IDLE|DEADLINE)$/,
);
/** setitimer(2). */
export const INTERVAL_TIMERS: Names = values("ITIMER_", time, /^ITIMER_/);
/** Whom getpriority(2) is about. */
export const PRIORITIES: Names = values("PRIO_", sched, /^PRIO_(PROCESS|PGRP|USER)$/);
