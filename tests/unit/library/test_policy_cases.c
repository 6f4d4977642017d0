/* Runs policy/cases/: each case is a map of facts, and what the rules must say about them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/due.h"
#include "domain/proposal.h"
#include "library/policy_load.h"
#include "library/yaml.h"

struct facts {
	const struct yaml_node *given, *defaults;
};

/* A fact; NULL when it is not given, empty, or "none". */
static const char *fact(const struct facts *f, const char *key)
{
	const struct yaml_node *v = yaml_get(f->given, key);

	v = v ? v : yaml_get(f->defaults, key);
	return v && v->kind == YAML_TEXT && *v->text && strcmp(v->text, "none") != 0 ? v->text : NULL;
}

static struct date day(const struct facts *f, const char *key)
{
	struct date d = {0};

	if (fact(f, key))
		assert_true(date_parse(fact(f, key), &d));
	return d;
}

static unsigned number(const struct facts *f, const char *key)
{
	uint64_t n = 0;

	if (fact(f, key))
		assert_true(text_to_u64(fact(f, key), UINT32_MAX, &n));
	return (unsigned)n;
}

/* Everything a question points at. */
struct world {
	struct person person;
	struct appointment appointment;
	struct training training;
	struct record record;
	struct authority_question q;
	const char *departments, *matters, *scope, *source;
};

static void make_classification(const struct facts *f, struct world *w, struct classification *c)
{
	*c = (struct classification){.level = fact(f, "level"), .item = fact(f, "item"), .reason = fact(f, "reason")};
	w->scope = fact(f, "scope");
	w->source = fact(f, "source");
	c->scope = (struct texts){&w->scope, w->scope ? 1 : 0};
	c->sources = (struct texts){&w->source, w->source ? 1 : 0};
	c->basis = w->source ? BASIS_DERIVED : c->item ? BASIS_ITEM : BASIS_MISSING;
	if (fact(f, "term"))
		assert_true(term_parse_cli(fact(f, "term"), &c->term));
}

static void make_record(const struct facts *f, struct world *w)
{
	struct record *r = &w->record;

	*r = (struct record){.drafter = fact(f, "drafter"), .drafter_uid = number(f, "drafter_uid")};
	r->drafter_key = fact(f, "drafter_key");
	r->department = fact(f, "department");
	r->floor = fact(f, "floor");
	r->originator = fact(f, "originator");
	r->drafted = day(f, "drafted");
	r->proposed_on = day(f, "proposed");
	r->requester = fact(f, "requester");
	r->requester_uid = number(f, "requester_uid");
	if (r->requester)
		assert_true(act_find(fact(f, "act"), &r->request));
	r->next_review = day(f, "review");
	r->start = day(f, "start");
	r->declassify_on = day(f, "end");
	assert_true(record_state_find(fact(f, "state"), &r->state));
	r->entry = text_equal(fact(f, "entry"), "imported") ? ENTRY_IMPORTED : ENTRY_DECIDED_HERE;
	make_classification(f, w, &r->proposed);
	r->decided = (struct classification){0};
	if (fact(f, "decided")) {
		r->decided = r->proposed;
		r->decided.level = fact(f, "decided");
	}
}

static void make_person(const struct facts *f, struct world *w)
{
	static const char *const posts[] = {"none", "general", "important", "core"};
	enum actor role;

	w->person = (struct person){.id = fact(f, "person"), .uid = number(f, "uid"), .department = fact(f, "home")};
	w->person.from = (struct date){2020, 1, 1};
	for (int i = 0; i < POST_N; i++)
		if (text_equal(fact(f, "post"), posts[i]))
			w->person.post = (enum post)i;
	w->person.cleared_until = day(f, "cleared");
	w->person.undertaking_on = day(f, "undertaking");
	w->person.suspended_from = day(f, "suspended");
	if (fact(f, "roles")) {
		assert_true(actor_find(fact(f, "roles"), &role));
		w->person.roles = role;
	}
}

static void make_appointment(const struct facts *f, struct world *w)
{
	struct appointment *a = &w->appointment;

	w->departments = fact(f, "departments");
	w->matters = fact(f, "matters");
	*a = (struct appointment){
	    .id = "A1", .entered_by = "adm1", .confirmed_by = "adm2", .ceiling = fact(f, "ceiling")};
	a->person = fact(f, "appointed") ? fact(f, "appointed") : fact(f, "person");
	a->departments = (struct texts){&w->departments, w->departments ? 1 : 0};
	a->matters = (struct texts){&w->matters, w->matters ? 1 : 0};
	a->from = day(f, "from");
	a->until = day(f, "until");
	if (yaml_get(f->given, "confirmed"))
		a->confirmed_by = fact(f, "confirmed");
	assert_true(appointment_kind_find(fact(f, "kind"), &a->kind));
	w->training = (struct training){a->person, day(f, "trained"), {0}, (uint16_t)number(f, "trained_hours")};
}

static void make_world(const struct policy *p, const struct facts *f, struct world *w)
{
	struct authority_question *q = &w->q;

	make_record(f, w);
	make_person(f, w);
	make_appointment(f, w);
	*q = (struct authority_question){
	    .policy = p, .record = &w->record, .appointments = &w->appointment, .n_appointments = 1};
	q->person = w->person.id ? &w->person : NULL;
	q->trainings = &w->training;
	q->n_trainings = fact(f, "trained") ? 1 : 0;
	assert_true(act_find(fact(f, "act"), &q->act) || text_equal(fact(f, "check"), "due"));
	q->level = fact(f, "level");
	q->source_level = fact(f, "source");
	q->item = q->source_level ? NULL : fact(f, "item");
	q->key = fact(f, "key");
	q->today = day(f, "today");
	q->on = fact(f, "on") ? day(f, "on") : q->today;
}

