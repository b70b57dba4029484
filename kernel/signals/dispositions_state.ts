/** How a process's dispositions of signals are saved and set again. */
import {
  NSIG,
  SA_EXPOSE_TAGBITS,
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SA_NODEFER,
  SA_ONSTACK,
  SA_RESETHAND,
  SA_RESTART,
  SA_SIGINFO,
  SIG_DFL,
  SIGKILL,
  SIGSTOP,
  UNBLOCKABLE,
} from "../abi/signal.ts";
import { group, objectKind } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import { flags, padding, record, restArray, signalSet, u32, u64 } from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { Dispositions, type SignalAction } from "./dispositions.ts";

const ACTION_FLAGS = {
  SA_NOCLDSTOP: Number(SA_NOCLDSTOP),
  SA_NOCLDWAIT: Number(SA_NOCLDWAIT),
  SA_SIGINFO: Number(SA_SIGINFO),
  SA_EXPOSE_TAGBITS: Number(SA_EXPOSE_TAGBITS),
  SA_ONSTACK: Number(SA_ONSTACK),
  SA_RESTART: Number(SA_RESTART),
  SA_NODEFER: Number(SA_NODEFER),
  SA_RESETHAND: Number(SA_RESETHAND),
} as const;

/** What a process does about its signals. */
export const SIGHAND = record("SIGHAND", CKPT_HDR.SIGHAND, {
  doc:
    "What the process does about each signal; those that are not listed have SIG_DFL and no flags.",
  fields: {
    sigaction: restArray({
      signo: u32({ doc: "signal", min: 1, max: NSIG }),
      _pad: padding(4),
      handler: u64({ doc: "SIG_DFL 0, SIG_IGN 1, or a user address", show: "hex" }),
      flags: flags(ACTION_FLAGS, { doc: "SA_* flags", width: 8 }),
      mask: signalSet({ doc: "signals blocked while the handler runs" }),
    }, { doc: "actions that differ from the default, by ascending signal", max: NSIG }),
  },
  relations: {
    ascending: {
      field: "sigaction",
      text: "ascending signals, each once",
      holds: ({ sigaction }) =>
        sigaction.every(({ signo }, i) => i === 0 || sigaction[i - 1]!.signo < signo),
    },
    not_default: {
      field: "sigaction",
      text: "no action that is the default",
      holds: ({ sigaction }) =>
        sigaction.every(({ handler, flags, mask }) =>
          handler !== SIG_DFL || flags !== 0 || mask !== 0n
        ),
    },
    uncatchable: {
      field: "sigaction",
      text: "no action for SIGKILL and SIGSTOP",
      holds: ({ sigaction }) =>
        sigaction.every(({ signo }) => signo !== SIGKILL && signo !== SIGSTOP),
    },
    unblockable: {
      field: "sigaction",
      text: "masks without SIGKILL and SIGSTOP",
      holds: ({ sigaction }) => sigaction.every(({ mask }) => (mask & UNBLOCKABLE) === 0n),
    },
  },
});

/** The SIGHAND object. */
export const sighandKind = objectKind(
  "SIGHAND",
  group("sighand", "Dispositions of signals", { is: SIGHAND }),
);

/** Saves dispositions at first sight. */
export function saveDispositions(context: SaveContext, dispositions: Dispositions): number {
  return context.share(sighandKind, dispositions, () => ({
    is: {
      sigaction: dispositions.values().flatMap(({ handler, flags, mask }, i) =>
        handler === SIG_DFL && flags === 0n && mask === 0n
          ? []
          : [{ signo: i + 1, handler, flags: Number(flags), mask }]
      ),
    },
  }));
}

/** The dispositions of an object. */
export function planDispositions(context: RestartContext, objref: number): Dispositions {
  return context.once(objref, () => {
    const { is } = context.object(sighandKind, objref);
    const dispositions = Dispositions.defaults();
    for (const { signo, handler, flags, mask } of is.sigaction) {
      const action: SignalAction = { handler, flags: BigInt(flags), mask };
      dispositions.set(signo, action);
    }
    return dispositions;
  });
}
