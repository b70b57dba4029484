/*
 * The freestanding base of the guest programs: entry point, system calls, and one line of output at
 * a time. A guest includes this one file, defines guest_main(), and needs no C library; what it does
 * not use costs it no byte.
 */
#ifndef CRUCIBLE_H
#define CRUCIBLE_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long s64;

/*
 * System calls, by riscv64 Linux's numbers (include/uapi/asm-generic/unistd.h).
 *
 * checkpoint and restart are Crucible's own. Linux's generic table ended below 470 when they were
 * chosen and grows by some ten numbers a year; riscv's own calls are 244 to 259. 600 and 601 leave
 * room on both sides, and a real kernel answers them with -ENOSYS.
 */
enum {
	SYS_openat = 56,
	SYS_close = 57,
	SYS_pipe2 = 59,
	SYS_read = 63,
	SYS_write = 64,
	SYS_exit = 93,
	SYS_exit_group = 94,
	SYS_futex = 98,
	SYS_nanosleep = 101,
	SYS_kill = 129,
	SYS_rt_sigaction = 134,
	SYS_rt_sigprocmask = 135,
	SYS_getpid = 172,
	SYS_brk = 214,
	SYS_munmap = 215,
	SYS_clone = 220,
	SYS_mmap = 222,
	SYS_mprotect = 226,
	SYS_wait4 = 260,
	SYS_checkpoint = 600, /* (pid, fd, flags, logfd): id > 0, or 0 in the restarted task, or -errno */
	SYS_restart = 601,    /* (pid, fd, flags, logfd): does not return, or -errno */
};

enum { STDIN = 0, STDOUT = 1, STDERR = 2, NO_FD = -1 };

enum { PAGE_SIZE = 4096 };

/* mmap(2) */
enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_PRIVATE = 0x02, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20 };

enum { EFAULT = 14 };

static inline s64 system_call(s64 number, s64 a, s64 b, s64 c, s64 d, s64 e, s64 f)
{
	register s64 a0 asm("a0") = a;
	register s64 a1 asm("a1") = b;
	register s64 a2 asm("a2") = c;
	register s64 a3 asm("a3") = d;
	register s64 a4 asm("a4") = e;
	register s64 a5 asm("a5") = f;
	register s64 a7 asm("a7") = number;

	asm volatile("ecall"
		     : "+r"(a0)
		     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
		     : "memory");
	return a0;
}

#define CALL1(n, a) system_call(n, (s64)(a), 0, 0, 0, 0, 0)
#define CALL2(n, a, b) system_call(n, (s64)(a), (s64)(b), 0, 0, 0, 0)
#define CALL3(n, a, b, c) system_call(n, (s64)(a), (s64)(b), (s64)(c), 0, 0, 0)
#define CALL4(n, a, b, c, d) system_call(n, (s64)(a), (s64)(b), (s64)(c), (s64)(d), 0, 0)
#define CALL6(n, a, b, c, d, e, f) \
	system_call(n, (s64)(a), (s64)(b), (s64)(c), (s64)(d), (s64)(e), (s64)(f))

static inline s64 checkpoint(s64 pid, int fd, u64 flags, int logfd)
{
	return CALL4(SYS_checkpoint, pid, fd, flags, logfd);
}

static inline s64 restart(s64 pid, int fd, u64 flags, int logfd)
{
	return CALL4(SYS_restart, pid, fd, flags, logfd);
}

static inline s64 getpid(void)
{
	return CALL1(SYS_getpid, 0);
}

__attribute__((noreturn)) static inline void leave(int status)
{
	for (;;)
		CALL1(SYS_exit_group, status);
}

static inline void sleep_ms(u64 ms)
{
	struct {
		s64 seconds;
		s64 nanoseconds;
	} duration = { ms / 1000, ms % 1000 * 1000000 };

	CALL2(SYS_nanosleep, &duration, 0);
}

static inline s64 map_at(void *address, u64 bytes, int protection, int more_flags)
{
	return CALL6(SYS_mmap, address, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | more_flags,
		     NO_FD, 0);
}

static inline s64 unmap(void *address, u64 bytes)
{
	return CALL2(SYS_munmap, address, bytes);
}

static inline s64 protect(void *address, u64 bytes, int protection)
{
	return CALL3(SYS_mprotect, address, bytes, protection);
}

