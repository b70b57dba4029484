/**
 * What the arguments of system calls are, so that they can be shown. The calls and the names of their
 * arguments stand in the table of system calls; here stands what an argument of a name is, and where in
 * one call it is something else. An argument that is not mentioned is shown as a number.
 *
 * Source: strace(1); the manual pages of the calls.
 */

import {
  addressKind,
  type ArgumentKind,
  bytesIn,
  bytesOut,
  decimal,
  descriptor,
  directory,
  hexadecimal,
  openMode,
  pathOut,
  pathString,
  signalNumber,
  unsigned,
  valueOf,
} from "./argument_values.ts";
import * as constants from "./constants.ts";
import {
  accessPattern,
  argumentStrings,
  bufferList,
  cloneFlags,
  descriptorPair,
  environmentStrings,
  fcntlArgument,
  futexOperation,
  integerOut,
  ioctlArgument,
  limitIn,
  limitOut,
  mapFlags,
  openFlags,
  permissions,
  pollList,
  queueAttributesIn,
  queueAttributesOut,
  records,
  signalAction,
  signalActionOut,
  signalEvent,
  signalSet,
  signalSetOut,
  socketAddress,
  socketType,
  statOut,
  timespec,
  timespecOut,
  unameOut,
  waitStatus,
} from "./structures.ts";

/** What an argument of a name is, in whatever call. */
const BY_NAME: Readonly<Record<string, ArgumentKind>> = {
  abs_timeout: timespec,
  act: signalAction,
  addr: addressKind,
  child_tid: addressKind,
  clockid: valueOf(constants.CLOCKS),
  dirfd: directory,
  envp: environmentStrings,
  epfd: descriptor,
  fd: descriptor,
  fd_in: descriptor,
  fd_out: descriptor,
  fds: pollList,
  in_fd: descriptor,
  iov: bufferList,
  length: unsigned,
  linkpath: pathString,
  logfd: descriptor,
  mask: signalSet,
  mode: permissions,
  mqdes: descriptor,
  new_addr: addressKind,
  newdirfd: directory,
  newfd: descriptor,
  newpath: pathString,
  old_addr: addressKind,
  oldact: signalActionOut,
  olddirfd: directory,
  oldfd: descriptor,
  oldpath: pathString,
  oldset: signalSetOut,
  out_fd: descriptor,
  parent_tid: addressKind,
  path: pathString,
  pathname: pathString,
  pid: decimal,
  pipefd: descriptorPair,
  prot: valueOf(constants.PROTECTIONS),
  resource: valueOf(constants.RESOURCES),
  set: signalSet,
  sig: signalNumber,
  sigmask: signalSet,
  signum: signalNumber,
  sockfd: descriptor,
  stack: addressKind,
  statbuf: statOut,
  status: decimal,
  sv: descriptorPair,
  target: pathString,
  tid: decimal,
  tidptr: addressKind,
  timeout: timespec,
  tls: addressKind,
  tmo_p: timespec,
  uaddr: addressKind,
  uaddr2: addressKind,
  whence: valueOf(constants.WHENCES),
};

/** How the arguments of calls that the kernel does not have are called, with a number. */
export const UNKNOWN = "?";

const atFlags = valueOf(constants.AT_FLAGS);
const openOnly = valueOf(constants.OPEN_FLAGS);
const messageFlags = valueOf(constants.MESSAGE_FLAGS);

