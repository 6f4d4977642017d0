/* Sealed files to be spoiled, and what must then happen: the sealer reads them whole, refuses, and gives nothing. */
#ifndef TESTS_UNIT_SEALER_ATTACK_H
#define TESTS_UNIT_SEALER_ATTACK_H

#include "world.h"

#define NAME   "victim.age"
#define LENGTH ((size_t)2 * AGE_CHUNK + 60000) /* three chunks */

/* A sealed file in memory, with its file key, which a thief could have. */
struct sealed {
	struct buffer file;
	struct envelope e; /* borrows file */
	struct secret *file_key;
};

static inline void sealed_done(struct sealed *s)
{
	envelope_done(&s->e);
	buffer_done(&s->file);
	secret_free(s->file_key);
}

static inline size_t chunk_at(const struct sealed *s, size_t i)
{
	return s->e.payload_at + i * AGE_SEALED_CHUNK;
}

/* Sealed by the sealer as NUMBER.txt.age; content and label differ with the version. */
static inline void seal(struct world *w, const char *number, uint8_t version, struct sealed *ret)
{
	OWN_MEM uint8_t *content = world_content(LENGTH);
	OWN_MEM char *name = text_format("%s.txt", number);
	OWN_MEM char *target = text_format("%s.txt.age", number);
	OWN_MEM char *keep = text_format("%s.1.age", number);
	OWN_FD int fd = -1;

	w->settle_at_once = true;
	for (size_t i = 0; i < LENGTH; i++)
		content[i] ^= version;
	world_write(w, name, content, LENGTH);
	world_ask_seal(
	    w, &(struct wish){.intent = version, .path = name, .target = target, .keep = keep, .version = version});
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_published, version)->outcome, SEAL_DONE);
	fd = openat(w->dir, target, O_RDONLY | O_CLOEXEC);
	assert_int_equal(files_read_rest(&files_linux, fd, SIZE_MAX / 2, &ret->file), 0);
	assert_int_equal(envelope_parse(buffer_bytes(&ret->file), &ret->e), 0);
	assert_int_equal(envelope_unlock(&ret->e, w->level, &ret->file_key), 0);
}

/* What the file must do: be refused, and give nothing. The intent is new each time. */
static inline void expect_refused(struct world *w, const char *name, enum seal_outcome *ret)
{
	static uint64_t intent = 1000;
	OWN_BUFFER struct buffer back = {0};
	enum seal_outcome outcome = world_unseal(w, ++intent, name, &back);

	assert_int_not_equal(outcome, SEAL_DONE);
	assert_int_equal(back.n, 0);
	if (ret)
		*ret = outcome;
}

static inline void expect_opens(struct world *w, const char *name)
{
	static uint64_t intent = 900000000;
	OWN_BUFFER struct buffer back = {0};

	assert_int_equal(world_unseal(w, ++intent, name, &back), SEAL_DONE);
	assert_int_equal(back.n, LENGTH);
}

static inline void try_file(struct world *w, struct bytes file)
{
	world_write(w, NAME, file.at, file.n);
	expect_refused(w, NAME, NULL);
}

#endif
