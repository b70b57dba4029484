/*
 * Deep stacks: the main one, which the kernel grows on demand, and one that the program maps for
 * itself above a guard page. Each level of the recursion holds a block that is summed only on the
 * way back, and now and then a level prints, so that a checkpoint finds the stack at any depth.
 */
#include "crucible.h"

enum { BLOCK_WORDS = 96, LEVELS = 120, LEVELS_PER_LINE = 30 };
enum { OWN_STACK_PAGES = 32 };

static void report(const char *what, u64 level, u64 sum)
{
	struct line line;

	begin_line(&line);
	put(&line, what);
	put(&line, " level ");
	put_number(&line, (s64)level);
	put(&line, ", sum ");
	put_hex(&line, sum, 16);
	end_line(&line, STDOUT);
}

__attribute__((noinline)) static u64 descend(u64 level, u64 seed)
{
	volatile u64 block[BLOCK_WORDS];
	u64 sum;

	for (u64 i = 0; i < BLOCK_WORDS; i += 8)
		block[i] = mix(seed, level * BLOCK_WORDS + i);
	if (level % LEVELS_PER_LINE == 0)
		report("down to", level, block[0]);
	sum = level == LEVELS ? seed : descend(level + 1, block[8]);
	for (u64 i = 0; i < BLOCK_WORDS; i += 8)
		sum = mix(sum, block[i]);
	if (level % LEVELS_PER_LINE == 0)
		report("back at", level, sum);
	return sum;
}

/* Calls descend(1, seed) with the stack pointer at `top`, and comes back to this stack. */
__attribute__((noinline)) static u64 descend_on(u8 *top, u64 seed)
{
	register u64 a0 asm("a0") = 1;
	register u64 a1 asm("a1") = seed;
	register u64 (*function)(u64, u64) asm("t0") = descend;
	register u8 *new_stack asm("t1") = top;

	asm volatile("mv	s1, sp\n\t"
		     "mv	sp, %[stack]\n\t"
		     "jalr	%[function]\n\t"
		     "mv	sp, s1"
		     : "+r"(a0), "+r"(a1), [function] "+r"(function), [stack] "+r"(new_stack)
		     :
		     : "s1", "ra", "a2", "a3", "a4", "a5", "a6", "a7", "t2", "t3", "t4", "t5", "t6",
		       "memory");
	return a0;
}

int guest_main(void)
{
	struct line line;
	u64 sum = descend(1, 1);
	s64 address;
	u8 *guard;

	report("main stack,", 0, sum);
	sleep_ms(5);
	address = map_at(0, (1 + OWN_STACK_PAGES) * PAGE_SIZE, PROT_READ | PROT_WRITE, 0);
	if (address < 0)
		return 1;
	guard = (u8 *)address;
	if (protect(guard, PAGE_SIZE, PROT_NONE) < 0)
		return 1;
	sum = descend_on(guard + (1 + OWN_STACK_PAGES) * PAGE_SIZE, sum);
	report("own stack,", 0, sum);
	begin_line(&line);
	put(&line, "guard page: ");
	put_char(&line, page_kind(guard));
	end_line(&line, STDOUT);
	if (unmap(guard, (1 + OWN_STACK_PAGES) * PAGE_SIZE) < 0)
		return 1;
	sum = descend(LEVELS / 2, sum);
	report("main stack again,", 0, sum);
	return 0;
}
