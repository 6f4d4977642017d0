/*
 * A sweep without the registrar's process: its core, store and journal as they
 * are, in a folder of their own. What is due is written through the journal;
 * the records around it, which a sweep must not even look at, are rows of the
 * same kind, put into the store alone.
 *   sweep make DIR RECORDS DUE     makes DIR
 *   sweep make-cn DIR RECORDS DUE  likewise under the pack cn: due in every way, here and there in a store whose records
 *                                  differ in what is counted; below 2,000,000 with the event that made each, and counts
 *   sweep run-cn DIR               today's sweep of that one
 *   sweep return DIR YEAR          the annual return; prints seconds by the kept counts and by a slow look at everything
 *   sweep impact DIR FOLDER        a look at all records with another pack; prints seconds, considered, touched
 *   sweep run DIR                  today's sweep; prints seconds, acted, the most memory in MiB, and seconds of the processor
 */
#include "registrar/core_fixture.h"

#include "base/text.h"
#include "library/policy_load.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/policy_impact.h"
#include "registrar/oversight/statistics.h"
#include "registrar/oversight/sweep.h"
#include "registrar/store/tallies.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define DUE_ON "2026-05-01"
#define US     "policy/us"
#define CN     "policy/cn"

static void open_in(struct fixture *f, const char *dir, const char *pack)
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
	assert_int_equal(policy_load(pack, NULL, &f->r.policy, &report), 0);
	assert_int_equal(jobs_new(&f->r), 0);
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
static void make_decider(struct fixture *f, const char *kind, const char *level)
{
	OWN_MEM char *confirm = NULL;
	OWN_MEM char *appointment = NULL;
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
	appointment = text_format("{\"op\":\"appointment\",\"id\":\"wang\",\"kind\":\"%s\",\"from\":\"2020-01-01\","
				  "\"levels\":[\"%s\"],\"ceiling\":\"%s\",\"departments\":[\"*\"],\"matters\":[\"*\"]}",
				  kind, level, level);
	put(f, "sun", appointment);
	confirm = text_format("{\"op\":\"confirm\",\"id\":\"wang\",\"what\":\"appointment\",\"appointment\":%llu}",
			      (unsigned long long)registrar_seq(&f->r));
	put(f, "moon", confirm);
	put(f, "sun",
	    "{\"op\":\"training\",\"id\":\"wang\",\"hours\":2,\"held\":\"2021-01-01\",\"valid_until\":\"2040-01-01\"}");
}

