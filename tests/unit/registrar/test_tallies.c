/* Counts that are kept with each change are what a slow look at everything gives, today, at a past day, and after a
 * recovery; other regimes are never among the state secrets. */
#include "registrar/core_fixture.h"

#include "base/text.h"
#include "library/policy_load.h"
#include "registrar/oversight/statistics.h"
#include "registrar/store/tallies.h"

#define RECORDS 40
#define CHANGES 600

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static const char *pick(uint32_t *seed, const char *const *from, uint32_t n)
{
	return from[next_random(seed) % n];
}

static void write_rows(struct fixture *f, struct buffer *ret)
{
	assert_int_equal(store_rows(f->r.store, "SELECT * FROM holdings ORDER BY 1,2,3,4,5", NO_VALUES, ret), 0);
	assert_int_equal(store_rows(f->r.store, "SELECT * FROM acts ORDER BY 1,2,3,4,5,6,7,8", NO_VALUES, ret), 0);
	buffer_u8(ret, 0);
}

/* A change of everything that is counted, under some act. */
static void change(struct fixture *f, struct record *record, uint32_t *seed)
{
	static const char *const levels[] = {"CONFIDENTIAL", "SECRET", "TOP-SECRET"};
	static const char *const persons[] = {"wang", "qian"};
	static const char *const terms[] = {"10y", "6m", "2031-05-06", "long-term", "event:x@2030-01-01"};
	static const enum act acts[] = {ACT_TAG,    ACT_SUBMIT, ACT_APPROVE, ACT_CORRECT, ACT_EXTEND,
					ACT_CHANGE, ACT_ISSUE,	ACT_RELEASE, ACT_REVIEW};

	record->version++;
	record->state = (enum record_state)(RECORD_DRAFT + next_random(seed) % (RECORD_DESTROYED - RECORD_DRAFT + 1));
	record->regime = (enum regime)(next_random(seed) % REGIME_N);
	record->entry = (enum entry_kind)(next_random(seed) % ENTRY_KINDS);
	record->decided.level = next_random(seed) % 4 ? pick(seed, levels, 3) : NULL;
	record->decided.basis = next_random(seed) % 2 ? BASIS_ITEM : BASIS_DERIVED;
	assert_true(term_parse_cli(pick(seed, terms, 5), &record->decided.term));
	record->decided_as = (enum appointment_kind)(next_random(seed) % APPOINTMENT_KINDS);
	record->responsible = pick(seed, persons, 2);
	record->declassify_on = next_random(seed) % 3 ? (struct date){2030, (uint8_t)(1 + next_random(seed) % 12), 1}
						      : (struct date){0};
	fixture_put(f, record, acts[next_random(seed) % array_n(acts)], NULL);
}

static void expire(struct fixture *f, struct record *record)
{
	record->version++;
	record->state = RECORD_EXPIRED;
	assert_int_equal(registrar_change(&f->r, record_expire_entry(&f->r, record)), 0);
}

static void walk(struct fixture *f)
{
	static struct record records[RECORDS];
	static char numbers[RECORDS][16];
	uint32_t seed = 20260504;

	for (int i = 0; i < RECORDS; i++) {
		(void)snprintf(numbers[i], sizeof(numbers[i]), "2026-%06d", i + 1);
		records[i] = fixture_record(numbers[i], 0);
	}
	for (int i = 0; i < CHANGES; i++) {
		struct record *record = &records[next_random(&seed) % RECORDS];
		char day[16];

		(void)snprintf(day, sizeof(day), "20%02d-%02d-%02d", 26 + i / 200, 5 + i / 100 % 2, 4 + i / 10 % 10);
		fixture_set_clock(f, day);
		if (record->version && next_random(&seed) % 8 == 0)
			expire(f, record);
		else
			change(f, record, &seed);
	}
	assert_int_equal(registrar_settle(&f->r), 0);
}

static void test_kept_counts_are_the_slow_ones(void **state)
{
	OWN_BUFFER struct buffer kept = {0};
	OWN_BUFFER struct buffer slow = {0};
	OWN_BUFFER struct buffer again = {0};
	struct fixture f;
	char path[160];

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	walk(&f);
	write_rows(&f, &kept);
	assert_true(strlen((const char *)kept.at) > 5000);
	assert_int_equal(store_tallies_make(f.r.store), 0);
	write_rows(&f, &slow);
	assert_string_equal((const char *)kept.at, (const char *)slow.at);

	fixture_close(&f);
	fixture_path(&f, "store.db", path);
	assert_int_equal(unlink(path), 0);
	fixture_open(&f, NULL); /* everything from the journal */
	write_rows(&f, &again);
	assert_string_equal((const char *)kept.at, (const char *)again.at);
	fixture_remove(&f);
}

struct counted {
	int64_t all, secrets;
};

static int count(const struct store_holding *h, void *arg)
{
	struct counted *c = arg;

	c->all += h->n;
	c->secrets += text_equal(h->regime, "state-secret") ? h->n : 0;
	return 0;
}

static struct counted counted_at(struct fixture *f, struct date day)
{
	struct counted c = {0};

	assert_int_equal(store_holdings(f->r.store, day, count, &c), 0);
	return c;
}

