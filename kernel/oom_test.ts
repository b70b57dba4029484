// Who dies when memory is out, and what becomes of the others?

import { assert, assertEquals, assertMatch } from "../std_assert.ts";
import { checkpoint, planRestart } from "./checkpoint/mod.ts";
import { Kernel } from "./kernel.ts";
import { oomScore } from "./oom.ts";
import type { Task } from "./task.ts";
import { boot, build, end } from "./testing/machine.ts";
import { Guest } from "./syscalls/testing/file_guest.ts";

const FRAMES_MAX = 1000;
const KILLED = 9;
const INSTRUCTIONS_MAX = 1_000_000;
/** In which 600 pages are touched, before anybody sleeps. */
const INSTRUCTIONS_TO_TOUCH = 3000;

/** Touches so many pages of memory that is not reserved, then sleeps for so many seconds and exits with 7. */
function hog(pages: number, seconds: number): Uint8Array {
  return build(`
    .data
    time: .dword ${seconds}, 0
    .text
    _start:
      li a0, 0
      li a1, 0x10000000
      li a2, 3
      li a3, 0x4022
      li a4, -1
      li a5, 0
      li a7, SYS_mmap
      ecall
      li t0, ${pages}
      li t1, 4096
    next:
      beqz t0, done
      sd a0, 0(a0)
      add a0, a0, t1
      addi t0, t0, -1
      j next
    done:
      la a0, time
      li a1, 0
      li a7, SYS_nanosleep
      ecall
      li a0, 7
      li a7, SYS_exit_group
      ecall
  `);
}

interface Machine {
  readonly kernel: Kernel;
  start(pages: number, seconds?: number): Task;
}

function machine(): Machine {
  const kernel = new Kernel({ framesMax: FRAMES_MAX });
  let started = 0;
  return {
    kernel,
    start(pages, seconds = 1) {
      const path = `/bin/hog${started++}`;
      kernel.fileSystem.writeFile(path, hog(pages, seconds), 0o755);
      return kernel.spawn({ path });
    },
  };
}

/** Runs until all have ended, and answers their wait statuses. */
function outcomes(kernel: Kernel, tasks: readonly Task[]): readonly number[] {
  assertEquals(kernel.run({ instructions: INSTRUCTIONS_MAX }).reason, "exited");
  return tasks.map(({ pid }) => kernel.reap(pid));
}

const EXITED = 7 << 8;

Deno.test("the largest dies, and whoever has faulted goes on", () => {
  const { kernel, start } = machine();
  const large = start(600, 100);
  kernel.run({ instructions: INSTRUCTIONS_TO_TOUCH });
  const small = start(400);
  assertEquals(outcomes(kernel, [large, small]), [KILLED, EXITED]);
  const [kill = ""] = kernel.statistics.kills;
  assertMatch(kill, /^Out of memory: Killed process 2 \(hog0\) rss:\d+kB.* of process 3 \(hog1\)$/);
  end(kernel);
});

Deno.test("a process that wants more than there is dies itself, and alone", () => {
  const { kernel, start } = machine();
  const other = start(100, 100);
  const greedy = start(2000);
  assertEquals(outcomes(kernel, [other, greedy]), [EXITED, KILLED]);
  end(kernel);
});

Deno.test("oom_score_adj protects, and offers", () => {
  for (
    const [adjustments, expected] of [
      [[-1000, 0], [EXITED, KILLED]],
      [[-500, 0], [EXITED, KILLED]],
      [[0, 0], [KILLED, EXITED]],
      [[0, 1000], [EXITED, KILLED]],
    ] as const
  ) {
    const { kernel, start } = machine();
    const large = start(600, 100);
    kernel.run({ instructions: INSTRUCTIONS_TO_TOUCH });
    const small = start(400);
    large.group.oomScoreAdj = adjustments[0];
    small.group.oomScoreAdj = adjustments[1];
    assertEquals(outcomes(kernel, [large, small]), expected, adjustments.join(" "));
    end(kernel);
  }
});

