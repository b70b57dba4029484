/** checkpoint(2) and restart(2) as tests make them. */
import type { Kernel } from "../../kernel.ts";
import type { Task } from "../../task.ts";
import type { Wait } from "../../wait.ts";
import { checkpointCalls } from "../calls.ts";

/** Makes a call on behalf of a task; an error of the handler becomes -errno, as the dispatcher does it. */
export function call(
  number: 600 | 601,
  kernel: Kernel,
  task: Task,
  ...args: readonly number[]
): number | bigint | Wait {
  const before = task.registers.clone();
  for (const [i, arg] of args.entries()) task.registers.setX(10 + i, arg);
  let result: number | bigint | Wait;
  try {
    result = checkpointCalls[number]!.call({ kernel, task });
  } catch (error) {
    if (!(error instanceof Error && "errno" in error)) throw error;
    result = -(error.errno as number);
  }
  // What fails leaves no trace, the arguments included.
  if (typeof result !== "object" && result < 0) task.registers.copyFrom(before);
  return result;
}