static void test_a_past_day_is_as_it_was(void **state)
{
	struct fixture f;
	struct record record = fixture_record("2026-000001", 1);
	struct record other = fixture_record("2026-000002", 1);

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	fixture_put(&f, &record, ACT_TAG, NULL);
	fixture_set_clock(&f, "2026-05-06");
	other.regime = REGIME_WORK_SECRET;
	fixture_put(&f, &other, ACT_TAG, NULL);
	fixture_set_clock(&f, "2026-05-08");
	record.version = 2;
	record.regime = REGIME_NONE;
	fixture_put(&f, &record, ACT_APPROVE, NULL);
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(counted_at(&f, (struct date){2026, 5, 3}).all, 0);
	assert_int_equal(counted_at(&f, (struct date){2026, 5, 4}).secrets, 1);
	assert_int_equal(counted_at(&f, (struct date){2026, 5, 7}).all, 2);
	assert_int_equal(counted_at(&f, (struct date){2026, 5, 7}).secrets, 1); /* a work secret is none */
	assert_int_equal(counted_at(&f, (struct date){2026, 5, 8}).secrets, 0);
	assert_int_equal(counted_at(&f, (struct date){2026, 5, 8}).all, 2);
	fixture_remove(&f);
}

static int64_t number_in(struct json_view list, const char *name, const char *value, const char *key)
{
	int64_t n = 0;

	for (size_t i = 0; i < json_n(list); i++)
		if (text_equal(json_get_text(json_at(list, i), name), value) &&
		    (!key || text_equal(json_get_text(json_at(list, i), "key"), key)))
			n += json_get_int(json_at(list, i), "n", 0);
	return n;
}

static struct record decided_record(const char *number, enum regime regime)
{
	struct record record = fixture_record(number, 1);

	record.state = RECORD_CLASSIFIED;
	record.regime = regime;
	record.decided = record.proposed;
	record.decided_as = APPOINTMENT_STATUTORY;
	record.responsible = "wang";
	record.decided_on = (struct date){2026, 5, 4};
	record.declassify_on = (struct date){2036, 5, 4};
	return record;
}

static void test_other_regimes_are_told_beside_the_return(void **state)
{
	OWN_BUFFER struct buffer report = {0};
	OWNED(json) struct json *made = NULL;
	struct json_view rows, other;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_int_equal(policy_load("policy/cn", NULL, &f.r.policy, &report), 0);
	for (int i = 0; i < 5; i++) {
		OWN_MEM char *number = text_format("2026-%06d", i + 1);
		struct record record = decided_record(number, i < 2 ? REGIME_STATE_SECRET : REGIME_WORK_SECRET);

		fixture_put(&f, &record, ACT_APPROVE, NULL);
	}
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(statistics_make(&f.r, 2026, true, &made), 0);
	rows = json_get(json_look(made), "rows");
	other = json_get(json_look(made), "other_regimes");
	assert_int_equal(number_in(rows, "of", "held", NULL), 2);
	assert_int_equal(number_in(rows, "of", "original", "SECRET"), 2);
	assert_int_equal(number_in(rows, "of", "original", "wang"), 2);
	assert_int_equal(number_in(rows, "of", "overdue", NULL), 0);
	assert_int_equal(number_in(other, "regime", "work-secret", NULL), 3);
	assert_int_equal(json_n(other), 1);
	policy_free(f.r.policy);
	f.r.policy = NULL;
	fixture_remove(&f);
}

static void put_finding(struct fixture *f, const char *code, const char *number)
{
	struct json *entry = registrar_entry("finding", NULL, 0);

	json_set_text(entry, "code", code);
	json_set_text(entry, "severity", "major");
	json_set_text(entry, "owner", "secrecy-office");
	json_set_text(entry, "number", number);
	json_set_text(entry, "since", "2026-05-04");
	assert_int_equal(registrar_change(&f->r, entry), 0);
}

/* R80: what ends by its event has ended, what an answer decides is decided, and what should be a secret and is called
 * none is what inspections look for. */
static void test_the_return_misses_nothing(void **state)
{
	OWN_BUFFER struct buffer report = {0};
	OWNED(json) struct json *made = NULL;
	struct record met = decided_record("2026-000001", REGIME_STATE_SECRET);
	struct record answered = decided_record("2026-000002", REGIME_STATE_SECRET);
	struct record none = decided_record("2026-000003", REGIME_NONE);
	struct record work = decided_record("2026-000004", REGIME_WORK_SECRET);
	struct json_view rows;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_int_equal(policy_load("policy/cn", NULL, &f.r.policy, &report), 0);
	met.state = RECORD_EXPIRED;
	fixture_put(&f, &met, ACT_MET, NULL);
	answered.entry = ENTRY_ORDERED;
	fixture_put(&f, &answered, ACT_ANSWER, NULL);
	fixture_put(&f, &none, ACT_APPROVE, NULL);
	fixture_put(&f, &work, ACT_APPROVE, NULL);
	put_finding(&f, "D01", none.number);
	put_finding(&f, "D01", work.number);
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(statistics_make(&f.r, 2026, true, &made), 0);
	rows = json_get(json_look(made), "rows");
	assert_int_equal(number_in(rows, "of", "expired", NULL), 1);
	assert_int_equal(number_in(rows, "of", "ordered", "SECRET"), 1);
	assert_int_equal(number_in(rows, "of", "findings", "D01"), 1);
	policy_free(f.r.policy);
	f.r.policy = NULL;
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kept_counts_are_the_slow_ones),
	    cmocka_unit_test(test_a_past_day_is_as_it_was),
	    cmocka_unit_test(test_other_regimes_are_told_beside_the_return),
	    cmocka_unit_test(test_the_return_misses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