static void make_due(struct fixture *f, uint64_t n)
{
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

/* What is due today in one of the ways that the pack knows: over, over but of another unit, to be looked at, ending soon,
 * proposed or referred and waiting for too long. */
static void make_mixed(struct record *record, uint64_t i, struct date today)
{
	record->decided_on = record->start = record->proposed_on = record->drafted = (struct date){2021, 5, 1};
	record->proposed.item = "1.1";
	record->proposed.term = (struct term){.kind = TERM_PERIOD, .period = {.years = 5}};
	record->decided = record->proposed;
	record->state = RECORD_CLASSIFIED;
	record->declassify_on = (struct date){2026, 5, 1};
	switch (i % 20) {
	case 10:
	case 11:
		record->originator = "another unit";
		break;
	case 12:
	case 13:
	case 14:
	case 15:
		record->declassify_on = (struct date){2040, 5, 1};
		record->next_review = date_add_days(today, -1);
		break;
	case 16:
	case 17:
		record->declassify_on = date_add_days(today, 20);
		break;
	case 18:
		record->state = RECORD_PROPOSED;
		record->declassify_on = (struct date){0};
		break;
	case 19:
		record->state = RECORD_PROVISIONAL;
		record->referred_on = record->proposed_on;
		record->declassify_on = (struct date){0};
		break;
	default:
		break;
	}
}

static void make_mixed_due(struct fixture *f, uint64_t n)
{
	struct date today = registrar_today(&f->r);

	for (uint64_t i = 1; i <= n; i++) {
		OWN_MEM char *number = text_format("2021-%06llu", (unsigned long long)i);
		struct record record = fixture_record(number, 1);

		make_mixed(&record, i, today);
		record.decided_as = APPOINTMENT_STATUTORY;
		record.responsible = "wang";
		record.department = "planning";
		fixture_put(f, &record, ACT_APPROVE, NULL);
	}
	assert_int_equal(registrar_settle(&f->r), 0);
}

/* How a column of the rest differs from the first row; NULL: it does not. */
static const char *differing(const char *column)
{
	static const struct {
		const char *column, *sql;
	} all[] = {
	    {"responsible", "'p'||(i%50)"},
	    {"department", "'d'||(i%20)"},
	    {"decided_level", "CASE i%5 WHEN 0 THEN 'SECRET' WHEN 1 THEN 'TOP-SECRET' ELSE 'CONFIDENTIAL' END"},
	    {"decided_term", "CASE i%4 WHEN 0 THEN 'P5Y from issue' WHEN 1 THEN 'P10Y from issue' WHEN 2 THEN "
			     "'until 2040-01-01' ELSE 'P6M from issue' END"},
	    {"decided_basis", "CASE i%3 WHEN 0 THEN 'derived' ELSE 'item' END"},
	    {"decided_sources", "NULL"},  {"proposed_sources", "NULL"}, {"decided_points", "NULL"},
	    {"proposed_points", "NULL"},  {"proposed_reason", "NULL"},  {"decided_reason", "NULL"},   {"title", "NULL"},
	    {"path", "NULL"},		  {"proposed_scope", "NULL"},	{"decided_scope", "NULL"},
	    {"declassify_on", "date('2027-01-01','+'||(i%4000)||' days')"},
	};

	for (size_t i = 0; i < array_n(all); i++)
		if (text_equal(all[i].column, column))
			return all[i].sql;
	return NULL;
}

static char *rest_sql(void)
{
	OWN_BUFFER struct buffer b = {0};

	buffer_add_text(&b, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<?1) INSERT INTO "
			    "records(rowid,number,id");
	for (size_t i = 2; i < record_column_n(); i++)
		buffer_add_format(&b, ",%s", record_column(i));
	buffer_add_text(&b, ",due,seq) SELECT i+(i-1)/(?2-1),printf('2022-%08d',i),printf('id-%08d',i)");
	for (size_t i = 2; i < record_column_n(); i++) {
		const char *sql = differing(record_column(i));

		buffer_add_format(&b, ",%s", sql ? sql : record_column(i));
	}
	buffer_add_text(&b, ",date('2027-01-01','+'||(i%4000)||' days'),1000000+i FROM n,records WHERE number='2021-000001'");
	return buffer_steal_text(&b);
}

static char *indexes_of(struct database *db, bool drop)
{
	OWNED(statement) struct statement *row = NULL;
	OWN_BUFFER struct buffer b = {0};

	assert_int_equal(database_query(db,
					"SELECT name,sql FROM sqlite_master WHERE type='index' AND tbl_name='records'"
					" AND sql IS NOT NULL",
					NO_VALUES, &row),
			 0);
	while (statement_next(row) == 0)
		buffer_add_format(&b, drop ? "DROP INDEX %s;" : "%.0s%s;", column_text(row, 0), column_text(row, 1));
	return buffer_steal_text(&b);
}

