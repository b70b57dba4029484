/**
 * Sessions and their terminals: which terminal controls a session's jobs, and what its end means to them.
 *
 * A session has at most one controlling terminal, which names the session ({@link Terminal.session}); no
 * process can let go of it while the rest of its session keeps it.
 *
 * Source: `drivers/tty/tty_jobctrl.c`; setsid(2), ioctl_tty(2), credentials(7).
 */

import { SIGCONT, SIGHUP } from "./abi/signal.ts";
import type { Terminal } from "./fs/terminal/terminal.ts";
import type { Kernel } from "./kernel.ts";
import { sendToGroup } from "./signals/send.ts";
import { kernelSignal } from "./signals/siginfo.ts";
import type { Task } from "./task.ts";

/** The controlling terminal of a session, or `null`. */
export function terminalOfSession({ fileSystem }: Kernel, sid: number): Terminal | null {
  return fileSystem.devpts.terminals.find(({ session }) => session === sid) ?? null;
}

/** Gives a session without a terminal one that controls none: proc_set_tty(). */
export function giveTerminal(terminal: Terminal, { sid, pgid }: Task): void {
  terminal.session = sid;
  terminal.foregroundGroup = pgid;
}

/**
 * A program that the harness starts takes the machine's own terminals for its session where nobody has
 * them, and the foreground where nobody is there.
 */
export function takeOwnTerminals(kernel: Kernel, { sid, pgid }: Task): void {
  for (const { tty } of kernel.streams) {
    if (tty === null) continue;
    if (tty.session === 0) tty.session = sid;
    const isForeground = kernel.tasks.leadersOfGroup(tty.foregroundGroup).length > 0;
    if (tty.session === sid && !isForeground) tty.foregroundGroup = pgid;
  }
}

/** The leader of a session lets go of its terminal; with its end, or by TIOCNOTTY: disassociate_ctty(). */
export function leaveTerminal(kernel: Kernel, leader: Task, isEnd: boolean): void {
  const terminal = terminalOfSession(kernel, leader.sid);
  if (terminal === null) return;
  terminal.signal(SIGHUP);
  if (!isEnd) terminal.signal(SIGCONT);
  terminal.session = terminal.foregroundGroup = 0;
}

/** The far side of a session's terminal is gone: its leader hears of it, and tells its jobs. */
export function hangUpSession(kernel: Kernel, sid: number): void {
  const leader = kernel.tasks.get(sid);
  if (leader === undefined) return;
  for (const signo of [SIGHUP, SIGCONT]) sendToGroup(kernel, leader.group, kernelSignal(signo));
}
