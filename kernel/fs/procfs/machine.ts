/**
 * The files of /proc about the machine as a whole.
 *
 * They agree with sysinfo(2) on what is told of memory: all of it counts as free, because how much is in
 * use is the host's concern and changes at restart.
 *
 * Source: `fs/proc/{meminfo,stat,uptime,loadavg,version,devices}.c`, `arch/riscv/kernel/cpu.c`; proc(5).
 */

import { PAGE_SIZE } from "../../../emu/mod.ts";
import { NSEC_PER_SEC } from "../../abi/time.ts";
import { BOOT_REALTIME_NS } from "../../clock.ts";
import type { Kernel } from "../../kernel.ts";
import { MOUNTABLE_TYPES } from "../file_system_types.ts";
import { tick } from "./format.ts";

const KIB = 1024;
/** The extensions of the hart, as the kernel of riscv spells them: `emu/isa/`. */
const ISA = "rv64imafdc_zicntr_zicsr_zifencei";
const NSEC_PER_CENTISECOND = NSEC_PER_SEC / 100n;

/** The processors. */
export function cpuInfo({ scheduler }: Kernel): string {
  return scheduler.usage.map((_, hart) => processorInfo(hart)).join("");
}

function processorInfo(hart: number): string {
  return [
    `processor\t: ${hart}`,
    `hart\t\t: ${hart}`,
    `isa\t\t: ${ISA}`,
    "mmu\t\t: sv39",
    "mvendorid\t: 0x0",
    "marchid\t\t: 0x0",
    "mimpid\t\t: 0x0",
    `hart isa\t: ${ISA}`,
    "",
    "",
  ].join("\n");
}

/** Which drivers have which major numbers. */
export function devices(): string {
  const character = ["  1 mem", "  5 /dev/tty", "  5 /dev/console", "  5 /dev/ptmx", "136 pts"];
  return ["Character devices:", ...character, "", "Block devices:", ""].join("\n");
}

/** The kinds of file systems that there are; none of them is on a device. */
export function fileSystems(): string {
  return [...MOUNTABLE_TYPES, "devpts", "9p"].map((type) => `nodev\t${type}\n`).join("");
}

/** Averages are not kept, as sysinfo(2) tells too; how many tasks run, and the last pid, are known. */
export function loadAverage({ scheduler, tasks }: Kernel): string {
  const running = scheduler.queue.length;
  return `0.00 0.00 0.00 ${running}/${tasks.size} ${tasks.lastPid}\n`;
}

/** Memory, in KiB. */
export function memoryInfo({ memory }: Kernel): string {
  const total = (memory.framesMax * PAGE_SIZE) / KIB;
  const lines: [name: string, kib: number][] = [
    ["MemTotal", total],
    ["MemFree", total],
    ["MemAvailable", total],
    ["Buffers", 0],
    ["Cached", 0],
    ["SwapCached", 0],
    ["SwapTotal", 0],
    ["SwapFree", 0],
    ["Dirty", 0],
    ["Writeback", 0],
    ["Shmem", 0],
    ["KReclaimable", 0],
    ["Slab", 0],
    ["SReclaimable", 0],
    ["SUnreclaim", 0],
  ];
  // Linux puts the number in 8 columns behind 16 of name and blanks.
  return lines
    .map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`)
    .join("");
}

/**
 * Counters of memory management; those that vmstat(8) needs. Nothing is counted, since pages come and go
 * by the host's needs.
 */
export function memoryCounters({ memory }: Kernel): string {
  const counters = ["nr_dirty", "nr_writeback", "pgpgin", "pgpgout", "pswpin", "pswpout"];
  return [`nr_free_pages ${memory.framesMax}`, ...counters.map((name) => `${name} 0`), ""].join(
    "\n",
  );
}

/** The disks' partitions: there are none. */
export function partitions(): string {
  return "major minor  #blocks  name\n\n";
}

/** Where memory is swapped to: nowhere. */
export function swaps(): string {
  return "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
}

/** What the processors did, in ticks; time is spent by programs or idle, never by the kernel. */
export function statistics(kernel: Kernel): string {
  const { clock, scheduler, tasks } = kernel;
  const { usage } = scheduler;
  const times = (user: number, idle_ns: bigint) => `${tick(user)} 0 0 ${tick(idle_ns)} 0 0 0 0 0 0`;
  const total = usage.reduce((sum, instructions) => sum + instructions, 0);
  return [
    `cpu  ${times(total, idleOf(kernel))}`,
    ...usage.map((instructions, hart) =>
      `cpu${hart} ${times(instructions, clock.monotonic_ns - BigInt(instructions))}`
    ),
    "intr 0",
    "ctxt 0",
    `btime ${BOOT_REALTIME_NS / NSEC_PER_SEC}`,
    `processes ${tasks.lastPid}`,
    `procs_running ${scheduler.queue.length}`,
    "procs_blocked 0",
    "softirq 0 0 0 0 0 0 0 0 0 0 0",
    "",
  ].join("\n");
}

/** The time that the harts were idle, summed up, in ns: while one runs, the others wait for their turn. */
function idleOf({ clock, scheduler: { usage } }: Kernel): bigint {
  const busy = usage.reduce((sum, instructions) => sum + BigInt(instructions), 0n);
  return clock.monotonic_ns * BigInt(usage.length) - busy;
}

/** Seconds since boot as the caller sees it, and how many of them the harts were idle, summed up. */
export function uptime(kernel: Kernel): string {
  const { clock, scheduler } = kernel;
  const ahead_ns = scheduler.current?.namespaces?.time.boottime_ns ?? 0n;
  return `${seconds(clock.monotonic_ns + ahead_ns)} ${seconds(idleOf(kernel))}\n`;
}

function seconds(time_ns: bigint): string {
  const rest = (time_ns % NSEC_PER_SEC) / NSEC_PER_CENTISECOND;
  return `${time_ns / NSEC_PER_SEC}.${String(rest).padStart(2, "0")}`;
}

/** Which kernel this is. */
export function version({ uts }: Kernel): string {
  return `${uts.sysname} version ${uts.release} (crucible@crucible) (TypeScript) ${uts.version}\n`;
}
