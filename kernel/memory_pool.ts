/**
 * Memories that machines have made for themselves and given back, for those that are made next.
 *
 * A WebAssembly memory reserves gigabytes of the host's addresses until it is collected as garbage, and when
 * too many are reserved the engine collects everything each time another is made. A memory without frames in
 * use is as good as a new one: machines may share memories anyway.
 */

import { Hart, PhysicalMemory } from "../emu/mod.ts";

/** Most memories that are kept. */
const IDLE_MAX = 8;
/** Bytes of one that is kept at most: they are not given back to the host. */
const BYTES_MAX = 128 * 2 ** 20;

const made = new WeakSet<PhysicalMemory>();
const idle: PhysicalMemory[] = [];

/** A memory without frames in use, with this limit of frames. */
export function takeMemory(framesMax: number = PhysicalMemory.framesMaxDefault): PhysicalMemory {
  const index = idle.findLastIndex((memory) => memory.framesMax === framesMax);
  const [kept] = index < 0 ? [] : idle.splice(index, 1);
  const memory = kept ?? new PhysicalMemory({ framesMax });
  made.add(memory);
  return memory;
}

/** A machine on a memory has ended; keeps the memory if it came from here and nobody uses it. */
export function giveBackMemory(memory: PhysicalMemory): void {
  const isUsed = memory.framesInUse > 0 || memory.pageTablesInUse > 0;
  if (!made.has(memory) || isUsed || idle.includes(memory)) return;
  if (idle.length === IDLE_MAX || memory.bytes.length > BYTES_MAX) return;
  // As in a new memory: whoever had it may have chosen otherwise.
  Hart.of(memory).configure({});
  idle.push(memory);
}
