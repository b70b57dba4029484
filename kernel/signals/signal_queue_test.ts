// Which of the pending signals is next?

import { assertEquals } from "../../std_assert.ts";
import {
  lowestSignal,
  NSIG,
  SIGINT,
  signalBit,
  signalName,
  signalSet,
  SIGRTMIN,
  SIGSEGV,
  SIGTERM,
  SIGUSR1,
} from "../abi/signal.ts";
import { SignalQueue } from "./signal_queue.ts";
import { decodeSigInfo, encodeSigInfo, faultSignal, userSignal } from "./siginfo.ts";

const sent = (signo: number, pid = 1) => userSignal(signo, { pid, uid: 0 });

/** Takes everything, in order. */
function drain(queue: SignalQueue, blocked = 0n): [signo: number, pid: number][] {
  const taken: [number, number][] = [];
  for (let info = queue.next(blocked); info !== null; info = queue.next(blocked)) {
    queue.take(info);
    taken.push([info.signo, new DataView(info.fields.buffer).getInt32(0, true)]);
  }
  return taken;
}

Deno.test("the lowest signal of every set is found", () => {
  for (let low = 1; low <= NSIG; low++) {
    for (let high = low; high <= NSIG; high++) {
      assertEquals(lowestSignal(signalSet(low, high)), low);
    }
  }
});

Deno.test("a standard signal is pending once, a real-time signal as often as it was sent", () => {
  const queue = new SignalQueue();
  assertEquals([queue.add(sent(SIGUSR1, 1)), queue.add(sent(SIGUSR1, 2))], [true, false]);
  for (const pid of [3, 4, 5]) queue.add(sent(SIGRTMIN + 1, pid));
  queue.add(sent(SIGRTMIN, 6));
  assertEquals(queue.set, signalSet(SIGUSR1, SIGRTMIN, SIGRTMIN + 1));
  assertEquals(drain(queue), [
    [SIGUSR1, 1],
    [SIGRTMIN, 6],
    [SIGRTMIN + 1, 3],
    [SIGRTMIN + 1, 4],
    [SIGRTMIN + 1, 5],
  ]);
  assertEquals([queue.isEmpty, queue.set], [true, 0n]);
});

Deno.test("what an instruction caused comes first, what is blocked stays", () => {
  const queue = new SignalQueue();
  for (const signo of [SIGINT, SIGTERM, SIGSEGV]) queue.add(sent(signo));
  assertEquals(drain(queue, signalBit(SIGINT)).map(([signo]) => signo), [SIGSEGV, SIGTERM]);
  assertEquals(queue.set, signalBit(SIGINT));
});

Deno.test("a set is discarded, a clone is independent", () => {
  const queue = new SignalQueue();
  for (const signo of [SIGINT, SIGTERM, SIGRTMIN, SIGRTMIN]) queue.add(sent(signo));
  const clone = queue.clone();
  queue.discard(signalSet(SIGRTMIN, SIGTERM, SIGUSR1));
  assertEquals(drain(queue).map(([signo]) => signo), [SIGINT]);
  assertEquals(clone.entries.length, 4);
});

Deno.test("siginfo has its fields where a program looks for them", () => {
  const bytes = new Uint8Array(128);
  encodeSigInfo(sent(SIGUSR1, 77), bytes);
  const view = new DataView(bytes.buffer);
  assertEquals([0, 4, 8, 16, 20].map((at) => view.getInt32(at, true)), [10, 0, 0, 77, 0]);
  assertEquals(decodeSigInfo(SIGUSR1, bytes), sent(SIGUSR1, 77));
  const fault = new Uint8Array(128);
  encodeSigInfo(faultSignal(SIGSEGV, 1, 1n << 63n), fault);
  assertEquals(new DataView(fault.buffer).getBigUint64(16, true), 1n << 63n);
});

Deno.test("signals have their names", () => {
  assertEquals([2, 9, 32, 35, 64, 0, 65].map(signalName), [
    "SIGINT",
    "SIGKILL",
    "SIGRTMIN",
    "SIGRTMIN+3",
    "SIGRTMIN+32",
    "signal 0",
    "signal 65",
  ]);
});
