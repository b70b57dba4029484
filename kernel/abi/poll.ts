/**
 * Constants of poll(2) and select(2).
 *
 * ```
 * struct pollfd (8)
 *   0 fd s32   4 events s16   6 revents s16
 * ```
 *
 * Source: `include/uapi/asm-generic/poll.h`, `fs/select.c`; poll(2), select(2).
 */

export const POLLIN = 0x001;
export const POLLPRI = 0x002;
export const POLLOUT = 0x004;
export const POLLERR = 0x008;
export const POLLHUP = 0x010;
export const POLLNVAL = 0x020;
export const POLLRDNORM = 0x040;
export const POLLRDBAND = 0x080;
export const POLLWRNORM = 0x100;
export const POLLWRBAND = 0x200;
/** The other side of a stream socket has shut down its writing. */
export const POLLRDHUP = 0x2000;

/** What comes with bytes to read. */
export const INPUT_EVENTS: number = POLLIN | POLLRDNORM;
/** What comes with room to write. */
export const OUTPUT_EVENTS: number = POLLOUT | POLLWRNORM;

/** What makes a descriptor of select(2)'s first set ready: POLLIN_SET. */
export const SELECT_READ = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR;
/** What makes one of the second set ready: POLLOUT_SET. */
export const SELECT_WRITE = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR;
/** What makes one of the third set ready: POLLEX_SET. */
export const SELECT_EXCEPT = POLLPRI;

/** Bytes of `struct pollfd`. */
export const POLLFD_BYTES = 8;
