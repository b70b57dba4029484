/*
 * The least that a program with the C library does: what it was started with, buffered output, the
 * heap, and an exit status. Takes any arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	size_t length = 1;
	char *joined;

	for (int i = 1; i < argc; i++)
		length += strlen(argv[i]) + 1;
	joined = calloc(length, 1);
	if (!joined) {
		perror("hello");
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		strcat(joined, " ");
		strcat(joined, argv[i]);
	}
	printf("hello, world!%s\n", joined);
	printf("%d arguments, %zu bytes\n", argc - 1, length - 1);
	free(joined);
	return 0;
}
