/* Sessions of persons: which keys are in memory, for whom, and when they go. */
#include "room.h"

#include <errno.h>

#include "keeper/escrow.h"
#include "keeper/key_file.h"
#include "keeper/unlock.h"

#define IDLE_MS 60000

static const struct frame_grant right = {.record = RECORD, .version = 3, .level = "SECRET", .purpose = GRANT_OPEN};

struct one {
	const char *name;
	struct secret *identity;
	struct recipient recipient;
	char text[RECIPIENT_TEXT];
};

static void one_new(struct one *ret, const char *name)
{
	ret->name = name;
	assert_int_equal(identity_new(&ret->identity), 0);
	assert_int_equal(identity_recipient(ret->identity, &ret->recipient), 0);
	recipient_to_text(&ret->recipient, ret->text);
}

static void one_done(struct one *one)
{
	secret_free(one->identity);
}
#define ONE(var) __attribute__((cleanup(one_done))) struct one var = {0}

/* The level is unlocked by these (NULL ends them), or by the machine. */
static void set_level(struct room *room, const char *level, bool is_person, const struct one *a, const struct one *b)
{
	OWN_BUFFER struct buffer lines = {0};
	OWN_MEM char *text = NULL;
	struct frame_level_mode m = {.level = level, .is_person = is_person, .idle_ms = IDLE_MS};

	if (a)
		buffer_add_format(&lines, "%s %s\n", a->name, a->text);
	if (b)
		buffer_add_format(&lines, "%s %s\n", b->name, b->text);
	text = buffer_steal_text(&lines);
	m.persons = text;
	assert_int_equal(unlock_set_level(&room->keeper, &m), 0);
}

static enum key_outcome unlock_as(struct room *room, const struct one *one, const struct secret *with, uint64_t now_ms)
{
	struct unlock_order order = {one->name, one->text, {now_ms, 0}};
	enum key_outcome outcome;

	assert_int_equal(unlock_open(&room->keeper, &order, with, &outcome), 0);
	return outcome;
}

static char overs[200];

static int note_over(void *context, const char *person, const char *why)
{
	size_t n = strlen(overs);

	(void)context;
	(void)snprintf(overs + n, sizeof(overs) - n, "%s:%s ", person, why);
	return 0;
}

static const struct unlock_told told = {.over = note_over};

static uint64_t look(struct room *room, uint64_t now_ms, uint64_t slept_ms)
{
	uint64_t ms;

	overs[0] = 0;
	assert_int_equal(unlock_look(&room->keeper, (struct unlock_moment){now_ms, slept_ms}, &told, &ms), 0);
	return ms;
}

static enum key_outcome read_as(struct room *room, const char *person, const struct buffer *header, uint64_t now_ms)
{
	static uint64_t id = 1000;
	struct frame_grant g = right;

	g.grant = ++id;
	g.valid_ms = 1000;
	g.person = person;
	keeper_add_grant(&room->keeper, &g, now_ms);
	return unwrap(room, id, header, now_ms);
}

static void test_a_level_becomes_one_of_persons(void **state)
{
	struct room *room = *state;
	OWN_BUFFER struct buffer header = {0};
	ONE(li);

	one_new(&li, "li");
	add_epoch(room, "SECRET", "2026");
	make_header(room, "SECRET", "SECRET", &header);
	/* Nobody could unlock it: it stays the machine's. */
	set_level(room, "SECRET", true, NULL, NULL);
	assert_false(room->keeper.keys[0].is_of_persons);
	assert_int_equal(read_as(room, "li", &header, 0), KEY_DONE);
	set_level(room, "SECRET", true, &li, NULL);
	assert_true(room->keeper.keys[0].is_of_persons);
	assert_null(room->keeper.keys[0].identity);
	assert_int_equal(read_as(room, "li", &header, 0), KEY_LOCKED);
	open_again(room); /* it is so on disk */
	assert_null(room->keeper.keys[0].identity);
	/* The key of another year is made for persons from the beginning, and does not stay in memory. */
	set_level(room, "SECRET", true, &li, NULL);
	add_epoch(room, "SECRET", "2027");
	assert_true(room->keeper.keys[1].is_of_persons);
	assert_null(room->keeper.keys[1].identity);
	/* Back again: that needs the private half. */
	set_level(room, "SECRET", false, NULL, NULL);
	assert_true(room->keeper.keys[0].is_of_persons);
	assert_int_equal(unlock_as(room, &li, li.identity, 0), KEY_DONE);
	open_again(room);
	assert_false(room->keeper.keys[0].is_of_persons);
	assert_int_equal(room->keeper.n_keys, 2);
	assert_int_equal(read_as(room, "li", &header, 0), KEY_DONE);
}

