#include "dates.h"

#include "base/own.h"
#include "base/text.h"
#include "registrar/journal/clock.h"
#include "system/loop.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void test_times_are_read_strictly(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: refused */
	} cases[] = {
	    {"1970-01-02T00:00:00Z", 86400},
	    {"2026-05-04T10:11:12Z", 1777889472},
	    {"1970-01-02", 86400 + 12 * 3600},
	    {"1970-01-02\n", 86400 + 12 * 3600},
	    {"1970-01-02 09:00\n", 86400 + 32400},
	    {"1970-01-02 09:00:01", 86400 + 32401},
	    {"", -1},
	    {"1970-02-30", -1},
	    {"1970-01-02x", -1},
	    {"1970-01-02 9:00", -1},
	    {"1970-01-02 24:00", -1},
	    {"1970-01-02T00:00:00Zx", -1},
	};
	int64_t seconds;

	(void)state;
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	for (size_t i = 0; i < array_n(cases); i++) {
		assert_int_equal(clock_parse(cases[i].text, &seconds), cases[i].seconds >= 0);
		if (cases[i].seconds >= 0)
			assert_true(seconds == cases[i].seconds);
	}
}

/* Rows of tests/unit/domain/dates.tsv: the civil day of an instant, by a clock that stands there. */
static void row_of_a_zone(const struct date_row *row)
{
	char path[] = "/tmp/classd-test-clock-XXXXXX", day[11];
	OWN_FD int fd = mkstemp(path);
	OWN_MEM char *spec = text_format("file:%s", path);
	struct clock *c = NULL;

	assert_int_equal(setenv("TZ", row->word[0], 1), 0);
	tzset();
	assert_int_equal(write(fd, row->word[1], strlen(row->word[1])), (ssize_t)strlen(row->word[1]));
	assert_int_equal(clock_open(spec, true, &c), 0);
	date_format(clock_today(c), day);
	clock_close(c);
	(void)unlink(path);
	date_row_is(row, day, row->expected);
}

static void row_of_a_local_time(const struct date_row *row)
{
	OWN_MEM char *text = text_format("%s%s%s", row->word[1], *row->word[2] ? " " : "", row->word[2]);
	char said[CLOCK_TEXT] = "refused";
	int64_t seconds;

	assert_int_equal(setenv("TZ", row->word[0], 1), 0);
	tzset();
	if (clock_parse(text, &seconds))
		clock_format(seconds, said);
	date_row_is(row, said, row->expected);
}

static void test_a_day_is_that_of_its_zone(void **state)
{
	(void)state;
	if (access("/usr/share/zoneinfo/Pacific/Apia", R_OK) != 0)
		skip();
	assert_true(date_rows("zone", row_of_a_zone) >= 10);
	assert_true(date_rows("local", row_of_a_local_time) >= 3);
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
}

static void note_at(struct clock *c, int64_t seconds, const char *boot, uint64_t mono_ms)
{
	char text[CLOCK_TEXT];

	clock_format(seconds, text);
	clock_note(c, text, boot, mono_ms);
}

static void test_a_moved_clock_is_suspect(void **state)
{
	const int64_t now = (int64_t)time(NULL), day = 86400;
	struct clock *c = NULL;

	(void)state;
	assert_int_equal(clock_open("system", false, &c), 0);
	assert_false(clock_is_suspect(c)); /* nothing is known yet */
	/* Off for a month: plausible. For two months: not, until somebody says so. */
	note_at(c, now - 30 * day, "another boot", 0);
	assert_false(clock_is_suspect(c));
	clock_close(c);
	assert_int_equal(clock_open("system", false, &c), 0);
	note_at(c, now - 60 * day, "another boot", 0);
	assert_true(clock_is_suspect(c));
	clock_confirm(c);
	assert_false(clock_is_suspect(c));
	clock_close(c);
	/* Within one boot time cannot pass faster than it does. */
	assert_int_equal(clock_open("system", false, &c), 0);
	note_at(c, now - 3 * day, clock_boot(c), loop_now_ms());
	assert_true(clock_is_suspect(c));
	clock_close(c);
	/* Back: the floor holds. */
	assert_int_equal(clock_open("system", false, &c), 0);
	note_at(c, now + day, clock_boot(c), loop_now_ms());
	assert_true(clock_is_suspect(c));
	assert_true(clock_seconds(c) >= now + day);
	clock_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_times_are_read_strictly),
	    cmocka_unit_test(test_a_day_is_that_of_its_zone),
	    cmocka_unit_test(test_a_moved_clock_is_suspect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
