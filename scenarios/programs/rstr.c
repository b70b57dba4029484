/*
 * Becomes the process whose image stands on standard input: the second half of the session that
 * announced the original patch series. When it succeeds, nothing of this program is left to return to.
 */
#include "crucible.h"

int guest_main(void)
{
	struct line line;
	s64 ret = restart(getpid(), STDIN, 0, NO_FD);

	begin_line(&line);
	put(&line, "rstr: restart failed: ");
	put_error(&line, ret);
	end_line(&line, STDERR);
	return 1;
}
