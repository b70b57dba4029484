/** A fork bomb. */

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