/* Whoever has unlocked with two keys is still there when one of them has idled: the registrar goes on watching him. */
static void test_two_keys_of_one_person(void **state)
{
	struct room *room = *state;
	ONE(first);
	ONE(second);

	one_new(&first, "li");
	one_new(&second, "li");
	add_epoch(room, "SECRET", "2026");
	set_level(room, "SECRET", true, &first, &second);
	assert_int_equal(unlock_as(room, &first, first.identity, 0), KEY_DONE);
	assert_int_equal(unlock_as(room, &second, second.identity, 1000), KEY_DONE);
	look(room, IDLE_MS, 0);
	assert_string_equal(overs, "");
	assert_non_null(room->keeper.keys[0].identity);
	look(room, IDLE_MS + 1000, 0);
	assert_string_equal(overs, "li:idle ");
	assert_null(room->keeper.keys[0].identity);
}

static void test_a_session_is_for_its_person(void **state)
{
	struct room *room = *state;
	OWN_BUFFER struct buffer header = {0};
	OWN_BUFFER struct buffer levels = {0};
	struct frame_grant agent = right;
	ONE(li);
	ONE(wang);
	ONE(zhao);

	one_new(&li, "li");
	one_new(&wang, "wang");
	one_new(&zhao, "zhao");
	add_epoch(room, "SECRET", "2026");
	add_epoch(room, "OTHER", "2026");
	make_header(room, "SECRET", "SECRET", &header);
	set_level(room, "SECRET", true, &li, &wang);
	assert_int_equal(unlock_as(room, &li, wang.identity, 0), KEY_NO_IDENTITY);
	assert_int_equal(unlock_as(room, &zhao, zhao.identity, 0), KEY_UNKNOWN_LEVEL);
	assert_null(room->keeper.keys[0].identity);
	assert_int_equal(unlock_as(room, &li, li.identity, 0), KEY_DONE);
	unlock_levels(&room->keeper, "li", &levels);
	assert_true(bytes_equal_text(buffer_bytes(&levels), "SECRET\n"));
	buffer_clear(&levels);
	unlock_levels(&room->keeper, "wang", &levels);
	assert_int_equal(levels.n, 0);
	assert_int_equal(read_as(room, "li", &header, 0), KEY_DONE);
	/* Wang could unlock it and has not: the key that li has opened is not for him. */
	assert_int_equal(read_as(room, "wang", &header, 0), KEY_LOCKED);
	assert_int_equal(read_as(room, "", &header, 0), KEY_LOCKED);
	/* A new header gives nothing to anybody. */
	agent.purpose = GRANT_REWRAP;
	agent.person = "wang";
	grant(room, 1, agent);
	assert_int_equal(unwrap(room, 1, &header, 0), KEY_DONE);
	/* Li's goes; what wang has opened meanwhile stays his. */
	assert_int_equal(unlock_as(room, &wang, wang.identity, 0), KEY_DONE);
	overs[0] = 0;
	assert_int_equal(unlock_lock(&room->keeper, "li", "own", &told), 0);
	assert_string_equal(overs, "li:own ");
	assert_int_equal(read_as(room, "li", &header, 0), KEY_LOCKED);
	assert_int_equal(read_as(room, "wang", &header, 0), KEY_DONE);
	assert_int_equal(unlock_lock(&room->keeper, "*", "all", &told), 0);
	assert_null(room->keeper.keys[0].identity);
	grant(room, 2, agent);
	assert_int_equal(unwrap(room, 2, &header, 0), KEY_LOCKED);
	assert_non_null(keeper_level(&room->keeper, "SECRET")); /* it goes on sealing */
	assert_non_null(room->keeper.keys[1].identity);		/* the machine's own level is not touched */
}

