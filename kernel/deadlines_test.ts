// Does the heap of deadlines give what a sorted list would, also when tasks have gone on meanwhile?

import fc from "npm:fast-check@4";
import { assertEquals } from "../std_assert.ts";
import { Deadlines } from "./deadlines.ts";
import type { Task } from "./task.ts";
import { boot, end } from "./testing/machine.ts";
import type { Wait } from "./wait.ts";

const step = fc.oneof(
  fc.record({ kind: fc.constant("add"), task: fc.nat(9), at: fc.bigInt(0n, 1000n) }),
  fc.record({ kind: fc.constant("go"), task: fc.nat(9), at: fc.constant(0n) }),
  fc.record({ kind: fc.constant("due"), task: fc.constant(0), at: fc.bigInt(0n, 1000n) }),
);

Deno.test("deadlines come in order, and those of tasks that went on do not come", () => {
  const { kernel, task } = boot("_start: j _start");
  const tasks: Task[] = [task];
  while (tasks.length < 10) tasks.push(kernel.spawn({ path: "/bin/program" }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const deadlines = new Deadlines();
      const model = new Map<Task, bigint[]>();
      const waits = new Map<Task, Wait>();
      for (const { kind, task: index, at } of steps) {
        const target = tasks[index]!;
        if (kind === "add") {
          const wait = waits.get(target) ?? { kind: "sleep", deadline_ns: at, isAbsolute: false };
          waits.set(target, wait);
          target.state = "blocked";
          target.wait = wait;
          deadlines.add(at, target, wait);
          model.set(target, [...(model.get(target) ?? []), at]);
        } else if (kind === "go") {
          target.state = "running";
          target.wait = null;
          waits.delete(target);
          model.delete(target);
        } else {
          const due = new Set(deadlines.takeDue(at));
          const expected = [...model].filter(([, times]) => times.some((time) => time <= at));
          assertEquals(
            [...due].map(({ pid }) => pid).sort(),
            expected.map(([{ pid }]) => pid).sort(),
          );
          for (const [late, times] of model) model.set(late, times.filter((time) => time > at));
        }
        const all = [...model.values()].flat();
        const earliest = all.reduce<bigint | null>((a, b) => a === null || b < a ? b : a, null);
        assertEquals(deadlines.earliest_ns, earliest);
      }
      for (const other of tasks) {
        other.state = "running";
        other.wait = null;
      }
    }),
    { seed: 1, numRuns: 200 },
  );
  end(kernel);
});
