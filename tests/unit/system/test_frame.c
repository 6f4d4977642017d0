#include "test.h"

#include <string.h>

#include "system/frame.h"

static void test_round_trip_of_several_messages(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct frame_seen seen = {
	    .root = 3, .path = "a/机.docx", .ino = UINT64_MAX, .uid = 1000, .event = SEEN_SETTLED};
	struct frame_seal seal = {.intent = 9, .path = "x", .record = bytes_of("ab\0c", 4), .sha256 = {1, [31] = 2}};
	const struct frame_type *type;
	union frame_any any;
	struct cursor c;

	(void)state;
	frame_encode(&b, &frame_type_seen, &seen);
	frame_encode(&b, &frame_type_go, &(struct frame_go){});
	frame_encode(&b, &frame_type_seal, &seal);
	c = cursor_of(buffer_bytes(&b));
	assert_int_equal(frame_decode(&c, &type, &any), 0);
	assert_ptr_equal(type, &frame_type_seen);
	assert_string_equal(any.seen.path, "a/机.docx");
	assert_true(any.seen.ino == UINT64_MAX && any.seen.uid == 1000 && any.seen.event == SEEN_SETTLED);
	assert_int_equal(frame_decode(&c, &type, &any), 0);
	assert_ptr_equal(type, &frame_type_go);
	assert_int_equal(frame_decode(&c, &type, &any), 0);
	assert_true(bytes_equal(any.seal.record, bytes_of("ab\0c", 4)));
	assert_memory_equal(any.seal.sha256, seal.sha256, FRAME_HASH);
	assert_string_equal(any.seal.target, "");
	assert_int_equal(frame_decode(&c, &type, &any), FRAME_END);
}

static void test_every_truncation_and_nul_is_refused(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct frame_setting setting = {.key = "zone", .value = "Europe/Berlin"};
	const struct frame_type *type;
	union frame_any any;
	struct cursor c;

	(void)state;
	frame_encode(&b, &frame_type_setting, &setting);
	for (size_t n = 1; n < b.n; n++) {
		c = cursor_of(bytes_of(b.at, n));
		assert_int_equal(frame_decode(&c, &type, &any), FRAME_MALFORMED);
	}
	b.at[6 + 4 + 1] = 0; /* a NUL inside "zone" */
	c = cursor_of(buffer_bytes(&b));
	assert_int_equal(frame_decode(&c, &type, &any), FRAME_MALFORMED);
}

static void test_every_type_is_found_once(void **state)
{
	(void)state;
	assert_ptr_equal(frame_type_find(FRAME_TYPE_facts), &frame_type_facts);
	assert_null(frame_type_find(0));
	assert_null(frame_type_find(9999));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip_of_several_messages),
	    cmocka_unit_test(test_every_truncation_and_nul_is_refused),
	    cmocka_unit_test(test_every_type_is_found_once),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
