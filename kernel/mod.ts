/**
 * A small Linux for riscv64: tasks, memory, signals, files, system calls, and checkpoint/restart. It
 * knows no harness and nothing of the host.
 *
 * @module
 */
export { Kernel, type KernelOptions } from "./kernel.ts";
export type { SpawnOptions } from "./program.ts";
export type { RunOptions, RunStop, SystemCallStop } from "./run.ts";
export type { Task, TaskState } from "./task.ts";
export * from "./abi/errno.ts";
export { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from "./abi/fcntl.ts";
export { SIGINT } from "./abi/signal.ts";
export { ExecError } from "./exec/elf.ts";
export { Cloning } from "./fs/cloning.ts";
export type { FileSystemEnvironment } from "./fs/environment.ts";
export { FileSystem } from "./fs/file_system.ts";
export type { ForeignAttributes, ForeignFile, ForeignFileSystem } from "./fs/foreign.ts";
export * from "./abi/stat.ts";
export { DirectoryInode, RegularInode } from "./fs/inode.ts";
export { OpenFile } from "./fs/open_file.ts";
export { resolvePath } from "./fs/path.ts";
export { Stream, type StreamOptions } from "./fs/stream.ts";
export type { SignalAction } from "./signals/dispositions.ts";
export { systemCall, systemCalls } from "./syscalls/table.ts";
export type { Vma } from "./mm/vma.ts";
export * from "./checkpoint/mod.ts";