static void test_sessions_end_by_themselves(void **state)
{
	struct room *room = *state;
	OWN_BUFFER struct buffer header = {0};
	ONE(li);
	ONE(wang);

	one_new(&li, "li");
	one_new(&wang, "wang");
	add_epoch(room, "SECRET", "2026");
	make_header(room, "SECRET", "SECRET", &header);
	set_level(room, "SECRET", true, &li, &wang);
	assert_true(look(room, 0, 0) == UINT64_MAX); /* nobody to wait for */
	assert_int_equal(unlock_as(room, &li, li.identity, 1000), KEY_DONE);
	assert_int_equal(unlock_as(room, &wang, wang.identity, 1000), KEY_DONE);
	assert_int_equal(look(room, 1000, 0), UNLOCK_LOOK_MS);
	assert_int_equal(read_as(room, "li", &header, 50000), KEY_DONE);
	/* Wang has not read since; li has. */
	assert_int_equal(look(room, 1000 + IDLE_MS - 1, 0), 1);
	assert_string_equal(overs, "");
	(void)look(room, 1000 + IDLE_MS, 0);
	assert_string_equal(overs, "wang:idle ");
	assert_non_null(room->keeper.keys[0].identity);
	assert_true(look(room, 50000 + IDLE_MS, 0) == UINT64_MAX);
	assert_string_equal(overs, "li:idle ");
	assert_null(room->keeper.keys[0].identity);
	/* The machine slept: whoever had a session has none. Both clocks wander a little. */
	assert_int_equal(unlock_as(room, &li, li.identity, 200000), KEY_DONE);
	(void)look(room, 200100, 30);
	assert_string_equal(overs, "");
	assert_true(look(room, 230000, 20000) == UINT64_MAX);
	assert_string_equal(overs, "li:sleep ");
	assert_null(room->keeper.keys[0].identity);
	assert_int_equal(read_as(room, "li", &header, 230000), KEY_LOCKED);
	(void)look(room, 240000, 20000); /* it slept once */
	assert_int_equal(unlock_as(room, &li, li.identity, 240000), KEY_DONE);
	(void)look(room, 240001, 20000);
	assert_string_equal(overs, "");
}

static void test_wraps_come_and_go_when_the_key_is_at_hand(void **state)
{
	struct room *room = *state;
	ONE(li);
	ONE(wang);

	one_new(&li, "li");
	one_new(&wang, "wang");
	add_epoch(room, "SECRET", "2026");
	set_level(room, "SECRET", true, &li, NULL);
	set_level(room, "SECRET", true, &li, &wang); /* confirmed meanwhile: he waits for somebody who has the key */
	assert_int_equal(unlock_as(room, &wang, wang.identity, 0), KEY_UNKNOWN_LEVEL);
	assert_int_equal(unlock_as(room, &li, li.identity, 0), KEY_DONE);
	assert_int_equal(room->keeper.keys[0].n_persons, 2);
	assert_int_equal(unlock_as(room, &wang, wang.identity, 0), KEY_DONE);
	/* Li leaves: with wang's session his wrap goes at once. */
	assert_int_equal(unlock_lock(&room->keeper, "li", "left", &told), 0);
	set_level(room, "SECRET", true, &wang, NULL);
	assert_int_equal(room->keeper.keys[0].n_persons, 1);
	assert_int_equal(unlock_lock(&room->keeper, "*", "all", &told), 0);
	open_again(room);
	set_level(room, "SECRET", true, &wang, NULL);
	assert_int_equal(unlock_as(room, &li, li.identity, 0), KEY_UNKNOWN_LEVEL);
	/* The last one leaves: nobody else could open the key, so his wrap is the last that stays. */
	set_level(room, "SECRET", true, NULL, NULL);
	assert_int_equal(unlock_as(room, &wang, wang.identity, 0), KEY_DONE);
	assert_int_equal(room->keeper.keys[0].n_persons, 1);
}