/* Indexes are made when all rows are there. The due ones, which were first, move apart: every gap-th row is one. */
static void make_mixed_rest(struct fixture *f, uint64_t n, uint64_t gap)
{
	struct database *db = store_database(f->r.store);
	OWN_MEM char *make = indexes_of(db, false);
	OWN_MEM char *drop = indexes_of(db, true);
	OWN_MEM char *rest = rest_sql();

	assert_int_equal(database_script(db, "PRAGMA cache_size=-1000000;PRAGMA journal_mode=OFF;PRAGMA "
					     "synchronous=OFF;PRAGMA temp_store=MEMORY"),
			 0);
	assert_int_equal(database_script(db, drop), 0);
	assert_int_equal(database_run(db, "UPDATE records SET rowid=-rowid", NO_VALUES), 0);
	assert_int_equal(database_run(db, "UPDATE records SET rowid=-rowid*?", VALUES(value_int((int64_t)gap))), 0);
	assert_int_equal(database_run(db, rest, VALUES(value_int((int64_t)n), value_int((int64_t)gap))), 0);
	assert_int_equal(database_script(db, make), 0);
	if (n < 2000000) {
		assert_int_equal(database_run(db,
					      "INSERT INTO events(seq,number,version,time,person,act,day) SELECT "
					      "seq,number,version,'2021-05-01T08:00:00Z',responsible,'approve',"
					      "(2017+seq%10)||'-05-01' FROM records WHERE seq>1000000",
					      NO_VALUES),
				 0);
		assert_int_equal(store_tallies_make(f->r.store), 0);
	}
	assert_int_equal(database_script(db, "PRAGMA journal_mode=WAL"), 0);
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

/* Of this process, so that what else the machine does counts less. */
static double cpu_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run(struct fixture *f)
{
	double cpu;
	struct sweep_report report;
	struct rusage usage;

	cpu = cpu_seconds();
	assert_int_equal(sweep_run(&f->r, &(struct sweep_order){0}, &report), 0);
	cpu = cpu_seconds() - cpu;
	assert_int_equal(registrar_settle(&f->r), 0);
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	assert_int_equal(report.failed, 0);
	(void)printf("%.4f %lld %.1f %.4f\n", report.seconds, (long long)report.acted, (double)usage.ru_maxrss / 1024, cpu);
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

static double seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void annual_return(struct fixture *f, int year)
{
	OWNED(json) struct json *made = NULL;
	OWN_MEM char *text = NULL;
	double from = seconds(), kept, slow;

	assert_int_equal(statistics_make(&f->r, year, true, &made), 0);
	text = json_text(made);
	assert_non_null(text);
	kept = seconds() - from;
	from = seconds();
	assert_int_equal(store_tallies_make(f->r.store), 0);
	slow = seconds() - from;
	(void)printf("%.4f %.4f %zu\n", kept, slow, strlen(text));
}

int main(int argc, char **argv)
{
	uint64_t n = 0, due = 0;
	struct fixture f;

	if (argc == 3 && (text_equal(argv[1], "run") || text_equal(argv[1], "run-cn"))) {
		open_in(&f, argv[2], text_equal(argv[1], "run") ? US : CN);
		(void)run(&f);
	} else if (argc == 4 && text_equal(argv[1], "impact")) {
		open_in(&f, argv[2], US);
		impact(&f, argv[3]);
	} else if (argc == 4 && text_equal(argv[1], "return")) {
		open_in(&f, argv[2], CN);
		annual_return(&f, atoi(argv[3]));
	} else if (argc == 5 && text_equal(argv[1], "make-cn") && text_to_u64(argv[3], 100000000, &n) &&
		   text_to_u64(argv[4], n, &due)) {
		open_in(&f, argv[2], CN);
		make_decider(&f, "statutory", "TOP-SECRET");
		make_mixed_due(&f, due);
		make_mixed_rest(&f, n - due, due ? n / due : n);
	} else if (argc == 5 && text_equal(argv[1], "make") && text_to_u64(argv[3], 100000000, &n) &&
		   text_to_u64(argv[4], n, &due)) {
		open_in(&f, argv[2], US);
		make_decider(&f, "oca", "SECRET");
		make_due(&f, due);
		make_rest(&f, n - due);
	} else {
		return 2;
	}
	jobs_free(f.r.jobs);
	fixture_close(&f);
	policy_free(f.r.policy);
	return 0;
}
