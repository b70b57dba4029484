/**
 * A program that makes whatever system calls a test puts into its registers, in a machine that it may
 * wreck: it is started anew when it has died.
 *
 * Invariants checked: nothing that a guest does throws out of `run`; a run of N instructions retires at
 * most N; and when the machine is gone, so is every frame.
 */

import { assert } from "../../std_assert.ts";
import { PhysicalMemory } from "../../emu/mod.ts";
import { SIGKILL } from "../abi/signal.ts";
import { exitGroup } from "../exit.ts";
import { Stream } from "../fs/stream.ts";
import { Kernel } from "../kernel.ts";
import { systemCalls } from "../syscalls/table.ts";
import type { Task } from "../task.ts";
import { build, end, PROGRAM } from "./machine.ts";

const A0 = 10;
const A7 = 17;
const ARGUMENTS = 6;
const INSTRUCTIONS_PER_CALL = 40;
/** A machine wears out: files pile up, descriptors close. */
const CALLS_PER_MACHINE = 500;
const FRAMES_MAX = 3000;

/** Writes its own address somewhere between the calls, so that memory is touched by instructions too. */
const GUN = `
  .bss
  .balign 4096
  room: .zero 65536
  .text
  handler: ret
  _start: ecall
  sd a7, -8(sp)
  j _start
`;
const PROGRAM_BYTES = build(GUN);

/** Numbers that are at the edge of something. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  4095n,
  4096n,
  65536n,
  0x10000n,
  0x11000n,
  0x12000n,
  0x20000n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 37n,
  2n ** 38n - 4096n,
  2n ** 38n - 1n,
  2n ** 38n,
  2n ** 52n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 4096n,
  2n ** 64n - 1n,
  -100n & (2n ** 64n - 1n),
];

/** A source of numbers below 2^32 that depends on its seed alone. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

/**
 * Makes `calls` system calls with arguments drawn by `random`; every second machine has terminals for its
 * streams. `prepare` gets each machine first. Throws where an invariant is broken.
 */
export function fuzzCalls(
  calls: number,
  random: () => number,
  prepare: (kernel: Kernel) => void = () => {},
): void {
  const numbers = systemCalls().map(([number]) => BigInt(number));
  const memory = new PhysicalMemory({ framesMax: FRAMES_MAX });
  for (let done = 0; done < calls; done += CALLS_PER_MACHINE) {
    const terminal = (done / CALLS_PER_MACHINE) % 2 === 1;
    const streams = [0, 1, 2].map((index) => new Stream(index, { terminal }));
    const kernel = new Kernel({ memory, seed: done, streams });
    prepare(kernel);
    kernel.fileSystem.writeFile(PROGRAM, PROGRAM_BYTES, 0o755);
    let task = kernel.spawn({ path: PROGRAM });
    for (let i = 0; i < Math.min(CALLS_PER_MACHINE, calls - done); i++) {
      if (!task.isAlive) {
        // The thread that began it may have ended before others.
        if (task.group.isAlive) exitGroup(kernel, task.group, SIGKILL);
        kernel.reap(task.pid);
        task = startAgain(kernel);
      }
      oneCall(kernel, task, numbers, random);
    }
    end(kernel);
  }
}

/** The program may have removed itself, or the directory that it was in. */
function startAgain(kernel: Kernel): Task {
  if (!kernel.fileSystem.exists(PROGRAM)) {
    if (!kernel.fileSystem.exists("/bin")) kernel.fileSystem.makeDirectory("/bin");
    kernel.fileSystem.writeFile(PROGRAM, PROGRAM_BYTES, 0o755);
  }
  kernel.fileSystem.writeFile(PROGRAM, PROGRAM_BYTES, 0o755);
  return kernel.spawn({ path: PROGRAM });
}

function oneCall(
  kernel: Kernel,
  task: Task,
  numbers: readonly bigint[],
  random: () => number,
): void {
  const { registers } = task;
  if (task.wait === null) {
    const number = numbers[random() % numbers.length] ?? 0n;
    registers.setX(A7, random() % 64 === 0 ? BigInt(random()) << 20n : number);
    for (let i = 0; i < ARGUMENTS; i++) registers.setX(A0 + i, argument(task, random));
  }
  if (random() % 16 === 0) kernel.signal(task.pid, 1 + random() % 64);
  if (random() % 16 === 0 && !kernel.streams[0]?.ended) {
    kernel.streams[0]?.push(Uint8Array.of(random() % 256));
  }
  const stop = kernel.run({ instructions: INSTRUCTIONS_PER_CALL });
  assert(stop.retired <= INSTRUCTIONS_PER_CALL, "More was retired than allowed");
  if (stop.reason === "waiting" && random() % 4 === 0) {
    kernel.signal(task.pid, SIGKILL);
    kernel.run();
  }
}

function argument({ registers, mm }: Task, random: () => number): bigint {
  const kind = random() % 8;
  if (kind < 2) return EDGES[random() % EDGES.length] ?? 0n;
  if (kind === 2) return registers.x(2) - BigInt(random() % 4096);
  if (kind === 3) return BigInt(random() % 256);
  if (kind === 4) return 1n << BigInt(random() % 64);
  if (kind === 5) return (BigInt(random()) << 32n) | BigInt(random());
  // Somewhere in a mapping, or at its edge.
  const vmas = mm.vmas.all;
  const vma = vmas[random() % Math.max(vmas.length, 1)];
  if (vma === undefined) return 0n;
  return kind === 6 ? BigInt(vma.start + random() % vma.length) : BigInt(vma.end);
}
