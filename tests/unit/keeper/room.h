/* A keeper with a store of its own. */
#ifndef TESTS_UNIT_KEEPER_ROOM_H
#define TESTS_UNIT_KEEPER_ROOM_H

#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "keeper/keeper.h"
#include "keeper/store.h"
#include "library/envelope.h"

#define RECORD "0192f0c4-1111-7222-8333-444455556666"

struct room {
	char path[80];
	int store, machine, escrow;
	struct keeper keeper;
};

static inline int setup(void **state)
{
	struct room *room = calloc(1, sizeof(*room));
	const char *base = getenv("TMPDIR");

	assert_non_null(room);
	(void)snprintf(room->path, sizeof(room->path), "%.50s/keeper-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(room->path));
	room->store = open(room->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(room->store, "other", 0700), 0);
	room->machine = openat(room->store, "other/machine.key", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	room->escrow = openat(room->store, "other/escrow.key", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(sodium_start(), 0);
	assert_int_equal(keeper_initialise(&files_linux, room->store, room->machine, room->escrow), 0);
	assert_int_equal(keeper_open(&room->keeper, &files_linux, room->store, room->machine), 0);
	*state = room;
	return 0;
}

static inline int teardown(void **state)
{
	struct room *room = *state;
	OWN_MEM char *command = text_format("rm -rf '%s'", room->path);

	keeper_done(&room->keeper);
	(void)close(room->store);
	(void)close(room->machine);
	(void)close(room->escrow);
	free(room);
	return system(command);
}

static inline void open_again(struct room *room)
{
	keeper_done(&room->keeper);
	assert_int_equal(keeper_open(&room->keeper, &files_linux, room->store, room->machine), 0);
}

static inline void add_epoch(struct room *room, const char *level, const char *epoch)
{
	enum key_outcome outcome;

	assert_int_equal(keeper_add_epoch(&room->keeper, level, epoch, &outcome), 0);
	assert_int_equal(outcome, KEY_DONE);
}

/* A shell command about the room, which is $1. */
static inline int shell(const struct room *room, const char *command)
{
	OWN_MEM char *line = text_format("set -- '%s'; %s", room->path, command);

	return system(line);
}

/* A sealed file's header at that level, version 3. */
static inline void make_header(struct room *room, const char *level, const char *key_level, struct buffer *ret)
{
	OWNED(secret) struct secret *file_key = NULL;
	OWN_BUFFER struct buffer label = {0};
	OWN_BUFFER struct buffer list = {0};
	struct sealed_record record = {.length = 4};
	struct recipient to[2] = {keeper_level(&room->keeper, key_level)->recipient, room->keeper.wrap_to[1]};
	struct envelope_plan plan = {.recipients = to, .n_recipients = 2};
	uint8_t commit[32];
	char hex[65];
	struct label l = {.record = RECORD,
			  .version = 3,
			  .content = 1,
			  .state = "draft",
			  .level = level,
			  .protection = level,
			  .commit = hex};

	envelope_commitment(record.salt, record.digest, commit);
	text_hex(commit, 32, hex);
	assert_int_equal(label_format(&l, &label), 0);
	record.label = buffer_bytes(&label);
	assert_int_equal(sealed_record_format(&record, &list), 0);
	assert_int_equal(envelope_new_file_key(&file_key), 0);
	plan.file_key = file_key;
	plan.record = buffer_bytes(&list);
	buffer_clear(ret);
	assert_int_equal(envelope_write(&plan, ret), 0);
}

static inline void grant(struct room *room, uint64_t id, struct frame_grant g)
{
	g.grant = id;
	g.valid_ms = 1000;
	g.person = g.person ? g.person : "li";
	keeper_add_grant(&room->keeper, &g, 0);
}

static inline enum key_outcome unwrap(struct room *room, uint64_t id, const struct buffer *header, uint64_t now_ms)
{
	OWNED(secret) struct secret *key = NULL;
	enum key_outcome outcome;
	const char *detail = NULL;

	assert_int_equal(keeper_unwrap(&room->keeper, id, buffer_bytes(header), now_ms, &key, &outcome, &detail), 0);
	assert_non_null(detail);
	assert_int_equal(key != NULL, outcome == KEY_DONE);
	return outcome;
}

#endif