/** What an argument is in one call. */
const BY_CALL: Readonly<Record<string, Readonly<Record<string, ArgumentKind>>>> = {
  accept: { addr: socketAddress("out"), addrlen: integerOut },
  accept4: {
    addr: socketAddress("out"),
    addrlen: integerOut,
    flags: valueOf(constants.SOCKET_FLAGS),
  },
  bind: { addr: socketAddress("in"), addrlen: decimal },
  clock_getres: { res: timespecOut },
  clock_gettime: { tp: timespecOut },
  clock_nanosleep: { flags: valueOf(constants.TIMER_FLAGS), t: timespec, remain: addressKind },
  clone: { flags: cloneFlags },
  connect: { addr: socketAddress("in"), addrlen: decimal },
  dup3: { flags: openOnly },
  epoll_create1: { flags: hexadecimal },
  epoll_ctl: { op: valueOf(constants.EPOLL_OPERATIONS), event: addressKind },
  eventfd2: { flags: openOnly },
  execve: { argv: argumentStrings },
  faccessat: { mode: accessPattern },
  faccessat2: { mode: accessPattern, flags: valueOf(constants.ACCESS_FLAGS) },
  fallocate: { mode: valueOf(constants.FALLOCATE_FLAGS) },
  fchmodat2: { flags: atFlags },
  fchownat: { flags: atFlags },
  fcntl: { cmd: valueOf(constants.FCNTL_COMMANDS), arg: fcntlArgument },
  futex: { op: futexOperation, val: unsigned, val3: hexadecimal },
  get_robust_list: { head_ptr: addressKind, len_ptr: addressKind },
  getcwd: { buf: pathOut },
  getdents64: { dirp: records },
  getpeername: { addr: socketAddress("out"), addrlen: integerOut },
  getrandom: { buf: bytesOut, flags: valueOf(constants.RANDOM_FLAGS) },
  getresgid: { rgid: integerOut, egid: integerOut, sgid: integerOut },
  getresuid: { ruid: integerOut, euid: integerOut, suid: integerOut },
  getrlimit: { rlim: limitOut },
  getrusage: { who: valueOf(constants.USAGES), usage: addressKind },
  getsockname: { addr: socketAddress("out"), addrlen: integerOut },
  inotify_add_watch: { mask: valueOf(constants.INOTIFY_BITS) },
  inotify_init1: { flags: openOnly },
  ioctl: { request: valueOf(constants.IOCTL_REQUESTS), arg: ioctlArgument },
  linkat: { flags: atFlags },
  madvise: { advice: valueOf(constants.ADVICES) },
  memfd_create: { flags: valueOf(constants.MEMFD_FLAGS) },
  mmap: { flags: mapFlags, offset: hexadecimal },
  mq_getsetattr: { newattr: queueAttributesIn, oldattr: queueAttributesOut },
  mq_notify: { sevp: signalEvent },
  mq_open: { name: pathString, oflag: openFlags, mode: openMode, attr: queueAttributesIn },
  mq_timedreceive: { msg_ptr: bytesOut, msg_prio: integerOut },
  mq_timedsend: { msg_ptr: bytesIn, msg_prio: unsigned },
  mq_unlink: { name: pathString },
  mremap: { flags: valueOf(constants.MREMAP_FLAGS) },
  msync: { flags: valueOf(constants.MSYNC_FLAGS) },
  nanosleep: { duration: timespec, rem: addressKind },
  newfstatat: { flags: atFlags },
  openat2: { how: addressKind },
  openat: { flags: openFlags, mode: openMode },
  pipe2: { flags: openOnly },
  prctl: {
    option: valueOf(constants.PRCTL_OPTIONS),
    arg2: hexadecimal,
    arg3: hexadecimal,
    arg4: hexadecimal,
    arg5: hexadecimal,
  },
  pread64: { buf: bytesOut },
  preadv2: { flags: valueOf(constants.RWF_FLAGS) },
  prlimit64: { new_limit: limitIn, old_limit: limitOut },
  pwrite64: { buf: bytesIn },
  pwritev2: { flags: valueOf(constants.RWF_FLAGS) },
  read: { buf: bytesOut },
  readlinkat: { buf: bytesOut },
  recvfrom: { buf: bytesOut, flags: messageFlags, src_addr: addressKind, addrlen: addressKind },
  recvmsg: { msg: addressKind, flags: messageFlags },
  renameat2: { flags: valueOf(constants.RENAME_FLAGS) },
  rt_sigpending: { set: signalSetOut },
  rt_sigprocmask: { how: valueOf(constants.MASK_CHANGES) },
  rt_sigtimedwait: { info: addressKind },
  sendmsg: { msg: addressKind, flags: messageFlags },
  sendto: { buf: bytesIn, flags: messageFlags, dest_addr: addressKind },
  set_robust_list: { head: addressKind },
  setrlimit: { rlim: limitIn },
  shutdown: { how: valueOf(constants.SHUTDOWNS) },
  sigaltstack: { ss: addressKind, old_ss: addressKind },
  signalfd4: { flags: openOnly },
  socket: { domain: valueOf(constants.ADDRESS_FAMILIES), type: socketType },
  socketpair: { domain: valueOf(constants.ADDRESS_FAMILIES), type: socketType },
  statfs: { buf: addressKind },
  statx: { flags: atFlags, mask: hexadecimal, statxbuf: addressKind },
  umask: { mask: permissions },
  uname: { buf: unameOut },
  unlinkat: { flags: valueOf(constants.UNLINK_FLAGS) },
  utimensat: { flags: atFlags, times: addressKind },
  wait4: { wstatus: waitStatus, options: valueOf(constants.WAIT_OPTIONS), rusage: addressKind },
  waitid: {
    idtype: valueOf(constants.WAIT_IDS),
    infop: addressKind,
    options: valueOf(constants.WAIT_OPTIONS),
    rusage: addressKind,
  },
  write: { buf: bytesIn },
};

/** What the argument of a call is. */
export function argumentKind(call: string, argument: string): ArgumentKind {
  if (argument.startsWith(UNKNOWN)) return hexadecimal;
  return BY_CALL[call]?.[argument] ?? BY_NAME[argument] ?? decimal;
}

/** The calls and arguments that are mentioned, for whoever checks that they exist. */
export function mentionedArguments(): readonly (readonly [call: string, argument: string])[] {
  return Object.entries(BY_CALL).flatMap(([call, kinds]) =>
    Object.keys(kinds).map((argument) => [call, argument] as const)
  );
}

/** The names that stand for the same thing in whatever call. */
export function commonArguments(): readonly string[] {
  return Object.keys(BY_NAME);
}
