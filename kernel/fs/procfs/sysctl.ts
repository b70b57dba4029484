/**
 * /proc/sys: the settings that programs ask for. They are this kernel's limits and cannot be changed.
 *
 * Source: `Documentation/admin-guide/sysctl/`; proc_sys(5).
 */

import {
  INOTIFY_EVENTS_MAX,
  INOTIFY_INSTANCES_MAX,
  INOTIFY_WATCHES_MAX,
} from "../../abi/inotify.ts";
import {
  DFLT_MSG,
  DFLT_MSGMAX,
  DFLT_MSGSIZE,
  DFLT_MSGSIZEMAX,
  DFLT_QUEUESMAX,
} from "../../abi/mqueue.ts";
import { DESCRIPTORS_MAX, PIPE_CAPACITY_BYTES_MAX } from "../../abi/fcntl.ts";
import {
  ALL_SEMAPHORES_MAX,
  IPC_SETS_MAX,
  MESSAGE_BYTES_MAX,
  OPERATIONS_MAX,
  QUEUE_BYTES,
  SEGMENT_BYTES_MAX,
  SEGMENTS_MAX,
  SEMAPHORES_MAX,
} from "../../abi/ipc.ts";
import { MAX_MAP_COUNT, MMAP_MIN_ADDR } from "../../abi/mman.ts";
import { PID_MAX } from "../../abi/process.ts";
import { NGROUPS_MAX } from "../../credentials.ts";
import type { Kernel } from "../../kernel.ts";
import { OVERFLOW_ID } from "../../user_namespace.ts";
import { CAP_LAST_CAP } from "../../abi/capability.ts";
import { MOUNTS_MAX } from "../mount_table.ts";
import { directory, file, type ProcDirectoryNode, type ProcFileNode } from "./node.ts";

/** Bits that the generator of randomness always has. */
const ENTROPY_BITS = 256;

function value(read: () => number | string | bigint): ProcFileNode {
  return file(() => `${read()}\n`);
}

/** The settings of a machine. */
export function sysctlNode(kernel: Kernel): ProcDirectoryNode {
  const { uts: own, scheduler } = kernel;
  // Whoever reads them has names of its own, maybe.
  const names = () => scheduler.current?.namespaces?.uts ?? own;
  return directory({
    fs: directory({
      "file-max": value(() => (1n << 63n) - 1n),
      inotify: directory({
        max_queued_events: value(() => INOTIFY_EVENTS_MAX),
        max_user_instances: value(() => INOTIFY_INSTANCES_MAX),
        max_user_watches: value(() => INOTIFY_WATCHES_MAX),
      }),
      "mount-max": value(() => MOUNTS_MAX),
      mqueue: directory({
        msg_default: value(() => DFLT_MSG),
        msg_max: value(() => DFLT_MSGMAX),
        msgsize_default: value(() => DFLT_MSGSIZE),
        msgsize_max: value(() => DFLT_MSGSIZEMAX),
        queues_max: value(() => DFLT_QUEUESMAX),
      }),
      nr_open: value(() => DESCRIPTORS_MAX),
      overflowgid: value(() => OVERFLOW_ID),
      overflowuid: value(() => OVERFLOW_ID),
      "pipe-max-size": value(() => PIPE_CAPACITY_BYTES_MAX),
    }),
    kernel: directory({
      cap_last_cap: value(() => CAP_LAST_CAP),
      domainname: value(() => names().domainname),
      hostname: value(() => names().nodename),
      msgmax: value(() => MESSAGE_BYTES_MAX),
      msgmnb: value(() => QUEUE_BYTES),
      msgmni: value(() => IPC_SETS_MAX),
      ngroups_max: value(() => NGROUPS_MAX),
      osrelease: value(() => own.release),
      ostype: value(() => own.sysname),
      overflowgid: value(() => OVERFLOW_ID),
      overflowuid: value(() => OVERFLOW_ID),
      pid_max: value(() => PID_MAX),
      random: directory({
        entropy_avail: value(() => ENTROPY_BITS),
        poolsize: value(() => ENTROPY_BITS),
        uuid: value(() => uuid(kernel.entropy.bytes(16))),
      }),
      randomize_va_space: value(() => 0),
      sem: value(() =>
        [SEMAPHORES_MAX, ALL_SEMAPHORES_MAX, OPERATIONS_MAX, IPC_SETS_MAX].join("\t")
      ),
      shmall: value(() => SEGMENT_BYTES_MAX),
      shmmax: value(() => SEGMENT_BYTES_MAX),
      shmmni: value(() => SEGMENTS_MAX),
      "threads-max": value(() => PID_MAX),
      version: value(() => own.version),
    }),
    vm: directory({
      max_map_count: value(() => MAX_MAP_COUNT),
      mmap_min_addr: value(() => MMAP_MIN_ADDR),
      overcommit_memory: value(() => 0),
    }),
  });
}

/** A random UUID, version 4, of 16 bytes of chance. */
function uuid(bytes: Uint8Array): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
