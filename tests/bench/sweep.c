/*
 * A sweep without the registrar's process: its core, store and journal as they
 * are, in a folder of their own. What is due is written through the journal;
 * the records around it, which a sweep must not even look at, are rows of the
 * same kind, put into the store alone.
 *   sweep make DIR RECORDS DUE     makes DIR
 *   sweep impact DIR FOLDER        a look at all records with another pack; prints seconds, considered, touched
 *   sweep run DIR                  today's sweep; prints seconds, acted, and the most memory in MiB
 */
#include "registrar/core_fixture.h"

#include "base/text.h"
#include "library/policy_load.h"
#include "registrar/oversight/policy_impact.h"
#include "registrar/oversight/sweep.h"

#include <sys/resource.h>
#include <time.h>

#define DUE_ON "2026-05-01"

static void open_in(struct fixture *f, const char *dir)
{
	OWN_BUFFER struct buffer report = {0};

	*f = (struct fixture){0};
	assert_true(snprintf(f->dir, sizeof(f->dir), "%s", dir) < (int)sizeof(f->dir));
	f->settings[0] = (struct role_setting){(char *)(uintptr_t) "clock", (char *)(uintptr_t) "system"};
	f->settings[1] =
	    (struct role_setting){(char *)(uintptr_t) "security_administrator", (char *)(uintptr_t) "2001:sun"};
	f->settings[2] =
	    (struct role_setting){(char *)(uintptr_t) "security_administrator", (char *)(uintptr_t) "2002:moon"};
	fixture_open(f, NULL);
	assert_int_equal(policy_load("policy/us", NULL, &f->r.policy, &report), 0);
}

static void put(struct fixture *f, const char *by, const char *text)
{
	OWNED(json) struct json *entry = NULL;

	assert_int_equal(json_parse(bytes_of_text(text), &entry), 0);
	json_set_text(entry, "actor", by);
	json_set_int(entry, "uid", 2001);
	assert_int_equal(registrar_change(&f->r, steal(&entry)), 0);
}

/* Who has decided all of them, rightly: else each would make a finding, too. */
static void make_decider(struct fixture *f)
{
	OWN_MEM char *confirm = NULL;
	struct json *person = registrar_entry("person", "sun", 2001);

	json_set_text(person, "id", "wang");
	cell_set_of(person, "name", f->r.meta_key, "person.name", "wang", "Wang");
	json_set_int(person, "holder", 1002);
	json_set_text(person, "from", "2020-01-01");
	json_set_text(person, "category", "core");
	json_set_text(person, "cleared_until", "2040-01-01");
	json_set_text(person, "undertaking", "2020-01-01");
	json_set_bool(person, "confirmed", true);
	assert_int_equal(registrar_change(&f->r, person), 0);
	put(f, "sun",
	    "{\"op\":\"appointment\",\"id\":\"wang\",\"kind\":\"oca\",\"from\":\"2020-01-01\",\"levels\":[\"SECRET\"],"
	    "\"ceiling\":\"SECRET\",\"departments\":[\"*\"],\"matters\":[\"*\"]"
	    "}");
	confirm = text_format("{\"op\":\"confirm\",\"id\":\"wang\",\"what\":\"appointment\",\"appointment\":%llu}",
			      (unsigned long long)registrar_seq(&f->r));
	put(f, "moon", confirm);
	put(f, "sun",
	    "{\"op\":\"training\",\"id\":\"wang\",\"hours\":2,\"held\":\"2021-01-01\",\"valid_until\":\"2040-01-01\"}");
}

