/* A record that is sealed as soon as it is made: its intent is part of its entry, and lives as long as any other. */
#include "core_fixture.h"

#include "domain/policy.h"
#include "registrar/documents/jobs_private.h"
#include "registrar/records/case.h"

#define DIGEST "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define NUMBER "2026-000001"

static struct level levels[] = {{.code = "UNCLASSIFIED"}, {.code = "SECRET", .rank = 1}};
static struct policy policy = {.id = "p", .version = "1", .levels = levels, .n_levels = 2};
static struct role_root root = {.id = 1, .kind = ROOT_DOCUMENTS};

static void begin(struct fixture *f)
{
	fixture_open(f, NULL);
	f->r.role.roots = &root;
	f->r.role.n_roots = 1;
	f->r.policy = &policy;
	assert_int_equal(jobs_new(&f->r), 0);
}

static void end(struct fixture *f)
{
	jobs_free(f->r.jobs);
	f->r.jobs = NULL;
	f->r.role.roots = NULL;
	f->r.role.n_roots = 0;
	f->r.policy = NULL;
}

static struct store_seen file_of(const struct record *record)
{
	return (struct store_seen){.root = 1,
				   .path = record->path,
				   .dev = 7,
				   .ino = 10,
				   .size = 3,
				   .mtime_ns = 99,
				   .uid = record->drafter_uid,
				   .sha256 = DIGEST};
}

static struct json *entry_of(struct fixture *f, const struct record *record)
{
	struct store_document d = {.root = 1, .path = record->path, .dev = 7, .ino = 10, .size = 3, .sha256 = DIGEST};
	struct json *entry = record_entry(&f->r, record, ACT_SUBMIT, "li", 1001), *label = json_object();

	json_set_text(label, "kind", "label");
	json_set_int(label, "version", 1);
	json_set_text(label, "text", "classd-label/v1\n");
	json_set(entry, "label", label);
	json_set(entry, "document", store_document_json(f->r.store, &d));
	return entry;
}

static void check_plan(struct fixture *f, uint64_t intent)
{
	struct job *job = jobs_find_intent(f->r.jobs, intent);
	const struct job_plan *p;

	assert_non_null(job);
	assert_string_equal(job->number, NUMBER);
	assert_int_equal(job->phase, JOB_SEALING);
	assert_true(job->wants_seal);
	assert_int_equal(job_plan_load(job, &p), 0);
	assert_int_equal(p->version, 1);
	assert_int_equal(p->root, 1);
	assert_string_equal(p->source, "plans/report.docx");
	assert_string_equal(p->target, "plans/report.docx.age");
	assert_string_equal(p->keep, NUMBER ".1.age");
	assert_string_equal(p->level, "SECRET");
	assert_string_equal(p->sha256, DIGEST);
	assert_int_equal(p->ino, 10);
	assert_int_equal(p->mtime_ns, 99);
	assert_int_equal(p->replace_ino, 0);
	assert_true(p->dispose);
}

static void test_the_intent_is_of_the_entry_and_outlives_us(void **state)
{
	struct record record = fixture_record(NUMBER, 1);
	struct store_seen file = file_of(&record);
	struct jobs_start start;
	struct json *entry;
	struct fixture f;
	uint64_t intent;

	(void)state;
	fixture_make(&f);
	begin(&f);
	entry = entry_of(&f, &record);
	assert_int_equal(jobs_start_begin(&f.r, &record, &file, entry, &start), 0);
	assert_non_null(start.job);
	assert_string_equal(start.text, "classd-label/v1\n");
	assert_true(json_is_object(json_get(json_look(entry), "intent")));
	assert_int_equal(registrar_change(&f.r, entry), 0);
	intent = registrar_seq(&f.r);
	assert_int_equal(jobs_start_end(&start, &record, true), 0);
	check_plan(&f, intent);
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(jobs_seal(&f.r, NUMBER), 0); /* it is under way */
	check_plan(&f, intent);
	end(&f);
	fixture_close(&f);
	begin(&f);
	assert_int_equal(jobs_begin(&f.r), 0);
	check_plan(&f, intent);
	end(&f);
	fixture_remove(&f);
}

static void test_an_entry_that_is_refused_leaves_no_job(void **state)
{
	struct record record = fixture_record(NUMBER, 1);
	struct store_seen file = file_of(&record);
	struct jobs_start start;
	struct json *entry;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	begin(&f);
	entry = entry_of(&f, &record);
	assert_int_equal(jobs_start_begin(&f.r, &record, &file, entry, &start), 0);
	assert_non_null(start.job);
	json_free(entry);
	assert_int_equal(jobs_start_end(&start, &record, false), 0);
	assert_false(jobs_has(&f.r, NUMBER));
	end(&f);
	fixture_remove(&f);
}

/* Whatever is in the way of sealing it now leaves the entry as it is: its job looks for itself when its turn comes. */
static void test_what_is_not_ready_waits_for_its_turn(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	begin(&f);
	for (int i = 0; i < 7; i++) {
		struct record record = fixture_record(NUMBER, i == 6 ? 2 : 1);
		struct store_seen file = file_of(&record);
		struct json *entry = entry_of(&f, &record);
		struct jobs_start start;

		file.uid += i == 1;		       /* somebody else's */
		file.sha256 = i == 2 ? NULL : DIGEST; /* nobody has looked at it */
		file.root = i == 3 ? 2 : 1;	       /* in no folder of ours */
		if (i == 4)
			json_set_text(entry, "label", "none");
		if (i == 5)
			assert_int_equal(gate_shut(&f.r, 1, "disk full"), 0);
		assert_int_equal(jobs_start_begin(&f.r, &record, &file, entry, &start), 0);
		assert_int_equal(start.job != NULL, i == 0);
		assert_int_equal(json_is_present(json_get(json_look(entry), "intent")), i == 0);
		json_free(entry);
		assert_int_equal(jobs_start_end(&start, &record, false), 0);
		if (i == 5)
			assert_int_equal(gate_open(&f.r, 1), 0);
	}
	end(&f);
	fixture_remove(&f);
}

/* Sealers have enough in hand: the intent waits here, and is sent when one of theirs has ended. */
static void test_no_more_is_sent_than_sealers_take(void **state)
{
	struct fixture f;
	struct job *a, *b;

	(void)state;
	fixture_make(&f);
	begin(&f);
	a = jobs_get(&f.r, "2026-000001");
	b = jobs_get(&f.r, "2026-000002");
	jobs_take_off(a, 11, false);
	job_set_sealer(a, 1);
	job_set_sealer(a, 0);
	assert_int_equal(f.r.jobs->n_at_sealers, 1);
	f.r.jobs->n_at_sealers = JOBS_AT_SEALERS; /* as if there were so many */
	assert_false(jobs_have_room(f.r.jobs));
	jobs_take_off(b, 12, false);
	assert_int_equal(f.r.jobs->n_in_flight, 2);
	assert_int_equal(jobs_landed(a, false), 0);
	assert_true(jobs_have_room(f.r.jobs));
	assert_int_equal(f.r.jobs->n_at_sealers, JOBS_AT_SEALERS - 1);
	end(&f);
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_intent_is_of_the_entry_and_outlives_us),
	    cmocka_unit_test(test_an_entry_that_is_refused_leaves_no_job),
	    cmocka_unit_test(test_what_is_not_ready_waits_for_its_turn),
	    cmocka_unit_test(test_no_more_is_sent_than_sealers_take),
	};

	return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
