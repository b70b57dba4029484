/**
 * Constants of ioctl(2) and of the structures of terminals on riscv64.
 *
 * ```
 * struct termios (36)                      struct winsize (8)
 *   0 c_iflag u32   12 c_lflag u32           0 ws_row u16   4 ws_xpixel u16
 *   4 c_oflag u32   16 c_line  u8            2 ws_col u16   6 ws_ypixel u16
 *   8 c_cflag u32   17 c_cc    19 × u8
 * ```
 *
 * Source: `include/uapi/asm-generic/{ioctls,termbits,termios}.h`; ioctl_tty(2), termios(3).
 */

// ioctl_tty(2).
export const TCGETS = 0x5401;
export const TCSETS = 0x5402;
export const TCSETSW = 0x5403;
export const TCSETSF = 0x5404;
export const TIOCGPGRP = 0x540f;
export const TIOCSPGRP = 0x5410;
export const TIOCGWINSZ = 0x5413;
export const TIOCSWINSZ = 0x5414;
export const TIOCOUTQ = 0x5411;
export const TIOCGSID = 0x5429;

// Of every file.
export const FIONREAD = 0x541b;
export const FIONBIO = 0x5421;
export const FIONCLEX = 0x5450;
export const FIOCLEX = 0x5451;

// termios(3): the flags that a fresh terminal has on.
export const ICRNL = 0o400;
export const IXON = 0o2000;
export const OPOST = 0o1;
export const ONLCR = 0o4;
export const B38400 = 0o17;
export const CS8 = 0o60;
export const CREAD = 0o200;
export const ISIG = 0o1;
export const ICANON = 0o2;
export const ECHO = 0o10;
export const ECHOE = 0o20;
export const ECHOK = 0o40;
export const ECHOCTL = 0o1000;
export const ECHOKE = 0o4000;
export const IEXTEN = 0o100000;

/** Bytes of the kernel's `struct termios`. */
export const TERMIOS_BYTES = 36;
/**
 * The control characters of a fresh terminal: ^C, ^\, DEL, ^U, ^D, no timeout, one byte at least, no
 * switch, ^Q, ^S, ^Z, no second end of line, ^R, ^O, ^W, ^V. Source: `INIT_C_CC`.
 */
export const INITIAL_CONTROL_CHARACTERS: readonly number[] = [
  ...[0x03, 0x1c, 0x7f, 0x15, 0x04, 0x00, 0x01, 0x00, 0x11, 0x13, 0x1a, 0x00, 0x12, 0x0f, 0x17],
  ...[0x16, 0x00, 0x00, 0x00],
];
/** Bytes of `struct winsize`. */
export const WINSIZE_BYTES = 8;