static void test_texts_that_are_none(void **state)
{
	struct room *room = *state;
	static const char *const bad[] = {"li", "li age1xyz", " ", "li age1\n\n"};
	struct frame_level_mode m = {.level = "SECRET", .is_person = 1, .idle_ms = IDLE_MS};
	ONE(li);

	one_new(&li, "li");
	add_epoch(room, "SECRET", "2026");
	set_level(room, "SECRET", true, &li, NULL);
	for (size_t i = 0; i < array_n(bad); i++) {
		m.persons = bad[i];
		m.is_person = 0;
		assert_int_equal(unlock_set_level(&room->keeper, &m), 0);
		assert_true(room->keeper.levels[0].is_of_persons);
		assert_int_equal(room->keeper.levels[0].n_persons, 1);
	}
	m.level = "../x";
	assert_int_equal(unlock_set_level(&room->keeper, &m), 0);
	assert_int_equal(room->keeper.n_levels, 1);
}

static void test_another_escrow_waits_for_who_unlocks(void **state)
{
	struct room *room = *state;
	OWNED(secret) struct secret *opened = NULL;
	ONE(li);
	ONE(paper);

	one_new(&li, "li");
	one_new(&paper, "paper");
	add_epoch(room, "SECRET", "2026");
	set_level(room, "SECRET", true, &li, NULL);
	assert_int_equal(escrow_change(&room->keeper, &paper.recipient), 0);
	assert_int_equal(escrow_waiting(&room->keeper), 1); /* nobody has the private half */
	assert_int_equal(key_file_open(&room->keeper, &room->keeper.keys[0], paper.identity, &opened),
			 IDENTITY_NOT_FOR_US);
	assert_int_equal(unlock_as(room, &li, li.identity, 0), KEY_DONE);
	assert_int_equal(escrow_waiting(&room->keeper), 0);
	assert_int_equal(key_file_open(&room->keeper, &room->keeper.keys[0], paper.identity, &opened), 0);
}

static int no_move(const struct files *f, int from_dir, const char *from, int dir, const char *name, unsigned flags)
{
	(void)f;
	(void)from_dir;
	(void)from;
	(void)dir;
	(void)name;
	(void)flags;
	return -ENOSPC;
}

static void test_a_rewrite_that_fails_is_tried_again(void **state)
{
	struct room *room = *state;
	struct files full = files_linux;
	OWN_BUFFER struct buffer header = {0};
	ONE(li);

	one_new(&li, "li");
	add_epoch(room, "SECRET", "2026");
	make_header(room, "SECRET", "SECRET", &header);
	full.move = no_move;
	room->keeper.files = &full;
	set_level(room, "SECRET", true, &li, NULL);
	assert_int_equal(room->keeper.n_unwritten, 1);
	assert_false(room->keeper.keys[0].is_of_persons); /* as the file is */
	assert_int_equal(read_as(room, "li", &header, 0), KEY_DONE);
	room->keeper.files = &files_linux;
	set_level(room, "SECRET", true, &li, NULL);
	assert_int_equal(room->keeper.n_unwritten, 1);
	assert_true(room->keeper.keys[0].is_of_persons);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_level_becomes_one_of_persons, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_two_keys_of_one_person, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_session_is_for_its_person, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sessions_end_by_themselves, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_wraps_come_and_go_when_the_key_is_at_hand, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_texts_that_are_none, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_another_escrow_waits_for_who_unlocks, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_rewrite_that_fails_is_tried_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
