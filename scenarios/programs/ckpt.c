/*
 * Saves itself to its standard output and goes on: the first half of the session that announced the
 * original patch series. The process that restart makes of the image goes on here too, with ret=0.
 */
#include "crucible.h"

int guest_main(void)
{
	struct line line;
	s64 ret = checkpoint(getpid(), STDOUT, 0, NO_FD);

	begin_line(&line);
	if (ret < 0) {
		put(&line, "ckpt: checkpoint failed: ");
		put_error(&line, ret);
		end_line(&line, STDERR);
		return 2;
	}
	put(&line, "hello, world!  (ret=");
	put_number(&line, ret);
	put(&line, ")");
	end_line(&line, STDERR);
	for (;;)
		;
}
