/**
 * Constants of termios(3) on riscv64, and the structures of terminals.
 *
 * ```
 * struct termios (36), struct termios2 (44)            struct winsize (8)
 *   0 c_iflag u32   12 c_lflag u32                       0 ws_row u16   4 ws_xpixel u16
 *   4 c_oflag u32   16 c_line  u8                        2 ws_col u16   6 ws_ypixel u16
 *   8 c_cflag u32   17 c_cc    19 × u8
 *                   36 c_ispeed u32, 40 c_ospeed u32: of termios2 only
 * ```
 *
 * Source: `include/uapi/asm-generic/{termbits,termbits-common,termios}.h`; termios(3).
 */

// c_iflag.
export const IGNBRK = 0o1;
export const BRKINT = 0o2;
export const IGNPAR = 0o4;
export const PARMRK = 0o10;
export const INPCK = 0o20;
export const ISTRIP = 0o40;
export const INLCR = 0o100;
export const IGNCR = 0o200;
export const ICRNL = 0o400;
export const IUCLC = 0o1000;
export const IXON = 0o2000;
export const IXANY = 0o4000;
export const IXOFF = 0o10000;
export const IMAXBEL = 0o20000;
/** Input is UTF-8: what erases a character erases all of its bytes. */
export const IUTF8 = 0o40000;

// c_oflag.
export const OPOST = 0o1;
export const OLCUC = 0o2;
export const ONLCR = 0o4;
export const OCRNL = 0o10;
export const ONOCR = 0o20;
export const ONLRET = 0o40;
/** What becomes of tabs; all bits on: spaces. */
export const TABDLY = 0o14000;

// c_cflag.
/** The speed of output: an index of {@link BAUD_RATES}, or BOTHER. */
export const CBAUD = 0o10017;
/** The speed is in c_ospeed. */
export const BOTHER = 0o10000;
export const B38400 = 0o17;
export const CSIZE = 0o60;
export const CS8 = 0o60;
export const CREAD = 0o200;
export const PARENB = 0o400;

// c_lflag.
export const ISIG = 0o1;
export const ICANON = 0o2;
export const ECHO = 0o10;
export const ECHOE = 0o20;
export const ECHOK = 0o40;
export const ECHONL = 0o100;
export const NOFLSH = 0o200;
export const TOSTOP = 0o400;
export const ECHOCTL = 0o1000;
export const ECHOPRT = 0o2000;
export const ECHOKE = 0o4000;
export const IEXTEN = 0o100000;
export const EXTPROC = 0o200000;

// Indices of c_cc.
export const VINTR = 0;
export const VQUIT = 1;
export const VERASE = 2;
export const VKILL = 3;
export const VEOF = 4;
export const VTIME = 5;
export const VMIN = 6;
export const VSTART = 8;
export const VSTOP = 9;
export const VSUSP = 10;
export const VEOL = 11;
export const VREPRINT = 12;
export const VWERASE = 14;
export const VLNEXT = 15;
export const VEOL2 = 16;
/** Number of control characters: NCCS. */
export const NCCS = 19;

// TCFLSH.
export const TCIFLUSH = 0;
export const TCOFLUSH = 1;
export const TCIOFLUSH = 2;

// TCXONC.
export const TCOOFF = 0;
export const TCOON = 1;
export const TCIOFF = 2;
export const TCION = 3;

// TIOCPKT: what the first byte of a packet says.
export const TIOCPKT_DATA = 0;
export const TIOCPKT_FLUSHREAD = 1;
export const TIOCPKT_FLUSHWRITE = 2;
export const TIOCPKT_STOP = 4;
export const TIOCPKT_START = 8;

/** Bits per second by the low bits of CBAUD; those behind B38400 have BOTHER's bit too. */
export const BAUD_RATES: readonly number[] = [
  ...[0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400],
  ...[57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000],
  ...[2500000, 3000000, 3500000, 4000000],
];

/** Bytes of the kernel's `struct termios`. */
export const TERMIOS_BYTES = 36;
/** Bytes of `struct termios2`. */
export const TERMIOS2_BYTES = 44;
/** Bytes of `struct winsize`. */
export const WINSIZE_BYTES = 8;

/**
 * The control characters of a fresh terminal: ^C, ^\, DEL, ^U, ^D, no timeout, one byte at least, no
 * switch, ^Q, ^S, ^Z, no second end of line, ^R, ^O, ^W, ^V. Source: `INIT_C_CC`.
 */
export const INITIAL_CONTROL_CHARACTERS: readonly number[] = [
  ...[0x03, 0x1c, 0x7f, 0x15, 0x04, 0x00, 0x01, 0x00, 0x11, 0x13, 0x1a, 0x00, 0x12, 0x0f, 0x17],
  ...[0x16, 0x00, 0x00, 0x00],
];
