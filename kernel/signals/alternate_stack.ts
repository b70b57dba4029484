/**
 * sigaltstack(2).
 *
 * Source: `kernel/signal.c` (`do_sigaltstack`).
 */

import { EINVAL, ENOMEM, EPERM, SystemError } from "../abi/errno.ts";
import { SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from "../abi/signal.ts";
import { type AlternateStack, NO_ALTERNATE_STACK, type TaskSignals } from "./task_signals.ts";

/**
 * Sets the alternate stack. Throws SystemError: EPERM while the stack pointer `sp` is on it, EINVAL,
 * ENOMEM when it is smaller than `minimum` bytes.
 */
export function changeAlternateStack(
  signals: TaskSignals,
  stack: AlternateStack,
  sp: bigint,
  minimum: number,
): void {
  if (signals.isOnAlternateStack(sp)) throw new SystemError(EPERM);
  const mode = (stack.flags & ~SS_AUTODISARM) >>> 0;
  if (mode !== SS_DISABLE && mode !== SS_ONSTACK && mode !== 0) throw new SystemError(EINVAL);
  if (mode === SS_DISABLE) {
    signals.alternateStack = { ...NO_ALTERNATE_STACK, flags: stack.flags >>> 0 };
    return;
  }
  if (stack.size < BigInt(minimum)) throw new SystemError(ENOMEM);
  signals.alternateStack = { ...stack, flags: stack.flags >>> 0 };
}
