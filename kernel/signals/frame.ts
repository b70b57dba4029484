/**
 * The frame that a signal handler runs on, and the way back from it.
 *
 * ```
 * struct rt_sigframe (1088), at a multiple of 16
 *     0  siginfo_t info
 *   128  struct ucontext
 *   128    uc_flags      u64, 0
 *   136    uc_link       u64, 0
 *   144    uc_stack      stack_t: ss_sp u64, ss_flags s32, padding, ss_size u64
 *   168    uc_sigmask    u64, and 120 bytes for its growth
 *   304    uc_mcontext
 *   304      sc_regs     pc, x1 … x31
 *   560      sc_fpregs   f0 … f31 u64, fcsr u32, zeros to 528 bytes
 * ```
 *
 * The handler is called with a0 = signal, a1 = info, a2 = ucontext, and returns to the trampoline.
 *
 * Source: `arch/riscv/kernel/signal.c`, `arch/riscv/include/uapi/asm/{ucontext,sigcontext,ptrace}.h`.
 */

import { NO_RESERVATION, OutOfFrames, type Registers } from "../../emu/mod.ts";
import { SystemError } from "../abi/errno.ts";
import {
  MINSIGSTKSZ,
  SA_NODEFER,
  SA_ONSTACK,
  SIGINFO_BYTES,
  signalBit,
  SS_AUTODISARM,
} from "../abi/signal.ts";
import type { Task } from "../task.ts";
import { changeAlternateStack } from "./alternate_stack.ts";
import type { SignalAction } from "./dispositions.ts";
import { encodeSigInfo, type SigInfo } from "./siginfo.ts";
import { NO_ALTERNATE_STACK } from "./task_signals.ts";

/** Bytes of a frame. */
export const SIGNAL_FRAME_BYTES = 1088;
const UCONTEXT = SIGINFO_BYTES;
const UC_STACK = UCONTEXT + 16;
const UC_SIGMASK = UCONTEXT + 40;
const REGS = UCONTEXT + 176;
const FPREGS = REGS + 256;
const FCSR = FPREGS + 256;
/** Reserved words behind fcsr; sigreturn refuses a frame in which the last is not zero. */
const RESERVED = FPREGS + 516;
/** The header that would announce vector state, and says "none". */
const EXTENSION_MAGIC = FPREGS + 520;
const EXTENSION_SIZE = FPREGS + 524;

const RA = 1;
const SP = 2;
const A0 = 10;
const A1 = 11;
const A2 = 12;

/**
 * Puts a frame on the stack and the registers at the beginning of the handler, with the handler's mask
 * in force. Answers false, and changes nothing but user memory, when the frame cannot be written.
 */
export function enterHandler(task: Task, info: SigInfo, action: SignalAction): boolean {
  const { registers, signals } = task;
  const sp = frameAddress(task, action);
  if (sp === null) return false;
  try {
    task.mm.user.write(sp, encodeFrame(task, info));
  } catch (error) {
    if (error instanceof SystemError || error instanceof OutOfFrames) return false;
    throw error;
  }
  registers.setX(A0, BigInt(info.signo));
  registers.setX(A1, sp);
  registers.setX(A2, sp + BigInt(UCONTEXT));
  registers.setX(SP, sp);
  registers.setX(RA, BigInt(task.mm.vdso));
  registers.pc = action.handler;
  registers.reservation = NO_RESERVATION;

  signals.savedMask = null;
  const own = (action.flags & SA_NODEFER) !== 0n ? 0n : signalBit(info.signo);
  signals.blocked |= action.mask | own;
  if ((signals.alternateStack.flags & SS_AUTODISARM) !== 0) {
    signals.alternateStack = NO_ALTERNATE_STACK;
  }
  return true;
}

/** Where the frame goes: get_sigframe(). `null` when it would run over the alternate stack's end. */
function frameAddress({ registers, signals }: Task, { flags }: SignalAction): bigint | null {
  const sp = registers.x(SP);
  const below = (top: bigint) => BigInt.asUintN(64, top - BigInt(SIGNAL_FRAME_BYTES)) & ~15n;
  if (signals.isOnAlternateStack(sp)) {
    return signals.isOnAlternateStack(sp - BigInt(SIGNAL_FRAME_BYTES)) ? below(sp) : null;
  }
  const { sp: base, size } = signals.alternateStack;
  return (flags & SA_ONSTACK) !== 0n && size !== 0n ? below(base + size) : below(sp);
}

function encodeFrame({ registers, signals }: Task, info: SigInfo): Uint8Array {
  const bytes = new Uint8Array(SIGNAL_FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  encodeSigInfo(info, bytes);
  const { sp, flags, size } = signals.alternateStack;
  view.setBigUint64(UC_STACK, sp, true);
  view.setUint32(UC_STACK + 8, flags, true);
  view.setBigUint64(UC_STACK + 16, size, true);
  view.setBigUint64(UC_SIGMASK, signals.savedMask ?? signals.blocked, true);
  view.setBigUint64(REGS, registers.pc, true);
  for (let i = 1; i < 32; i++) view.setBigUint64(REGS + 8 * i, registers.x(i), true);
  for (let i = 0; i < 32; i++) view.setBigUint64(FPREGS + 8 * i, registers.f(i), true);
  view.setUint32(FCSR, registers.fcsr, true);
  return bytes;
}

/**
 * Takes registers, mask and alternate stack from the frame that the stack pointer points to. Answers
 * false when there is none that could be one.
 */
export function leaveHandler(task: Task): boolean {
  const { registers, signals } = task;
  let bytes: Uint8Array;
  try {
    bytes = task.mm.user.read(registers.x(SP), SIGNAL_FRAME_BYTES);
  } catch (error) {
    if (error instanceof SystemError || error instanceof OutOfFrames) return false;
    throw error;
  }
  const view = new DataView(bytes.buffer);
  const isSound = [RESERVED, EXTENSION_MAGIC, EXTENSION_SIZE].every((at) =>
    view.getUint32(at, true) === 0
  );
  if (!isSound) return false;
  signals.blocked = view.getBigUint64(UC_SIGMASK, true);
  restoreRegisters(registers, view);
  const stack = {
    sp: view.getBigUint64(UC_STACK, true),
    flags: view.getUint32(UC_STACK + 8, true),
    size: view.getBigUint64(UC_STACK + 16, true),
  };
  try {
    changeAlternateStack(signals, stack, registers.x(SP), MINSIGSTKSZ);
  } catch (error) {
    // Linux passes over an alternate stack that it would not have taken.
    if (!(error instanceof SystemError)) throw error;
  }
  return true;
}

function restoreRegisters(registers: Registers, view: DataView): void {
  // An odd address cannot be jumped to: hardware drops the lowest bit of the return address.
  registers.pc = view.getBigUint64(REGS, true) & ~1n;
  for (let i = 1; i < 32; i++) registers.setX(i, view.getBigUint64(REGS + 8 * i, true));
  for (let i = 0; i < 32; i++) registers.setF(i, view.getBigUint64(FPREGS + 8 * i, true));
  registers.fcsr = view.getUint32(FCSR, true);
  registers.reservation = NO_RESERVATION;
}
