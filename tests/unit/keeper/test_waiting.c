/* Requests that wait for their grant: which comes out, when, and that none stays. */
#include "test.h"

#include <string.h>

#include "base/own.h"
#include "keeper/waiting.h"

static void add(struct waiting *w, uint64_t id, uint64_t grant, uint8_t sealer, uint64_t until_ms, uint64_t oldest)
{
	struct waiting_request request = {.id = id, .grant = grant, .sealer = sealer, .until_ms = until_ms};
	struct waiting_request first;

	buffer_add_text(&request.header, "header");
	assert_int_equal(waiting_add(w, &request, &first), oldest != 0);
	assert_null(request.header.at); /* it has been taken */
	assert_int_equal(first.grant, oldest);
	waiting_request_done(&first);
}

static void expect(struct waiting *w, uint64_t grant, uint64_t now_ms, uint64_t id)
{
	struct waiting_request request;

	if (id == 0) {
		assert_false(waiting_take(w, grant, now_ms, &request));
		return;
	}
	assert_true(waiting_take(w, grant, now_ms, &request));
	assert_int_equal(request.id, id);
	assert_true(bytes_equal_text(buffer_bytes(&request.header), "header"));
	waiting_request_done(&request);
}

static void test_a_grant_wakes_those_that_wait_for_it(void **state)
{
	struct waiting w = {0};

	(void)state;
	assert_int_equal(waiting_ms(&w, 5), UINT64_MAX);
	add(&w, 1, 10, 0, 100, 0);
	add(&w, 2, 11, 1, 110, 0);
	add(&w, 3, 10, 1, 120, 0);
	expect(&w, 12, 0, 0);
	expect(&w, 10, 500, 1); /* late, but its grant is there: not the wait decides, the grant does */
	expect(&w, 10, 0, 3);
	expect(&w, 10, 0, 0);
	expect(&w, 11, 0, 2);
	assert_int_equal(w.n, 0);
}

static void test_time_ends(void **state)
{
	struct waiting w = {0};

	(void)state;
	add(&w, 1, 10, 0, 100, 0);
	add(&w, 2, 11, 0, 110, 0);
	assert_int_equal(waiting_ms(&w, 40), 60);
	assert_int_equal(waiting_ms(&w, 200), 0);
	expect(&w, 0, 99, 0);
	expect(&w, 0, 100, 1);
	expect(&w, 0, 109, 0);
	expect(&w, 0, 110, 2);
}

static void test_the_oldest_gives_way(void **state)
{
	struct waiting w = {0};

	(void)state;
	for (uint64_t i = 1; i <= WAITING_MAX; i++)
		add(&w, i, 100 + i, 0, 50, 0);
	add(&w, 77, 777, 1, 60, 101);
	assert_int_equal(w.n, WAITING_MAX);
	waiting_drop(&w, 0);
	assert_int_equal(w.n, 1);
	expect(&w, 777, 0, 77);
}

static void ask_level(struct waiting *w, uint64_t id, uint8_t sealer, const char *level)
{
	struct waiting_request request = {.id = id, .sealer = sealer, .until_ms = 100}, first;

	buffer_add_text(&request.header, level);
	assert_false(waiting_add(w, &request, &first));
}

static void expect_level(struct waiting *w, const char *level, uint64_t id)
{
	struct waiting_request request;

	assert_int_equal(waiting_take_level(w, level, &request), id != 0);
	if (id == 0)
		return;
	assert_int_equal(request.id, id);
	assert_true(bytes_equal_text(buffer_bytes(&request.header), level));
	waiting_request_done(&request);
}

static void test_a_level_wakes_those_that_ask_for_it(void **state)
{
	struct waiting w = {0};
	struct waiting_request late;

	(void)state;
	ask_level(&w, 1, 0, "NEW");
	ask_level(&w, 2, 1, "OTHER");
	ask_level(&w, 3, 1, "NEW");
	add(&w, 4, 10, 0, 100, 0);
	expect_level(&w, "NEWER", 0);
	expect_level(&w, "header", 0); /* an unwrap waits for its grant, whatever its header says */
	expect_level(&w, "NEW", 1);
	expect_level(&w, "NEW", 3);
	expect_level(&w, "NEW", 0);
	expect(&w, 10, 0, 4);
	assert_false(waiting_take(&w, 0, 99, &late));
	assert_true(waiting_take(&w, 0, 100, &late));
	assert_int_equal(late.id, 2);
	assert_int_equal(late.grant, 0);
	waiting_request_done(&late);
	assert_int_equal(w.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_grant_wakes_those_that_wait_for_it),
	    cmocka_unit_test(test_time_ends),
	    cmocka_unit_test(test_the_oldest_gives_way),
	    cmocka_unit_test(test_a_level_wakes_those_that_ask_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
