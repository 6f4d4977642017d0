/*
 * The sealer without its process, on files below TMPDIR: what seal-large and
 * seal-small measure. Prints seconds and how often the disk was waited for.
 *   sealer FILES BYTES     seals so many files of that size and takes their plaintext
 */
#include "sealer/world.h"

#include <time.h>

static double now(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void write_files(struct world *w, size_t n, size_t bytes, struct asked *asked, char **names)
{
	OWN_MEM uint8_t *content = world_content(bytes);

	for (size_t i = 0; i < n; i++) {
		struct wish wish = {.intent = i + 1};

		names[2 * i] = text_format("f%zu", i);
		names[2 * i + 1] = text_format("f%zu.age", i);
		wish.path = names[2 * i];
		wish.target = wish.keep = names[2 * i + 1];
		world_write(w, wish.path, content, bytes);
		world_prepare_seal(w, &wish, &asked[i]);
	}
}

int main(int argc, char **argv)
{
	uint64_t files = 0, bytes = 0;
	struct asked *asked;
	struct world *w;
	double start, took;
	char **names;
	void *state;

	if (argc != 3 || !text_to_u64(argv[1], 1000000, &files) || !text_to_u64(argv[2], UINT64_C(1) << 34, &bytes))
		return 2;
	asked = calloc(files, sizeof(*asked));
	names = calloc(2 * files, sizeof(*names));
	assert_non_null(asked);
	assert_non_null(names);
	assert_int_equal(world_setup(&state), 0);
	w = state;
	w->settle_at_once = true;
	write_files(w, files, bytes, asked, names);
	sync();
	start = now();
	for (size_t i = 0; i < files; i++)
		world_send(w, &frame_type_seal, &asked[i].m, -1);
	world_run(w);
	took = now() - start;
	assert_int_equal(w->n_answers, 2 * files);
	assert_false(world_has(w, names[2 * (files - 1)]));
	assert_true(world_has(w, names[2 * files - 1]));
	(void)printf("%.4f %llu\n", took, (unsigned long long)w->sealer.flushes);
	for (size_t i = 0; i < files; i++) {
		asked_done(&asked[i]);
		free(names[2 * i]);
		free(names[2 * i + 1]);
	}
	free(asked);
	free(names);
	return world_teardown(&state);
}
