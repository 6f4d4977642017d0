/* foreign FOLDER N: makes N files there one by one and removes them again. Prints the processor seconds it took itself. */
#include "base/own.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec took;
	char name[32];

	if (argc != 3 || chdir(argv[1]) != 0)
		return 2;
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < atoi(argv[2]); i++) {
			OWN_FD int fd = -1;

			(void)snprintf(name, sizeof(name), "file-%d", i);
			if (pass == 0)
				fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
			if (pass == 0 ? fd < 0 : unlink(name) != 0)
				return 1;
		}
	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &took) != 0)
		return 1;
	return printf("%lld.%09ld\n", (long long)took.tv_sec, took.tv_nsec) < 0;
}