Deno.test("where nobody may be killed, who cannot go on ends", () => {
  const { kernel, start } = machine();
  const only = start(2000);
  only.group.oomScoreAdj = -1000;
  assertEquals(outcomes(kernel, [only]), [KILLED]);
  assertEquals(kernel.statistics.kills.length, 1);
  end(kernel);
});

Deno.test("all who share the memory of the one that is chosen die with it", () => {
  const { kernel, start } = machine();
  const [chosen, sharer] = [start(600, 100), start(600, 100)];
  sharer.mm.release();
  sharer.mm = chosen.mm;
  chosen.mm.retain();
  kernel.run({ instructions: INSTRUCTIONS_TO_TOUCH });
  const small = start(400);
  assertEquals(outcomes(kernel, [chosen, sharer, small]), [KILLED, KILLED, EXITED]);
  end(kernel);
});

Deno.test("the same seed kills the same, also from a checkpoint on", () => {
  const run = (restart: boolean) => {
    const { kernel, start } = machine();
    const tasks = [start(550, 100), start(550, 100)];
    kernel.run({ instructions: 1000 });
    let end = kernel;
    if (restart) {
      const image = checkpoint(kernel, tasks);
      end = machine().kernel;
      for (const path of ["/bin/hog0", "/bin/hog1"]) {
        end.fileSystem.writeFile(path, kernel.fileSystem.readFile(path), 0o755);
      }
      planRestart(end, image, { adoptMachine: true }).commit();
    }
    const result = outcomes(end, tasks);
    for (const each of new Set([kernel, end])) each.dispose();
    return result;
  };
  assertEquals(run(true), run(false));
  assertEquals(run(false).filter((status) => status === KILLED).length, 1);
});

Deno.test("oom_score says who is next, oom_score_adj who may lower it", () => {
  const guest = new Guest({ framesMax: 8000 });
  const { kernel, task } = guest;
  const fd = guest.open("/proc/self/oom_score_adj");
  const set = (text: string) => guest.call("pwrite64", fd, text, text.length, 0);
  const base = oomScore(kernel, task.group);
  assert(base > 600 && base < 700, `${base}`);
  assertEquals(set("500\n"), 4);
  assertEquals([task.group.oomScoreAdj, task.group.oomScoreAdjMin], [500, 500]);
  assert(oomScore(kernel, task.group) > base + 300);
  for (const wrong of ["1001", "-1001", "x", ""]) {
    assertEquals(set(wrong), "EINVAL", wrong);
  }
  task.credentials.setResuid(9, 9, 9);
  assertEquals(set("400"), "EACCES");
  assertEquals(set("600"), 3);
  assertEquals(set("500"), 3);
  kernel.dispose();
});

Deno.test("page tables that hold nothing are dropped before they fill the host's memory", () => {
  const { kernel, task } = boot(
    `
    _start:
      li a0, 0
      li a1, 0x2000000000
      li a2, 1
      li a3, 0x4022
      li a4, -1
      li a5, 0
      li a7, SYS_mmap
      ecall
      li t0, 0x10000
      li t1, 0x200000
    next:
      ld t2, 0(a0)
      add a0, a0, t1
      addi t0, t0, -1
      bnez t0, next
      li a0, 7
      li a7, SYS_exit_group
      ecall
  `,
    { framesMax: FRAMES_MAX },
  );
  let most = 0;
  while (kernel.run({ instructions: 10_000 }).reason !== "exited") {
    most = Math.max(most, kernel.memory.pageTablesInUse);
  }
  assert(most > FRAMES_MAX && most <= kernel.memory.pageTablesMax, `${most}`);
  assertEquals([kernel.reap(task.pid), kernel.statistics.kills], [EXITED, []]);
  end(kernel);
  assertEquals(kernel.memory.pageTablesInUse, 0);
});
