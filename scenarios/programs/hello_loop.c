/*
 * Counts, and carries values in integer and floating-point registers from line to line, with a
 * rounding mode that changes half-way and exception flags that only the end shows. Whoever loses a
 * register, a sleep or a line on the way is told so by the output.
 */
#include "crucible.h"

enum { LINES = 12, STEPS_PER_LINE = 40, EXIT_STATUS = 7 };
/* Fields of fcsr: the rounding mode RDN, and the exception flag "divide by zero". */
enum { ROUND_DOWN = 2 << 5, DIVIDE_BY_ZERO = 1 << 3 };

static u64 bits_of_double(double value)
{
	u64 bits;

	asm("fmv.x.d %0, %1" : "=r"(bits) : "f"(value));
	return bits;
}

static u32 bits_of_float(float value)
{
	u32 bits;

	asm("fmv.x.w %0, %1" : "=r"(bits) : "f"(value));
	return bits;
}

int guest_main(void)
{
	struct line line;
	double chaos = 0.4; /* a logistic map: every bit counts */
	double distance = 1;
	float narrow = 0.3f; /* the same in single precision */
	u64 sum = 1;
	u64 flags;

	begin_line(&line);
	for (int count = 1; count <= LINES; count++) {
		for (int step = 1; step <= STEPS_PER_LINE; step++) {
			chaos = 3.99 * chaos * (1 - chaos);
			distance = __builtin_sqrt(distance * distance + chaos);
			narrow = 3.9f * narrow * (1 - narrow);
			sum = mix(sum, bits_of_double(chaos));
		}
		put(&line, "hello, world ");
		put_number(&line, count);
		put(&line, " of ");
		put_number(&line, LINES);
		put(&line, ": 0.");
		put_digits(&line, (u64)(chaos * 1000000000), 10, 9);
		put_char(&line, ' ');
		put_hex(&line, bits_of_double(distance), 16);
		put_char(&line, ' ');
		put_hex(&line, bits_of_float(narrow), 8);
		put_char(&line, ' ');
		put_hex(&line, sum, 16);
		end_line(&line, STDOUT);
		if (count == LINES / 2)
			asm volatile("fscsr %0" : : "r"(ROUND_DOWN | DIVIDE_BY_ZERO));
		sleep_ms(10);
	}
	asm volatile("frcsr %0" : "=r"(flags));
	put(&line, "bye, world: fcsr ");
	put_hex(&line, flags, 2);
	end_line(&line, STDOUT);
	return EXIT_STATUS;
}