static void make_due(struct fixture *f, uint64_t n)
{
	make_decider(f);
	for (uint64_t i = 1; i <= n; i++) {
		OWN_MEM char *number = text_format("2021-%06llu", (unsigned long long)i);
		struct record record = fixture_record(number, 1);

		record.state = RECORD_CLASSIFIED;
		record.drafted = record.proposed_on = record.decided_on = record.start = (struct date){2021, 5, 1};
		record.proposed.item = "5.1";
		record.proposed.term = (struct term){.kind = TERM_PERIOD, .period = {.years = 5}};
		record.decided = record.proposed;
		record.decided_as = APPOINTMENT_OCA;
		record.responsible = "wang";
		record.department = "planning";
		assert_true(date_parse(DUE_ON, &record.declassify_on));
		fixture_put(f, &record, ACT_APPROVE, NULL);
	}
	assert_int_equal(registrar_settle(&f->r), 0);
}

/* Copies of the first row with a number, an id and a day of their own. */
static void make_rest(struct fixture *f, uint64_t n)
{
	OWN_BUFFER struct buffer b = {0};
	OWN_MEM char *sql = NULL;

	buffer_add_text(&b, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<?1) INSERT INTO "
			    "records(number,id");
	for (size_t i = 2; i < record_column_n(); i++)
		buffer_add_format(&b, ",%s", record_column(i));
	buffer_add_text(&b, ",due,seq) SELECT printf('2022-%06d',i),printf('id-%06d',i)");
	for (size_t i = 2; i < record_column_n(); i++)
		buffer_add_format(&b, ",%s", record_column(i));
	buffer_add_text(&b, ",date('2027-01-01','+'||(i%4000)||' days'),seq FROM n,records WHERE number='2021-000001'");
	sql = buffer_steal_text(&b);
	assert_non_null(sql);
	assert_int_equal(database_run(store_database(f->r.store), sql, VALUES(value_int((int64_t)n))), 0);
}

static int run(struct fixture *f)
{
	struct sweep_report report;
	struct rusage usage;

	assert_int_equal(sweep_run(&f->r, &(struct sweep_order){0}, &report), 0);
	assert_int_equal(registrar_settle(&f->r), 0);
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	assert_int_equal(report.failed, 0);
	(void)printf("%.4f %lld %.1f\n", report.seconds, (long long)report.acted, (double)usage.ru_maxrss / 1024);
	return 0;
}

static int count_touched(const struct touched *touched, void *arg)
{
	(void)touched;
	++*(long long *)arg;
	return 0;
}

/* As Policy.Impact does it, slice after slice. */
static void impact(struct fixture *f, const char *folder)
{
	OWN_BUFFER struct buffer report = {0};
	OWNED(policy) struct policy *with = NULL;
	struct impact_range range = {0, 100000};
	struct impact_seen seen = {.considered = range.most};
	long long touched = 0, considered = 0;
	struct timespec from, to;

	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	while (seen.considered == range.most) {
		policy_free(steal(&with)); /* each call reads it */
		assert_int_equal(policy_load(folder, NULL, &with, &report), 0);
		assert_int_equal(policy_impact_scan(&f->r, &(struct impact_sets){f->r.policy, with}, &range,
						    &(struct impact_take){count_touched, &touched}, &seen),
				 0);
		considered += seen.considered;
		range.after = seen.last;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	(void)printf("%.4f %lld %lld\n", (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9,
		     considered, touched);
}

int main(int argc, char **argv)
{
	uint64_t n = 0, due = 0;
	struct fixture f;

	if (argc == 3 && text_equal(argv[1], "run")) {
		open_in(&f, argv[2]);
		(void)run(&f);
	} else if (argc == 4 && text_equal(argv[1], "impact")) {
		open_in(&f, argv[2]);
		impact(&f, argv[3]);
	} else if (argc == 5 && text_equal(argv[1], "make") && text_to_u64(argv[3], 100000000, &n) &&
		   text_to_u64(argv[4], n, &due)) {
		open_in(&f, argv[2]);
		make_due(&f, due);
		make_rest(&f, n - due);
	} else {
		return 2;
	}
	fixture_close(&f);
	policy_free(f.r.policy);
	return 0;
}
