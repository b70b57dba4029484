/**
 * A small Linux for riscv64: tasks, memory, signals, files, system calls, and checkpoint/restart. It
 * knows no harness and nothing of the host.
 *
 * @module
 */
export { Kernel, type KernelOptions, type KernelParts } from "./kernel.ts";
export type { SpawnOptions } from "./program.ts";
export type { CallTracer } from "./call_tracer.ts";
export { Strace } from "./strace/strace.ts";
export { systemCallName } from "./abi/unistd.ts";
export type { RunOptions, RunStop, SystemCallStop } from "./run.ts";
export type { Clock } from "./clock.ts";
export type { Entropy, EntropyState } from "./entropy.ts";
export { HARTS_MAX } from "./harts.ts";
export type { Scheduler, SchedulerOptions, SchedulerState, TaskPlace } from "./scheduler.ts";
export type { TurnState } from "./run_queue.ts";
export type { Statistics } from "./statistics.ts";
export type { UtsName } from "./uts.ts";
export type { CgroupNamespace, Namespaces } from "./namespaces.ts";
export type { IpcNamespace } from "./ipc/namespace.ts";
export type { PidNamespace } from "./pid_namespace.ts";
export type { TimeNamespace } from "./time_namespace.ts";
export type { IdKind, IdRange, UserNamespace } from "./user_namespace.ts";
export type { MessageQueue, QueuedMessage } from "./ipc/message_queue.ts";
export type { MqueueDirectory, MqueueFileSystem } from "./ipc/mqueue_fs.ts";
export type {
  NoticeSocket,
  PosixMessage,
  PosixQueue,
  QueueBounds,
  QueueNotice,
  QueueRegistration,
} from "./ipc/posix_queue.ts";
export type { Semaphore, SemaphoreOperation, SemaphoreSet } from "./ipc/semaphore_set.ts";
export type { SharedSegment } from "./ipc/segment.ts";
export type {
  ChosenOwnership,
  IpcKind,
  IpcObject,
  IpcOwnership,
  IpcRequest,
  IpcTable,
  IpcTableState,
} from "./ipc/table.ts";

// Tasks and what belongs to them.
export type { RobustList, Task, TaskParts, TaskState } from "./task.ts";
export type { Scheduling } from "./scheduling.ts";
export type { TaskTable } from "./task_table.ts";
export type { JobEvent, ThreadGroup, ThreadGroupParts } from "./thread_group.ts";
export type { Capabilities, UserIds } from "./capabilities.ts";
export type { Credentials } from "./credentials.ts";
export type { FutexPlace, FutexQueues, FutexWaiter } from "./futex.ts";
export type { Limit, Limits } from "./limits.ts";
export type {
  ChildWait,
  FifoWait,
  FutexesWait,
  FutexWait,
  FutexWord,
  LockWait,
  MessageQueueWait,
  MqueueWait,
  PolledFile,
  PollWait,
  SemaphoreWait,
  SignalWait,
  SleepWait,
  SocketWait,
  StreamWait,
  TerminalWait,
  TransferWait,
  VforkWait,
  Wait,
} from "./wait.ts";
export type { DefaultEffect, Dispositions, SignalAction } from "./signals/dispositions.ts";
export type { SigInfo } from "./signals/siginfo.ts";
export type { SignalQueue } from "./signals/signal_queue.ts";
export type {
  IntervalTimer,
  PosixTimer,
  PosixTimerParts,
  ProcessTimers,
  TimerNotice,
} from "./process_timers.ts";
export type { TimerQueue } from "./timer_queue.ts";
export type { TimerSetting } from "./timer_setting.ts";
export type { AlternateStack, TaskSignals } from "./signals/task_signals.ts";
export type { AddressSpace, SharedPlace } from "./mm/address_space.ts";
export type { Fault } from "./mm/fault.ts";
export type { UserMemory } from "./mm/user_memory.ts";
export type { Vdso } from "./mm/vdso.ts";
export type { SpecialMapping, Vma, VmaParts } from "./mm/vma.ts";
export type { VmaList } from "./mm/vma_list.ts";

