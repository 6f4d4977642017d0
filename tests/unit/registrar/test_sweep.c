/* A sweep goes in steps of the same size whatever is due, and is one sweep all the same. */
#include "registrar/core_fixture.h"

#include "base/text.h"
#include "library/policy_load.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/sweep.h"
#include "registrar/store/store_derivations.h"
#include "registrar/store/store_tasks.h"

#define DUE 1100

static void open_cn(struct fixture *f)
{
	OWN_BUFFER struct buffer report = {0};

	fixture_make(f);
	fixture_open(f, NULL);
	assert_int_equal(policy_load("policy/cn", NULL, &f->r.policy, &report), 0);
	assert_int_equal(jobs_new(&f->r), 0);
}

static void close_cn(struct fixture *f)
{
	policy_free(f->r.policy);
	f->r.policy = NULL;
	jobs_free(f->r.jobs);
	f->r.jobs = NULL;
	fixture_remove(f);
}

/* The process ends and starts again. */
static void close_for_a_while(struct fixture *f)
{
	struct policy *policy = f->r.policy;

	jobs_free(f->r.jobs);
	fixture_close(f);
	fixture_open(f, NULL);
	f->r.policy = policy;
	assert_int_equal(jobs_new(&f->r), 0);
}

/* In force since 2025; every second one is over today, the others are to be looked at. */
static void put_due(struct fixture *f, int n)
{
	for (int i = 1; i <= n; i++) {
		OWN_MEM char *number = text_format("2025-%06d", i);
		struct record record = fixture_record(number, 1);

		record.state = RECORD_CLASSIFIED;
		record.decided = record.proposed;
		record.responsible = "wang";
		record.decided_on = record.start = (struct date){2025, 5, 1};
		if (i % 2)
			record.declassify_on = (struct date){2026, 5, 3};
		else
			record.next_review = (struct date){2026, 5, 4};
		fixture_put(f, &record, ACT_APPROVE, NULL);
	}
	assert_int_equal(registrar_settle(&f->r), 0);
}

static void test_a_step_is_bounded(void **state)
{
	struct fixture f;
	struct sweep *sweep = NULL;
	int64_t before = 0, steps = 0;
	bool done = false;

	(void)state;
	open_cn(&f);
	put_due(&f, DUE);
	assert_int_equal(sweep_new(&f.r, &(struct sweep_order){0}, &sweep), 0);
	while (!done) {
		assert_int_equal(sweep_step(sweep, &done), 0);
		assert_true(sweep_report(sweep)->considered - before <= 500);
		before = sweep_report(sweep)->considered;
		steps++;
	}
	assert_true(steps > DUE / 500);
	/* The two first administrators have no appointment to be considered. */
	assert_int_equal(sweep_report(sweep)->considered, DUE);
	assert_int_equal(sweep_report(sweep)->failed, 0);
	assert_int_equal(sweep_report(sweep)->acted, DUE);
	sweep_free(sweep);
	close_cn(&f);
}

static int count_entry(uint64_t seq, struct bytes line, struct json_view entry, void *arg)
{
	(void)seq;
	(void)line;
	*(int *)arg += text_equal(json_get_text(entry, "op"), "sweep");
	return 0;
}

