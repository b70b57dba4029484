/*
 * A heap that grows, shrinks and grows again by brk. What was written must still be there, and what
 * was given back must return as zeros. Sizes are not whole pages, so that the edge falls inside one.
 */
#include "crucible.h"

static u8 *heap;
static u64 heap_bytes;

static void report(struct line *line, const char *what, u64 sum)
{
	put(line, what);
	put(line, ": ");
	put_number(line, (s64)heap_bytes);
	put(line, " bytes, sum ");
	put_hex(line, sum, 16);
	end_line(line, STDOUT);
}

static void resize(u64 bytes)
{
	s64 end = CALL1(SYS_brk, heap + bytes);

	if ((u8 *)end != heap + bytes)
		leave(1);
	heap_bytes = bytes;
}

/* One word in sixteen is written, so that every page is touched and the run stays short. */
enum { STRIDE = 128 };

static void fill(u64 from, u64 seed)
{
	for (u64 at = from; at + 8 <= heap_bytes; at += STRIDE)
		*(u64 *)(heap + at) = mix(seed, at);
}

static u64 sum_of(u64 from)
{
	u64 sum = 0;

	for (u64 at = from; at + 8 <= heap_bytes; at += STRIDE)
		sum = mix(sum, *(u64 *)(heap + at));
	return sum;
}

static u64 not_zero(u64 from, u64 to)
{
	u64 count = 0;

	for (u64 at = from; at < to; at++)
		count += heap[at] != 0;
	return count;
}

int guest_main(void)
{
	enum { FIRST = 3 * PAGE_SIZE + 384, SECOND = 10 * PAGE_SIZE, KEPT = 5 * PAGE_SIZE + 2048 };
	struct line line;

	begin_line(&line);
	/* The heap begins at a page, wherever the kernel put the break at first. */
	heap = (u8 *)((CALL1(SYS_brk, 0) + PAGE_SIZE - 1) & -(s64)PAGE_SIZE);
	report(&line, "empty", 0);
	resize(FIRST);
	fill(0, 1);
	report(&line, "grown", sum_of(0));
	resize(SECOND);
	fill(FIRST, 2);
	report(&line, "grown further", sum_of(0));
	sleep_ms(5);
	resize(KEPT);
	report(&line, "shrunk", sum_of(0));
	resize(SECOND);
	report(&line, "grown again", sum_of(0));
	put(&line, "bytes that are not zero: ");
	/* From the next page on: Linux, too, leaves the rest of a page that is kept as it was. */
	put_number(&line, (s64)not_zero(6 * PAGE_SIZE, SECOND));
	end_line(&line, STDOUT);
	fill(KEPT, 3);
	report(&line, "filled", sum_of(0));
	for (u64 pages = 8; pages > 0; pages -= 4) {
		resize(pages * PAGE_SIZE);
		report(&line, "shrinking", sum_of(0));
	}
	resize(0);
	report(&line, "empty again", 0);
	return 0;
}