/* One line of output. It is collected here and leaves in a single write(2). */
struct line {
	u64 length;
	char text[120];
};

static void put_char(struct line *line, char c)
{
	if (line->length < sizeof(line->text))
		line->text[line->length++] = c;
}

static void put(struct line *line, const char *text)
{
	while (*text)
		put_char(line, *text++);
}

/* At least `width` digits, with leading zeros, in the given base. */
static void put_digits(struct line *line, u64 value, u64 base, u64 width)
{
	if (value >= base || width > 1)
		put_digits(line, value / base, base, width > 1 ? width - 1 : 1);
	put_char(line, "0123456789abcdef"[value % base]);
}

static inline void put_number(struct line *line, s64 value)
{
	if (value < 0)
		put_char(line, '-');
	put_digits(line, value < 0 ? -(u64)value : (u64)value, 10, 1);
}

static inline void put_hex(struct line *line, u64 value, u64 width)
{
	put_digits(line, value, 16, width);
}

/* Ends the line, writes it to `fd`, and empties it for the next one. */
static void end_line(struct line *line, int fd)
{
	u64 done = 0;

	if (line->length == sizeof(line->text))
		line->length--;
	line->text[line->length++] = '\n';
	while (done < line->length) {
		s64 written = CALL3(SYS_write, fd, line->text + done, line->length - done);

		if (written <= 0)
			leave(3);
		done += written;
	}
	line->length = 0;
}

static inline void begin_line(struct line *line)
{
	line->length = 0;
}

/* What a refused system call answered, by the names that checkpoint and restart use. */
static inline void put_error(struct line *line, s64 result)
{
	static const struct {
		u8 number;
		char name[13];
	} names[] = {
		{ 1, "EPERM" },    { 3, "ESRCH" },    { 4, "EINTR" },       { 5, "EIO" },
		{ 7, "E2BIG" },    { 8, "ENOEXEC" },  { 9, "EBADF" },       { 11, "EAGAIN" },
		{ 12, "ENOMEM" },  { 13, "EACCES" },  { 14, "EFAULT" },     { 16, "EBUSY" },
		{ 17, "EEXIST" },  { 22, "EINVAL" },  { 27, "EFBIG" },      { 28, "ENOSPC" },
		{ 32, "EPIPE" },   { 38, "ENOSYS" },  { 74, "EBADMSG" },    { 95, "EOPNOTSUPP" },
	};

	for (u64 i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == -result) {
			put(line, names[i].name);
			return;
		}
	}
	put(line, "errno ");
	put_number(line, -result);
}

/*
 * What the page at `address` is, found out by system calls that would fail with EFAULT, so that no
 * signal is needed: 'w' writable, 'r' only readable, 'n' mapped without access, '.' not mapped.
 * The page must begin with a zero byte, an empty path, and loses its second eight bytes.
 */
static inline char page_kind(u8 *address)
{
	enum { AT_FDCWD = -100, SIG_BLOCK = 0, SIGNAL_SET_SIZE = 8 };

	if (CALL4(SYS_rt_sigprocmask, SIG_BLOCK, 0, address + 8, SIGNAL_SET_SIZE) == 0)
		return 'w';
	if (CALL4(SYS_openat, AT_FDCWD, address, 0, 0) != -EFAULT)
		return 'r';
	return protect(address, PAGE_SIZE, PROT_NONE) == 0 ? 'n' : '.';
}

/* A running sum in which the order of the values matters. */
static inline u64 mix(u64 sum, u64 value)
{
	return (sum ^ value) * 0x9e3779b97f4a7c15 + (sum >> 29);
}

int guest_main(void);

/* Called on a fresh stack; `used`, because only the assembler text below names it. */
__attribute__((noreturn, used)) static void begin(void)
{
	leave(guest_main());
}

/* The stack pointer is aligned as the ABI wants, and gp points where the linker assumes it does. */
asm(".pushsection .text._start, \"ax\"\n"
    ".globl _start\n"
    "_start:\n"
    "	.option push\n"
    "	.option norelax\n"
    "	lla	gp, __global_pointer$\n"
    "	.option pop\n"
    "	andi	sp, sp, -16\n"
    "	tail	begin\n"
    ".popsection\n");

#endif
