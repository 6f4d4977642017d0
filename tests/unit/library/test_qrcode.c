/* Square codes: their outline, that another reader reads them, and what is refused. */
#include "test.h"

#include "base/text.h"
#include "library/qrcode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char text[] = "IFDUKLKTIVBVERKUFVFUKWJNGE3UMMKUGRAVQMSLJRGVIRKSIVLUCTSBJVDESS2SIZIUEUSDKRHUUV2WLJLUUQKPKRL"
			   "EMVSOKZCU2RKXKRNEKV2NK5GFMSSF";

static void test_outline(void **state)
{
	OWN_QRCODE struct qrcode q = {0};
	(void)state;

	assert_int_equal(qrcode_new(bytes_of_text(text), &q), 0);
	assert_int_equal(q.side, 45);
	/* The three corners that readers look for, and light beyond the edge. */
	for (size_t i = 0; i < 7; i++) {
		assert_true(qrcode_is_dark(&q, 0, i));
		assert_true(qrcode_is_dark(&q, i, q.side - 1));
		assert_true(qrcode_is_dark(&q, q.side - 1, i));
	}
	assert_false(qrcode_is_dark(&q, 1, 1));
	assert_false(qrcode_is_dark(&q, q.side, 0));
	assert_false(qrcode_is_dark(&q, 0, q.side));
	assert_false(qrcode_is_dark(&q, (size_t)-1, 0));
}

/* A portable graymap, eight dots a module. */
static void draw(const struct qrcode *q, FILE *to)
{
	const size_t dots = 8, side = (q->side + 2 * QRCODE_QUIET) * dots;

	(void)fprintf(to, "P5 %zu %zu 255\n", side, side);
	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			(void)putc(qrcode_is_dark(q, y / dots - QRCODE_QUIET, x / dots - QRCODE_QUIET) ? 0 : 255, to);
}

static void test_another_reader_reads_it(void **state)
{
	OWN_QRCODE struct qrcode q = {0};
	char path[] = "/tmp/test_qrcode.XXXXXX", said[256] = "";
	(void)state;

	if (system("command -v zbarimg >/dev/null") != 0)
		skip();
	assert_int_equal(qrcode_new(bytes_of_text(text), &q), 0);
	FILE *image = fdopen(mkstemp(path), "w");
	assert_non_null(image);
	draw(&q, image);
	assert_int_equal(fclose(image), 0);
	OWN_MEM char *command = text_format("zbarimg --quiet --raw %s", path);
	FILE *reader = popen(command, "re");
	assert_non_null(reader);
	assert_non_null(fgets(said, sizeof(said), reader));
	assert_int_equal(pclose(reader), 0);
	assert_int_equal(unlink(path), 0);
	said[strcspn(said, "\n")] = 0;
	assert_string_equal(said, text);
}

static void test_refused(void **state)
{
	static char long_text[5000];
	struct qrcode q = {0};
	(void)state;

	memset(long_text, 'A', sizeof(long_text) - 1);
	assert_int_equal(qrcode_new(bytes_of_text(long_text), &q), QRCODE_BAD_TEXT);
	assert_int_equal(qrcode_new(bytes_of(long_text, 4000), &q), QRCODE_BAD_TEXT); /* beyond the largest square */
	assert_int_equal(qrcode_new(bytes_of_text("abc"), &q), QRCODE_BAD_TEXT);
	assert_int_equal(qrcode_new((struct bytes){0}, &q), QRCODE_BAD_TEXT);
	assert_null(q.dark);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_outline),
	    cmocka_unit_test(test_another_reader_reads_it),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
