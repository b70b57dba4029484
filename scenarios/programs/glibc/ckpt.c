/*
 * ../ckpt.c as a user would write it: with the C library and a number from the manual. Built by the
 * stock compiler, it shows that nothing in the session depends on our own header.
 */
#include <stdio.h>
#include <unistd.h>
#include <sys/syscall.h>

#define SYS_checkpoint 600 /* crucible.h says why */

int main(void)
{
	long ret = syscall(SYS_checkpoint, getpid(), STDOUT_FILENO, 0, -1);

	if (ret < 0) {
		perror("ckpt: checkpoint failed");
		return 2;
	}
	fprintf(stderr, "hello, world!  (ret=%ld)\n", ret);
	for (;;)
		;
}
