/* Runs every file named on the command line, its beginning at several lengths and with single bytes changed. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"

#define INPUT_MAX ((size_t)1 << 20)
#define VARIANTS  512 /* of each kind, spread over the file */

/* Exactly n bytes on the heap, so that a sanitizer sees a read past them. */
static void run(const uint8_t *at, size_t n)
{
	uint8_t *copy = calloc(1, n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, at, n);
	(void)LLVMFuzzerTestOneInput(copy, n); /* always 0 */
	free(copy);
}

static void run_variants(uint8_t *at, size_t n)
{
	size_t step = n / VARIANTS + 1;

	run(at, n);
	for (size_t i = 0; i < n; i += step) {
		uint8_t kept = at[i];

		run(at, i);
		at[i] = (uint8_t)(kept ^ (1 << i % 8));
		run(at, n);
		at[i] = i % 2 ? 0xff : '\n';
		run(at, n);
		at[i] = kept;
	}
}

static int replay(const char *path)
{
	OWN_MEM uint8_t *at = malloc(INPUT_MAX);
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f || !at) {
		(void)fprintf(stderr, "replay: cannot read %s\n", path);
		return 1;
	}
	n = fread(at, 1, INPUT_MAX, f);
	(void)fclose(f);
	run_variants(at, n);
	return 0;
}

int main(int argc, char **argv)
{
	int bad = 0;

	run((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		bad |= replay(argv[i]);
	(void)printf("%d inputs replayed\n", argc - 1);
	return bad;
}
