/*
 * Mappings with holes and mixed protections, one of them executable and holding code that this
 * program wrote itself. Each stage prints a map of the region, one letter a page (see page_kind),
 * and a sum of what can be read.
 */
#include "crucible.h"

enum { PAGES = 20 };

static u8 *region;

static u8 *page(u64 index)
{
	return region + index * PAGE_SIZE;
}

static void must(s64 result)
{
	if (result < 0)
		leave(1);
}

/* The first sixteen bytes are page_kind's. */
static void fill(u64 from, u64 to, u64 seed)
{
	for (u64 i = from; i < to; i++) {
		for (u64 at = 16; at < PAGE_SIZE; at += 256)
			*(u64 *)(page(i) + at) = mix(seed, i << 12 | at);
	}
}

static void report(const char *what)
{
	struct line line;
	u64 sum = 0;

	begin_line(&line);
	put(&line, what);
	put(&line, ": ");
	for (u64 i = 0; i < PAGES; i++) {
		char kind = page_kind(page(i));

		put_char(&line, kind);
		sum = mix(sum, kind);
		if (kind != 'w' && kind != 'r')
			continue;
		for (u64 at = 16; at < PAGE_SIZE; at += 256)
			sum = mix(sum, *(u64 *)(page(i) + at));
	}
	put(&line, ", sum ");
	put_hex(&line, sum, 16);
	end_line(&line, STDOUT);
}

enum { CODE_PAGE = 11, CODE_OFFSET = 64 };

/* Writes a function to a page of its own and makes that page executable. */
static void write_own_code(void)
{
	u32 *code = (u32 *)(page(CODE_PAGE) + CODE_OFFSET);

	code[0] = 0x02a50513; /* addi a0, a0, 42 */
	code[1] = 0x00008067; /* ret */
	must(protect(page(CODE_PAGE), PAGE_SIZE, PROT_READ | PROT_EXEC));
	asm volatile("fence.i" : : : "memory");
}

static void run_own_code(void)
{
	s64 (*code)(s64) = (s64(*)(s64))(page(CODE_PAGE) + CODE_OFFSET);
	struct line line;

	begin_line(&line);
	put(&line, "own code says ");
	put_number(&line, code(58));
	end_line(&line, STDOUT);
}

int guest_main(void)
{
	s64 address = map_at(0, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, 0);

	must(address);
	region = (u8 *)address;
	fill(0, PAGES - 2, 1); /* two pages stay untouched */
	report("mapped");

	must(unmap(page(3), PAGE_SIZE));
	must(unmap(page(8), 2 * PAGE_SIZE));
	must(unmap(page(PAGES - 1), PAGE_SIZE));
	report("with holes");

	must(protect(page(1), PAGE_SIZE, PROT_READ));
	must(protect(page(5), 2 * PAGE_SIZE, PROT_NONE));
	must(protect(page(12), 3 * PAGE_SIZE, PROT_READ));
	report("protected");
	sleep_ms(5);

	write_own_code();
	run_own_code();
	report("with code");

	/* Writable again, what was hidden is back; a new mapping over an old one is empty. */
	must(protect(page(5), PAGE_SIZE, PROT_READ | PROT_WRITE));
	must(map_at(page(13), PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_FIXED));
	must(map_at(page(8), PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_FIXED));
	fill(8, 9, 2);
	report("patched");
	sleep_ms(5);

	must(unmap(page(4), 7 * PAGE_SIZE)); /* up to the code */
	run_own_code();
	report("emptied");
	must(unmap(page(0), PAGES * PAGE_SIZE));
	report("gone");
	return 0;
}
