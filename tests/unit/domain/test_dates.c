/* Every row of dates.tsv, under the date options of every pack. */
#include "dates.h"

#include "base/text.h"
#include "domain/due.h"
#include "library/policy_load.h"

static const char *const names[] = {"basic", "cn", "us", "nato", "eu", "uk"};
static struct policy *packs[6];

static const struct policy *pack(const char *name)
{
	for (size_t i = 0; i < array_n(names); i++)
		if (strcmp(names[i], name) == 0)
			return packs[i];
	fail_msg("no pack %s", name);
	return NULL;
}

static struct date day(const struct date_row *row, const char *text)
{
	struct date d = {0};

	if (!date_parse(text, &d))
		fail_msg("dates.tsv:%u: %s is no day", row->number, text);
	return d;
}

static void expect_day(const struct date_row *row, struct date got, const char *expected)
{
	char text[11];

	date_format(got, text);
	date_row_is(row, *text ? text : "-", expected);
}

static void row_exists(const struct date_row *row)
{
	struct date d;
	char text[11];

	assert_true(date_parse(row->word[0], &d));
	date_format(d, text);
	date_row_is(row, text, row->word[0]);
	assert_int_equal(date_compare(date_from_days(date_to_days(d)), d), 0);
}

static void row_does_not_exist(const struct date_row *row)
{
	struct date d = {1, 2, 3};

	if (date_parse(row->word[0], &d))
		fail_msg("dates.tsv:%u: %s was taken for a day", row->number, row->word[0]);
	assert_int_equal(d.year, 1); /* untouched */
}

static void test_days_exist_or_do_not(void **state)
{
	(void)state;
	assert_true(date_rows("is", row_exists) >= 5);
	assert_true(date_rows("not", row_does_not_exist) >= 15);
}

/* The rules of that pack over a record of its first classified level: the last day, and the day on which it is over. */
static void run_in(const struct date_row *row, const struct policy *p, const struct term *t, const char *expected)
{
	const struct level *level = level_unclassified(p) + 1;
	struct record r = {.number = "2026-000001",
			   .state = RECORD_ISSUED,
			   .decision = ACT_APPROVE,
			   .decided = {.level = level->code, .term = *t},
			   .decided_on = day(row, row->word[0]),
			   .issued_on = day(row, row->word[0])};
	struct date last = {9999, 12, 31}, over;

	record_compute_dates(p, &r);
	expect_day(row, r.declassify_on, expected);
	if (!date_is_set(r.declassify_on))
		return;
	over = p->edge == TERM_OVER_ON_DAY ? r.declassify_on : date_add_days(r.declassify_on, 1);
	assert_true(date_is_valid(due_first(p, &r))); /* what the store keeps must be read again */
	if (date_compare(r.declassify_on, last) == 0)
		return; /* the world ends first */
	assert_false(term_is_over(r.declassify_on, date_add_days(over, -1), p->edge));
	assert_true(term_is_over(r.declassify_on, over, p->edge));
	r.last_review = over; /* nothing else is due */
	for (int late = -1; late <= 1; late++) {
		struct due dues[DUE_KINDS];
		size_t n = due_of_record(p, &r, date_add_days(over, late), dues);
		bool is_over = false;

		for (size_t i = 0; i < n; i++)
			is_over |= dues[i].kind == DUE_EXPIRY && date_compare(dues[i].on, over) == 0;
		if (is_over != (late >= 0))
			fail_msg("dates.tsv:%u: pack %s, %d days from the end: over %d", row->number, p->id, late, is_over);
	}
}

static void row_of_a_term(const struct date_row *row)
{
	char feb28[11] = "", mar1[11] = "";
	struct term t;

	assert_int_equal(sscanf(row->expected, "%10s %10s", feb28, mar1), 2);
	if (!term_parse_cli(row->word[1], &t))
		fail_msg("dates.tsv:%u: %s is no term", row->number, row->word[1]);
	expect_day(row, term_end(&t, day(row, row->word[0]), DATE_LEAP_FEB28), feb28);
	expect_day(row, term_end(&t, day(row, row->word[0]), DATE_LEAP_MAR1), mar1);
	for (size_t i = 0; i < array_n(packs); i++)
		run_in(row, packs[i], &t, packs[i]->leap == DATE_LEAP_FEB28 ? feb28 : mar1);
}

static void test_terms_end(void **state)
{
	(void)state;
	assert_true(date_rows("term", row_of_a_term) >= 30);
}

static void row_of_an_order(const struct date_row *row)
{
	struct date start = day(row, row->word[0]);
	struct term a, b;
	int order;

	assert_true(term_parse_cli(row->word[1], &a) && term_parse_cli(row->word[2], &b));
	order = term_compare(&a, &b, start, DATE_LEAP_FEB28);
	date_row_is(row, order < 0 ? "<" : order ? ">" : "=", row->expected);
	assert_int_equal(term_compare(&b, &a, start, DATE_LEAP_FEB28), -order);
}

static void test_terms_are_compared(void **state)
{
	(void)state;
	assert_true(date_rows("order", row_of_an_order) >= 8);
}

static void row_of_a_deadline(const struct date_row *row)
{
	struct span span = {0};
	char unit[3] = "";
	unsigned n = 0;

	assert_int_equal(sscanf(row->word[2], "%u%2s", &n, unit), 2);
	span = (struct span){(uint16_t)n, strcmp(unit, "wd") == 0};
	expect_day(row, policy_deadline(pack(row->word[0]), day(row, row->word[1]), span), row->expected);
}

static void test_deadlines(void **state)
{
	(void)state;
	assert_true(date_rows("deadline", row_of_a_deadline) >= 15);
}

static void row_back(const struct date_row *row)
{
	unsigned months = 0;

	assert_int_equal(sscanf(row->word[1], "%u", &months), 1);
	expect_day(row, date_back_months(day(row, row->word[0]), (uint16_t)months), row->expected);
}

static void row_of_a_training(const struct date_row *row)
{
	const struct person person = {.id = "li"};
	const struct training held = {.person = "li", .on = day(row, row->word[1])};
	struct authority_question question = {.policy = pack(row->word[0]),
					      .person = &person,
					      .trainings = &held,
					      .n_trainings = 1,
					      .on = held.on,
					      .today = held.on};
	enum appointment_kind kind;

	assert_true(appointment_kind_find(row->word[2], &kind));
	expect_day(row, authority_trained_until(&question, kind), row->expected);
}

static void test_months_ago_and_trainings(void **state)
{
	(void)state;
	assert_true(date_rows("back", row_back) >= 5);
	assert_true(date_rows("trained", row_of_a_training) >= 2);
}

static int set_up(void **state)
{
	OWN_BUFFER struct buffer report = {0};

	(void)state;
	for (size_t i = 0; i < array_n(names); i++) {
		OWN_MEM char *folder = text_format("policy/%s", names[i]);

		if (policy_load(folder, NULL, &packs[i], &report))
			return -1;
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_n(packs); i++)
		policy_free(packs[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_days_exist_or_do_not),
	    cmocka_unit_test(test_terms_end),
	    cmocka_unit_test(test_terms_are_compared),
	    cmocka_unit_test(test_deadlines),
	    cmocka_unit_test(test_months_ago_and_trainings),
	};

	return cmocka_run_group_tests_name("dates", tests, set_up, tear_down);
}
