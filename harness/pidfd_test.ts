// Do pidfds go on standing for their processes through checkpoint and restart?
import { buildExecutable } from "../emu/mod.ts";
import { assertEquals } from "../std_assert.ts";
import { launch, type Program, runToEnd } from "./program.ts";
import { checkTransparency, everySystemCall, referenceRun } from "./transparency.ts";

/**
 * Makes a child with a pidfd, waits in ppoll(2) and in an epoll set for its end, waits for it by the
 * pidfd, and writes what it was told: the events, the status, the events once it is gone.
 */
const PARENT = `
  .equ CLONE_PIDFD_SIGCHLD, 0x1000 + 17
  .equ P_PIDFD, 3
  .bss
  .align 3
  pidfd: .zero 8
  events: .zero 16
  info: .zero 128
  .data
  .align 3
  fds: .word 0
       .half 1, 0
  wanted: .word 1, 0
          .dword 5
  interval: .dword 0, 2000000
  .text
  _start:
    li a0, CLONE_PIDFD_SIGCHLD
    li a1, 0
    la a2, pidfd
    li a3, 0
    li a4, 0
    li a7, 220 # clone
    ecall
    bnez a0, 1f
    la a0, interval
    li a1, 0
    li a7, 101 # nanosleep
    ecall
    li a0, 7
    li a7, 93 # exit
    ecall
  1:
    la t0, pidfd
    lw s0, 0(t0)
    la t1, fds
    sw s0, 0(t1)
    li a0, 0
    li a7, 20 # epoll_create1
    ecall
    mv s1, a0
    li a1, 1 # EPOLL_CTL_ADD
    mv a2, s0
    la a3, wanted
    li a7, 21 # epoll_ctl
    ecall
    la a0, fds
    li a1, 1
    li a2, 0
    li a3, 0
    li a7, 73 # ppoll
    ecall
    jal tell
    mv a0, s1
    la a1, events
    li a2, 1
    li a3, -1
    li a4, 0
    li a7, 22 # epoll_pwait
    ecall
    la t0, events
    lw a0, 0(t0)
    call write_digit
    li a0, P_PIDFD
    mv a1, s0
    la a2, info
    li a3, 4 # WEXITED
    li a4, 0
    li a7, 95 # waitid
    ecall
    la t0, info
    lw a0, 24(t0) # si_status
    call write_digit
    la a0, fds
    li a1, 1
    li a2, 0
    li a3, 0
    li a7, 73 # ppoll
    ecall
    jal tell
    li a0, 0
    li a7, 94 # exit_group
    ecall
  tell: # the events that came
    la t0, fds
    lhu a0, 6(t0)
  write_digit:
    la a1, info
    addi a0, a0, '0'
    sb a0, 0(a1)
    li a0, 1
    li a2, 1
    li a7, 64 # write
    ecall
    ret
`;

Deno.test("does who waits at a pidfd hear of the end of a process that was restarted with it?", () => {
  const program: Program = { path: "/bin/pidfd", elf: buildExecutable(PARENT).bytes };
  const reference = referenceRun(program, 2);
  // POLLIN, EPOLLIN, the status, and POLLIN | POLLHUP once it was waited for: 1 + 16 + '0'.
  const { machine } = launch(program, { seed: 2 });
  runToEnd(machine, 1_000_000);
  assertEquals(machine.output, "117A");
  const results = [...checkTransparency(program, 2, reference, everySystemCall(reference))];
  assertEquals(results.length >= 20, true);
  for (const { identity, outcome } of results) {
    assertEquals([identity.differences, outcome.differences], [[], []]);
  }
});