static void test_it_is_journalled_once_and_a_rehearsal_never(void **state)
{
	struct sweep_report report;
	struct fixture f;
	int64_t open = 0;
	int n = 0;

	(void)state;
	open_cn(&f);
	put_due(&f, 10);
	assert_int_equal(sweep_run(&f.r, &(struct sweep_order){.as_of = {2026, 5, 4}}, &report), 0);
	assert_true(report.rehearsal);
	assert_int_equal(report.due, 10);
	assert_int_equal(journal_read(f.r.journal, 0, count_entry, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(sweep_run(&f.r, &(struct sweep_order){0}, &report), 0);
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(journal_read(f.r.journal, 0, count_entry, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_task_open_id(f.r.store, "2025-000002", TASK_REVIEW, &open), 0);
	assert_true(open > 0);
	close_cn(&f);
}

/* What is late is met by its day, in pages. */
static void test_late_tasks_come_by_their_day(void **state)
{
	struct sweep_report first, again;
	struct fixture f;

	(void)state;
	open_cn(&f);
	put_due(&f, DUE);
	assert_int_equal(sweep_run(&f.r, &(struct sweep_order){0}, &first), 0);
	assert_int_equal(registrar_settle(&f.r), 0);
	fixture_set_clock(&f, "2026-06-20");
	assert_int_equal(sweep_run(&f.r, &(struct sweep_order){0}, &again), 0);
	/* Each that was to be looked at comes by its record and by its task. */
	assert_int_equal(again.considered, 2 * (DUE / 2));
	close_cn(&f);
}

#define CHILDREN 1100

static void put_in_force(struct fixture *f, const char *number, const char *source, struct date end)
{
	struct record record = fixture_record(number, 1);

	record.state = RECORD_CLASSIFIED;
	if (source) {
		record.proposed.basis = BASIS_DERIVED;
		record.proposed.item = NULL;
		record.proposed.sources = (struct texts){&source, 1};
	}
	record.decided = record.proposed;
	record.responsible = "wang";
	record.decided_on = record.start = (struct date){2025, 5, 1};
	record.declassify_on = end;
	fixture_put(f, &record, ACT_APPROVE, NULL);
}

static int64_t asked_about(struct fixture *f, const char *number)
{
	int64_t id = 0;

	assert_int_equal(store_task_open_id(f->r.store, number, TASK_REVIEW_SOURCE, &id), 0);
	return id;
}

static int count_task(const struct store_task *t, void *arg)
{
	*(int *)arg += t->task.kind == TASK_REVIEW_SOURCE;
	return 0;
}

static int n_asked(struct fixture *f)
{
	int n = 0;

	assert_int_equal(store_task_list(f->r.store, &(struct store_task_filter){.limit = STORE_NO_LIMIT}, count_task, &n), 0);
	return n;
}

/* R23: what expired by its date asks for reviews like a release; in steps, and also after a sweep that was cut short. */
static void test_what_was_derived_is_looked_at_after_the_end(void **state)
{
	const struct date over = {2026, 5, 3}, later = {2030, 5, 3};
	struct sweep_report report;
	struct sweep *sweep = NULL;
	struct fixture f;
	char source[STORE_NUMBER_MAX];
	bool done = false;
	int before;

	(void)state;
	open_cn(&f);
	put_in_force(&f, "2025-000001", NULL, over);
	put_in_force(&f, "2025-000002", "2025-000001", over); /* ends with it: nothing is left to be looked at */
	put_in_force(&f, "2025-000003", NULL, later);
	put_in_force(&f, "2025-000004", "2025-000003", later); /* its source goes on */
	for (int i = 10; i < 10 + CHILDREN; i++) {
		OWN_MEM char *number = text_format("2025-%06d", i);

		put_in_force(&f, number, "2025-000001", later);
	}
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(sweep_new(&f.r, &(struct sweep_order){0}, &sweep), 0);
	while (n_asked(&f) == 0) {
		assert_false(done);
		assert_int_equal(sweep_step(sweep, &done), 0);
	}
	before = n_asked(&f);
	assert_true(before <= 500);
	assert_int_equal(registrar_settle(&f.r), 0);
	sweep_free(sweep);
	close_for_a_while(&f);
	assert_int_equal(sweep_run(&f.r, &(struct sweep_order){0}, &report), 0);
	assert_int_equal(n_asked(&f), CHILDREN);
	assert_true(asked_about(&f, "2025-000010") > 0);
	assert_int_equal(asked_about(&f, "2025-000002"), 0);
	assert_int_equal(asked_about(&f, "2025-000004"), 0);
	assert_int_equal(store_followed_next(f.r.store, source), 0);
	assert_string_equal(source, "");
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(sweep_run(&f.r, &(struct sweep_order){0}, &report), 0);
	assert_int_equal(n_asked(&f), CHILDREN);
	close_cn(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_step_is_bounded),
	    cmocka_unit_test(test_it_is_journalled_once_and_a_rehearsal_never),
	    cmocka_unit_test(test_late_tasks_come_by_their_day),
	    cmocka_unit_test(test_what_was_derived_is_looked_at_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
