/*
 * Memory that processes share: a page without a name that parent and child write to in turn, and a sealed
 * file of memfd_create(2) that each maps at its own place, one of them privately. Every number in the
 * output was written by another process, or through another mapping, than the one that reads it.
 */
#include "crucible.h"

enum { SYS_fcntl = 25, SYS_ftruncate = 46, SYS_pwrite64 = 68, SYS_memfd_create = 279 };
enum { SIGCHLD = 17 };
enum { MAP_SHARED = 0x01 };
enum { MFD_ALLOW_SEALING = 2 };
enum { F_ADD_SEALS = 1033, F_GET_SEALS = 1034 };
enum { F_SEAL_SHRINK = 2, F_SEAL_GROW = 4 };
enum { ROUNDS = 4, PAGES = 4, STATUS = 6 };

static struct line line;

static void say(const char *what, s64 number)
{
	put(&line, what);
	put_char(&line, ' ');
	put_number(&line, number);
	end_line(&line, STDOUT);
}

static s64 fork(void)
{
	return CALL6(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
}

static int wait_for(s64 pid)
{
	int status = -1;

	CALL4(SYS_wait4, pid, &status, 0, 0);
	return status;
}

static volatile u64 *map(int flags, int fd, u64 page)
{
	return (volatile u64 *)CALL6(SYS_mmap, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, flags, fd,
				     page * PAGE_SIZE);
}

/* The child adds one to even numbers, the parent to odd ones. */
static void turns(void)
{
	volatile u64 *number = map(MAP_SHARED | MAP_ANONYMOUS, NO_FD, 0);
	s64 child = fork();

	for (u64 turn = child == 0 ? 0 : 1; turn < 2 * ROUNDS; turn += 2) {
		while (*number != turn)
			sleep_ms(1);
		*number = turn + 1;
	}
	if (child == 0)
		leave(*number);
	say("the child left at", wait_for(child) >> 8);
	say("the turns were", *number);
}

/* A file with holes, seen by two processes through four mappings. */
static void notes(void)
{
	int fd = CALL2(SYS_memfd_create, "notes", MFD_ALLOW_SEALING);
	volatile u64 *first, *last, *copy;
	s64 child;
	u64 number = 3;

	CALL2(SYS_ftruncate, fd, PAGES * PAGE_SIZE);
	first = map(MAP_SHARED, fd, 0);
	copy = map(MAP_PRIVATE, fd, PAGES - 1);
	CALL4(SYS_pwrite64, fd, &number, sizeof(number), (PAGES - 1) * PAGE_SIZE + 8);
	copy[0] = 40;
	child = fork();
	if (child == 0) {
		last = map(MAP_SHARED, fd, PAGES - 1);
		while (first[0] == 0)
			sleep_ms(1);
		last[1] += first[0];
		copy[0] += 1;
		CALL3(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
		sleep_ms(1);
		leave(copy[0]);
	}
	sleep_ms(1);
	first[0] = 20;
	say("the child's own copy says", wait_for(child) >> 8);
	say("the parent's own copy says", copy[0]);
	last = map(MAP_SHARED, fd, PAGES - 1);
	say("the file says", last[1]);
	say("its seals are", CALL3(SYS_fcntl, fd, F_GET_SEALS, 0));
	say("it cannot shrink:", -CALL2(SYS_ftruncate, fd, 0));
}

int guest_main(void)
{
	begin_line(&line);
	turns();
	notes();
	return STATUS;
}
