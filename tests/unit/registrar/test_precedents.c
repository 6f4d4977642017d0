/* What counts as inspected, and that one item costs its newest records, whatever else the store holds. */
#include "registrar/core_fixture.h"

#include "registrar/store/store_precedents.h"

struct decided {
	const char *term, *item, *pack, *level;
	enum record_state state;
	enum { READ_NEVER, READ_TO_SIGN, READ_BEFORE, READ_BETWEEN, READ_BY_ANOTHER, READ_OLD, READ_NEW, READ_AFTER } read;
	bool is_kept;
	bool counts;
};

static const struct decided cases[] = {
    {"1m", "1.4", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_NEVER, false, false},
    {"2m", "1.4", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_BETWEEN, false, true},
    {"3m", "1.4", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_BEFORE, false, false},
    {"4m", "1.4", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_BY_ANOTHER, false, false},
    {"5m", "1.4", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_AFTER, false, false},
    {"6m", "1.4", "cn", "CONFIDENTIAL", RECORD_ISSUED, READ_NEVER, true, true},
    {"11m", "1.4", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_TO_SIGN, false, false},
    {"12m", "1.4", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_OLD, false, false},
    {"13m", "1.4", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_NEW, false, true},
    {"7m", "1.6", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_BETWEEN, true, false},
    {"8m", "1.4", "us", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_BETWEEN, true, false},
    {"9m", "1.4", "cn", "SECRET", RECORD_CLASSIFIED, READ_BETWEEN, true, false},
    {"10m", "1.4", "cn", "CONFIDENTIAL", RECORD_DISPUTED, READ_BETWEEN, true, false},
};

static void read_it(struct fixture *f, const char *number, const char *person, const char *why)
{
	struct json *entry = registrar_entry("read", person, 2001);

	json_set_text(entry, "number", number);
	if (why)
		json_set_text(entry, "why", why);
	assert_int_equal(registrar_change(&f->r, entry), 0);
}

static void decide(struct fixture *f, const char *number, const struct decided *d)
{
	struct record record = fixture_record(number, 1);

	record.pack = d->pack;
	fixture_put(f, &record, ACT_TAG, NULL);
	if (d->read == READ_BEFORE)
		read_it(f, number, "wang", NULL);
	record.version++;
	record.state = RECORD_PROPOSED;
	fixture_put(f, &record, ACT_SUBMIT, NULL);
	if (d->read == READ_BETWEEN || d->read == READ_BY_ANOTHER)
		read_it(f, number, d->read == READ_BETWEEN ? "wang" : "qian", NULL);
	if (d->read == READ_OLD) /* the drafter saved it once more */
		read_it(f, number, "wang", NULL);
	if (d->read == READ_OLD || d->read == READ_NEW)
		fixture_put(f, &record, ACT_CONTENT, NULL);
	if (d->read == READ_NEW)
		read_it(f, number, "wang", NULL);
	for (int i = 0; i < 2; i++) /* tried once in vain */
		read_it(f, number, "wang", "sign");
	record.version++;
	record.state = d->state;
	record.responsible = "wang";
	record.decided = record.proposed;
	record.decided.item = d->item;
	record.decided.level = d->level;
	assert_true(term_parse_cli(d->term, &record.decided.term));
	record.decided_on = (struct date){2026, 5, 4};
	record.decision = ACT_APPROVE;
	record.last_review = d->is_kept ? (struct date){2026, 5, 4} : (struct date){0};
	fixture_put(f, &record, ACT_APPROVE, NULL);
	if (d->read == READ_AFTER)
		read_it(f, number, "wang", NULL);
}

static void test_only_inspected_decisions_of_the_item_count(void **state)
{
	struct precedents of = {.pack = "cn", .item = "1.4", .level = "CONFIDENTIAL"};
	struct fixture f;
	size_t expected = 0;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	for (size_t i = 0; i < array_n(cases); i++) {
		char number[16];

		(void)snprintf(number, sizeof(number), "2026-%06zu", i + 1);
		decide(&f, number, &cases[i]);
	}
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(store_precedents(f.r.store, &of), 0);
	for (size_t i = array_n(cases); i-- > 0;) { /* newest first */
		char text[TERM_TEXT_MAX];
		struct term term;

		if (!cases[i].counts)
			continue;
		assert_true(term_parse_cli(cases[i].term, &term));
		term_format_cli(&of.at[expected], text);
		assert_true(term_equal(&of.at[expected], &term));
		expected++;
	}
	assert_int_equal(of.n, expected);
	of.but = "2026-000002";
	assert_int_equal(store_precedents(f.r.store, &of), 0);
	assert_int_equal(of.n, expected - 1);
	fixture_remove(&f);
}

/* The newest fifty are looked at; what is older counts no more. */
static void test_the_newest_are_looked_at(void **state)
{
	const struct decided inspected = {"2m", "1.4", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_BETWEEN, false, true};
	const struct decided not = {"1m", "1.4", "cn", "CONFIDENTIAL", RECORD_CLASSIFIED, READ_NEVER, false, false};
	struct precedents of = {.pack = "cn", .item = "1.4", .level = "CONFIDENTIAL"};
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	for (int i = 0; i < PRECEDENTS_MAX + 10; i++) {
		char number[16];

		(void)snprintf(number, sizeof(number), "2026-%06d", i + 1);
		decide(&f, number, i < 15 ? &inspected : &not);
	}
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(store_precedents(f.r.store, &of), 0);
	assert_int_equal(of.n, 5);
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_only_inspected_decisions_of_the_item_count),
	    cmocka_unit_test(test_the_newest_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
