/* A tree of small files, as fast as one process makes it: tree ROOT DIRECTORIES FILES BYTES. Prints the seconds it took. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int make_file(const char *path, size_t n)
{
	static const char content[1 << 16];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, content, n) != (ssize_t)n || close(fd) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	long directories = argc == 5 ? atol(argv[2]) : 0, files = argc == 5 ? atol(argv[3]) : 0;
	size_t n = argc == 5 ? (size_t)atol(argv[4]) : 0;
	double began = now();
	char path[4096];

	if (argc != 5 || n > 1 << 16)
		return 2;
	for (long d = 0; d < directories; d++) {
		(void)snprintf(path, sizeof(path), "%s/d%ld", argv[1], d);
		if (mkdir(path, 0755) != 0) {
			perror(path);
			return 1;
		}
		for (long f = 0; f < files; f++) {
			(void)snprintf(path, sizeof(path), "%s/d%ld/f%ld.txt", argv[1], d, f);
			if (make_file(path, n) != 0)
				return 1;
		}
	}
	printf("%.4f\n", now() - began);
	return 0;
}
