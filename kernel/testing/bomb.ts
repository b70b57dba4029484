/** Programs that make as many tasks as they can. */

/** Forks until that fails, and exits with the error; each child does the same. */
export const BOMB = `
  .equ SYS_clone, 220
  _start:
    li a0, 17
    li a1, 0
    li a2, 0
    li a3, 0
    li a4, 0
    li a7, SYS_clone
    ecall
    bgez a0, _start
    neg a0, a0
    li a7, SYS_exit
    ecall
`;

const PAUSE = `
  .equ SYS_ppoll, 73
  pause:
    li a0, 0
    li a1, 0
    li a2, 0
    li a3, 0
    li a7, SYS_ppoll
    ecall
    j pause
`;

/** Forks a child which does the same, each the child of the one before; all wait then. */
export const CHAIN = `
  .equ SYS_clone, 220
  _start:
    li a0, 17
    li a1, 0
    li a2, 0
    li a3, 0
    li a4, 0
    li a7, SYS_clone
    ecall
    beqz a0, _start
${PAUSE}`;

/** Makes threads until that fails; all wait then. */
export const THREADS = `
  .equ SYS_clone, 220
  _start:
    li a0, 0x50f00
    mv a1, sp
    li a2, 0
    li a3, 0
    li a4, 0
    li a7, SYS_clone
    ecall
    bgtz a0, _start
${PAUSE}`;