// Files.
export { Cloning } from "./fs/cloning.ts";
export type { Entry } from "./fs/entry.ts";
export type {
  FileLock,
  FileLocks,
  KindRange,
  LockKind,
  LockMode,
  LockRange,
  LockRequest,
} from "./fs/file_locks.ts";
export { contentDigest } from "./fs/inode_state.ts";
export type { FileSystemEnvironment } from "./fs/environment.ts";
export type {
  Access as FileAccess,
  AsyncEvents,
  Attributes,
  FileKind,
  FileObject,
  Poller,
} from "./fs/file_object.ts";
export type { FileMapper, PageRange } from "./fs/file_mapper.ts";
export type { Happening, InodeWatch } from "./fs/notify.ts";
export { FileSystem } from "./fs/file_system.ts";
export type { MemoryFileParts } from "./fs/memory_file.ts";
export type { Descriptor, DuplicateOptions, FileTable } from "./fs/file_table.ts";
export type { ForeignAttributes, ForeignFile, ForeignFileSystem } from "./fs/foreign.ts";
export type { FsContext } from "./fs/fs_context.ts";
export {
  type AttributeChange,
  type Creation,
  DirectoryInode,
  type DirectoryRecord,
  type Inode,
  type Ownership,
  RegularInode,
  type Traversal,
} from "./fs/inode.ts";
export type { AsyncEdges, AsyncFile, AsyncFiles } from "./fs/async_files.ts";
export type { FileOwner, OwnerKind } from "./fs/file_owner.ts";
export type { Mount, MountParts, Place } from "./fs/mount.ts";
export type { MountNamespace, MountNamespaceParts, NamespaceCopy } from "./fs/mount_namespace.ts";
export type { MountTable } from "./fs/mount_table.ts";
export { OpenFile, type OpenFileParts, type Watcher } from "./fs/open_file.ts";
export { type PathContext, type ResolveOptions, resolvePath } from "./fs/path.ts";
export type { FileCredentials } from "./fs/permissions.ts";
export { Stream, type StreamOptions } from "./fs/stream.ts";
export type { EchoState } from "./fs/terminal/echo_buffer.ts";
export type { LineDisciplineHost, LineDisciplineState } from "./fs/terminal/line_discipline.ts";
export type { OutputState } from "./fs/terminal/output_processor.ts";
export type {
  Terminal,
  TerminalLine,
  TerminalOptions,
  TerminalState,
  WindowSize,
} from "./fs/terminal/terminal.ts";
export type { TerminalTable } from "./fs/terminal/terminal_table.ts";
export type { Termios } from "./fs/terminal/termios.ts";
export type { FileSystemUsage, Superblock } from "./fs/superblock.ts";
export type { Waiter, WaitQueue } from "./fs/wait_queue.ts";
export type { Alarm, Alarms } from "./alarms.ts";
export type { Waker } from "./file_waiters.ts";

// Sockets.
export { AF_INET, AF_INET6, AF_NETLINK, AF_UNIX } from "./abi/socket.ts";
export type { OpenContext } from "./fs/open.ts";
export type {
  Endpoint,
  InetAddress,
  NetlinkAddress,
  SocketAddress,
  UnixAddress,
} from "./net/address.ts";
export type { InetOptions } from "./net/inet_options.ts";
export type { InetSocket, InetSocketParts } from "./net/inet_socket.ts";
export type { Message, MessageOwner, MessageParts, PeerIdentity } from "./net/message.ts";
export type { Network, SocketTable } from "./net/network.ts";
export type { PortClaim, PortHolder, PortTable } from "./net/ports.ts";
export type {
  Outgoing,
  Received,
  Socket,
  SocketCaller,
  SocketNeed,
  SocketOptions,
  SocketParts,
  Wanted,
} from "./net/socket.ts";
export type { UnixSocket, UnixSocketParts } from "./net/unix_socket.ts";

// System calls and their constants.
export * from "./abi/errno.ts";
export { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from "./abi/fcntl.ts";
export { IUTF8 } from "./abi/termios.ts";
export { SIGINT, signalName } from "./abi/signal.ts";
export * from "./abi/stat.ts";
export { ExecError } from "./exec/elf.ts";
export { systemCall, systemCalls } from "./syscalls/table.ts";
export type {
  Call,
  OnSignal,
  SystemCall,
  SystemCallEntry,
  SystemCallGroup,
} from "./syscalls/group.ts";

export * from "./checkpoint/mod.ts";