static bool check_authority(const struct policy *p, const struct facts *f,
			    void (*ask)(const struct authority_question *q, struct authority_answer *ret))
{
	struct world w = {0};
	struct authority_answer answer;
	const char *training = fact(f, "training");

	make_world(p, f, &w);
	ask(&w.q, &answer);
	if (!text_equal(authority_reason_name(answer.reason), fact(f, "expect")) ||
	    (training && answer.training_lapsed != text_equal(training, "lapsed"))) {
		print_error("  said %s%s\n", authority_reason_name(answer.reason),
			    answer.training_lapsed ? ", training lapsed" : "");
		return false;
	}
	return true;
}

/* The names that came, against the list that was expected, in order. */
static bool same_list(const struct facts *f, const char *const *names, size_t n)
{
	const struct yaml_node *expect = yaml_get(f->given, "expect");
	const struct yaml_node *child = expect->child;
	bool same = expect->n == n;

	for (size_t i = 0; same && i < n; i++, child = child->next)
		same = text_equal(child->text, names[i]);
	for (size_t i = 0; !same && i < n; i++)
		print_error("  said %s\n", names[i]);
	return same;
}

static bool check_proposal(const struct policy *p, const struct facts *f)
{
	struct world w = {0};
	struct proposal proposal = {.regime = REGIME_STATE_SECRET, .source_level = fact(f, "source")};
	struct proposal_problem problems[PROPOSAL_PROBLEMS_MAX];
	const char *names[PROPOSAL_PROBLEMS_MAX];
	size_t n;

	make_classification(f, &w, &proposal.what);
	if (fact(f, "regime"))
		assert_true(regime_find(fact(f, "regime"), &proposal.regime));
	proposal.today = proposal.start = day(f, "today");
	n = proposal_check(p, &proposal, problems);
	for (size_t i = 0; i < n; i++) {
		OWN_BUFFER struct buffer words = {0};

		proposal_explain(p, &problems[i], &words);
		assert_true(words.n > 10);
		names[i] = proposal_problem_name(problems[i].kind);
	}
	return same_list(f, names, n);
}

static bool check_due(const struct policy *p, const struct facts *f)
{
	struct world w = {0};
	struct due due[DUE_KINDS];
	const char *names[DUE_KINDS];
	const char *act = fact(f, "act");
	struct date first;
	size_t n;

	make_world(p, f, &w);
	n = due_of_record(p, &w.record, w.q.today, due);
	for (size_t i = 0; i < n; i++)
		names[i] = due_kind_name(due[i].kind);
	first = due_first(p, &w.record);
	/* the index of the store must not sleep over what is due */
	assert_int_equal(n > 0, date_is_set(first) && date_compare(first, w.q.today) <= 0);
	if (n && (text_equal(act, "expire") || text_equal(act, "notify")) &&
	    due[0].act != (text_equal(act, "expire") ? DUE_EXPIRE : DUE_NOTIFY_ONLY)) {
		print_error("  the wrong act\n");
		return false;
	}
	return same_list(f, names, n);
}

static bool check(const struct policy *p, const struct facts *f)
{
	const char *what = fact(f, "check");

	if (text_equal(what, "authority"))
		return check_authority(p, f, authority_check);
	if (text_equal(what, "open"))
		return check_authority(p, f, authority_check_open);
	if (text_equal(what, "unlock"))
		return check_authority(p, f, authority_check_unlock);
	if (text_equal(what, "proposal"))
		return check_proposal(p, f);
	return text_equal(what, "due") && check_due(p, f);
}

static struct yaml_node *read_cases(const char *path)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct yaml_error error = {0};
	struct yaml_node *tree = NULL;
	ssize_t got = 1;

	assert_true(fd >= 0);
	while (got > 0) {
		got = read(fd, buffer_reserve(&text, 65536), 65536);
		text.n += got > 0 ? (size_t)got : 0;
	}
	if (yaml_parse(buffer_bytes(&text), &tree, &error))
		print_error("%s:%u:%u: %s\n", path, error.line, error.column, error.reason);
	return tree;
}

static void run_file(const char *pack, const char *path, size_t at_least)
{
	OWNED(yaml) struct yaml_node *tree = read_cases(path);
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};
	size_t bad = 0;

	assert_non_null(tree);
	assert_int_equal(policy_load(pack, NULL, &p, &report), 0);
	for (const struct yaml_node *c = yaml_get(tree, "cases")->child; c; c = c->next) {
		const struct facts f = {c, yaml_get(tree, "defaults")};

		if (!check(p, &f)) {
			print_error("%s:%u: %s\n", path, c->line, fact(&f, "name"));
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	assert_true(yaml_get(tree, "cases")->n >= at_least);
}

static void test_cn(void **state)
{
	(void)state;
	run_file("policy/cn", "policy/cases/cn.yaml", 90);
}

static void test_us(void **state)
{
	(void)state;
	run_file("policy/us", "policy/cases/us.yaml", 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cn), cmocka_unit_test(test_us)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
