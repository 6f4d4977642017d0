#include "test.h"

#include "format/varlink.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

static int take(const char *at, size_t n, struct bytes *ret, size_t *used)
{
	return varlink_message_take(bytes_of(at, n), ret, used);
}

static void frames_are_cut_at_nul(void **state)
{
	struct bytes m = {0};
	size_t used = 0;

	(void)state;
	assert_int_equal(take("", 0, &m, &used), VARLINK_INCOMPLETE);
	assert_int_equal(take("{}", 2, &m, &used), VARLINK_INCOMPLETE);
	assert_int_equal(take("{}\0[1]", 7, &m, &used), 0);
	assert_true(bytes_equal_text(m, "{}"));
	assert_int_equal(used, 3);
}

static void size_is_limited(void **state)
{
	static char big[VARLINK_MESSAGE_MAX + 1];
	struct bytes m = {0};
	size_t used = 0;

	(void)state;
	memset(big, ' ', sizeof(big));
	assert_int_equal(take(big, VARLINK_MESSAGE_MAX - 1, &m, &used), VARLINK_INCOMPLETE);
	assert_int_equal(take(big, VARLINK_MESSAGE_MAX, &m, &used), VARLINK_TOO_LARGE);
	big[VARLINK_MESSAGE_MAX] = 0; /* one byte too late */
	assert_int_equal(take(big, sizeof(big), &m, &used), VARLINK_TOO_LARGE);
	big[VARLINK_MESSAGE_MAX - 1] = 0;
	assert_int_equal(take(big, sizeof(big), &m, &used), 0);
	assert_int_equal(m.n, VARLINK_MESSAGE_MAX - 1);
}

static void depth_is_counted_outside_of_strings(void **state)
{
	struct bytes m = {0};
	size_t used = 0;

	(void)state;
	assert_int_equal(take("[[[[[[[[]]]]]]]]", 17, &m, &used), 0);
	assert_int_equal(take("[[[[[[[[[]]]]]]]]]", 19, &m, &used), VARLINK_TOO_DEEP);
	assert_int_equal(used, 19);
	assert_int_equal(take("{\"[[[[[[[[[[\":\"\\\"{{{{{{{{{{\"}", 31, &m, &used), 0);
	assert_int_equal(take("]]]]]]]]]]", 11, &m, &used), 0); /* the JSON parser's business */
	assert_int_equal(take("\"\\", 3, &m, &used), 0);
}

static struct varlink_interface *parsed(const char *text)
{
	struct varlink_interface *i = NULL;
	const char *reason = NULL;
	unsigned line = 0;

	assert_int_equal(varlink_interface_parse(bytes_of_text(text), &i, &line, &reason), 0);
	return i;
}

static void interfaces_are_read(void **state)
{
	struct varlink_interface *i = parsed("# words\ninterface a.b-c.D\ntype T (one: ?[]string, two: [string]int)\n"
					     "type E (red, green)\nmethod M(t: T, e: E) -> (o: object, f: float)\n"
					     "method Empty() -> ()\nerror Bad (why: (a: bool))\n");
	const struct varlink_member *m = varlink_find(i, VARLINK_METHOD, "M");
	const struct varlink_type *t;

	(void)state;
	assert_string_equal(i->name, "a.b-c.D");
	assert_non_null(m);
	t = m->type->fields->type;
	assert_int_equal(t->kind, VARLINK_NAMED);
	assert_int_equal(t->element->kind, VARLINK_STRUCT);
	assert_true(t->element->fields->type->is_optional);
	assert_int_equal(t->element->fields->type->kind, VARLINK_ARRAY);
	assert_int_equal(t->element->fields->type->element->kind, VARLINK_STRING);
	assert_int_equal(t->element->fields->next->type->kind, VARLINK_MAP);
	assert_int_equal(m->type->fields->next->type->element->kind, VARLINK_ENUM);
	assert_string_equal(m->type->fields->next->type->element->fields->next->name, "green");
	assert_int_equal(m->reply->fields->next->type->kind, VARLINK_FLOAT);
	assert_null(varlink_find(i, VARLINK_METHOD, "Empty")->type->fields);
	assert_null(varlink_find(i, VARLINK_TYPE, "M"));
	assert_non_null(varlink_find(i, VARLINK_ERROR, "Bad"));
	varlink_interface_free(i);
}

static void garbage_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} bad[] = {
	    {"", 1},
	    {"method M() -> ()", 1},
	    {"interface a.b\nmethod M() ->", 2},
	    {"interface a.b\nmethod M(a: int", 2},
	    {"interface a.b\nmethod M(a: int, b) -> ()", 2},
	    {"interface a.b\nmethod M(a: int, a: int) -> ()", 2},
	    {"interface a.b\n\nmethod M(a: number) -> ()", 3},
	    {"interface a.b\nmethod M(a: Missing) -> ()", 2},
	    {"interface a.b\ntype T (a: int)\ntype T (a: int)", 3},
	    {"interface a.b\ntype T (a: [][][][][][][][][][][][][][][][][][]int)", 2},
	    {"interface a.b\nfunction x()", 2},
	};

	(void)state;
	for (size_t n = 0; n < array_n(bad); n++) {
		struct varlink_interface *i = NULL;
		const char *reason = NULL;
		unsigned line = 0;

		assert_int_equal(varlink_interface_parse(bytes_of_text(bad[n].text), &i, &line, &reason),
				 VARLINK_MALFORMED);
		assert_int_equal(line, bad[n].line);
		assert_non_null(reason);
		assert_null(i);
	}
}

/* The contracts that clients get are well formed, and every one can be refused. */
static void our_interfaces_parse(void **state)
{
	glob_t found = {0};

	(void)state;
	assert_int_equal(glob("include/classd/org.classd.*.varlink", 0, NULL, &found), 0);
	for (size_t n = 0; n < found.gl_pathc; n++) {
		static char text[65536];
		FILE *f = fopen(found.gl_pathv[n], "re");
		size_t length;
		struct varlink_interface *i;

		assert_non_null(f);
		length = fread(text, 1, sizeof(text) - 1, f);
		text[length] = 0;
		assert_int_equal(fclose(f), 0);
		i = parsed(text);
		assert_non_null(varlink_find(i, VARLINK_ERROR, "Refused"));
		varlink_interface_free(i);
	}
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_are_cut_at_nul),
	    cmocka_unit_test(size_is_limited),
	    cmocka_unit_test(depth_is_counted_outside_of_strings),
	    cmocka_unit_test(interfaces_are_read),
	    cmocka_unit_test(garbage_is_refused_with_its_line),
	    cmocka_unit_test(our_interfaces_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
