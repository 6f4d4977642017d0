/* Each check is one question to the rules; what they say is written as words and held against what is expected. */
#include "library/policy_cases.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "domain/appointment.h"
#include "domain/due.h"
#include "domain/proposal.h"
#include "library/policy_case_facts.h"
#include "library/policy_files.h"

/* Words of an answer, joined as the expected list is. */
static void say(struct buffer *said, const char *word)
{
	buffer_add_format(said, "%s%s", said->n ? ", " : "", word);
}

static void say_day(struct buffer *said, struct date d)
{
	char day[11];

	date_format(d, day);
	say(said, *day ? day : "none");
}

static void say_term(struct buffer *said, const struct term *t)
{
	char text[TERM_TEXT_MAX];

	term_format_cli(t, text);
	say(said, t->kind == TERM_NONE ? "none" : text);
}

static void say_buffer(struct buffer *said, struct buffer *words)
{
	OWN_MEM char *text = buffer_steal_text(words);

	say(said, text && *text ? text : "none");
}

struct asked {
	const struct policy *p;
	struct case_facts *f;
	struct case_world *w;
};

static void say_authority(const struct asked *a,
			  void (*ask)(const struct authority_question *q, struct authority_answer *ret),
			  struct buffer *said)
{
	struct authority_answer answer;

	ask(&a->w->q, &answer);
	say(said, authority_reason_name(answer.reason));
	if (answer.training_lapsed && !answer.reason)
		say(said, "training-lapsed");
}

static void ask_authority(const struct asked *a, struct buffer *said)
{
	say_authority(a, authority_check, said);
}

static void ask_open(const struct asked *a, struct buffer *said)
{
	say_authority(a, authority_check_open, said);
}

static void ask_unlock(const struct asked *a, struct buffer *said)
{
	say_authority(a, authority_check_unlock, said);
}

static void ask_appointment(const struct asked *a, struct buffer *said)
{
	say(said, appointment_problem_name(appointment_check(a->p, &a->w->appointment, &a->w->person, a->w->q.today)));
}

static void ask_proposal(const struct asked *a, struct buffer *said)
{
	const struct record *r = &a->w->record;
	struct proposal proposal = {.regime = r->regime, .source_level = a->w->source, .what = r->proposed};
	struct proposal_problem problems[PROPOSAL_PROBLEMS_MAX];
	size_t n;

	proposal.is_prohibited = r->is_prohibited;
	proposal.today = a->w->q.today;
	proposal.start = date_is_set(r->issued_on) ? r->issued_on : proposal.today;
	n = proposal_check(a->p, &proposal, problems);
	for (size_t i = 0; i < n; i++)
		say(said, proposal_problem_name(problems[i].kind));
}

static void ask_due(const struct asked *a, struct buffer *said)
{
	struct due due[DUE_KINDS];
	struct date first = due_first(a->p, &a->w->record);
	size_t n = due_of_record(a->p, &a->w->record, a->w->q.today, due);

	for (size_t i = 0; i < n; i++) {
		say(said, due_kind_name(due[i].kind));
		if (due[i].kind == DUE_EXPIRY)
			say(said, due[i].act == DUE_EXPIRE ? "expire" : "notify");
	}
	/* the index of the store must not sleep over what is due */
	if ((n > 0) != (date_is_set(first) && date_compare(first, a->w->q.today) <= 0))
		say(said, "the first day is wrong");
}

/* What other roles saw, by name. */
static void take_seen(const struct asked *a, struct finding_facts *facts)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
	    {"no-record", &facts->is_recorded_late},
	    {"public", &facts->is_public},
	    {"mark", &facts->mark_seen},
	    {"mark-differs", &facts->mark_differs},
	    {"mark-missing", &facts->mark_missing},
	    {"content-changed", &facts->content_changed},
	    {"in-clear", &facts->plaintext_at_rest},
	    {"plaintext-beside", &facts->plaintext_beside},
	};
	const char *seen[CASE_LIST_MAX];
	size_t n = case_texts(a->f, "seen", seen, CASE_LIST_MAX);

	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t k = 0; k < array_n(flags); k++)
			if (text_equal(flags[k].name, seen[i]))
				found = *flags[k].flag = true;
		if (!found)
			case_wrong(a->f, "seen: nobody sees %.80s", seen[i]);
	}
}

static void ask_findings(const struct asked *a, struct buffer *said)
{
	struct finding findings[FINDINGS_MAX];
	struct finding_facts facts = {.policy = a->p, .record = &a->w->record, .today = a->w->q.today};
	struct authority_answer answer;
	const char *parent = case_fact(a->f, "parent");
	size_t n;

	take_seen(a, &facts);
	facts.source_level = a->w->source;
	facts.signalled_item = case_fact(a->f, "signalled");
	facts.folder_ceiling = case_fact(a->f, "folder");
	facts.reader_out_of_scope = case_fact(a->f, "reader");
	facts.open_minutes = case_number(a->f, "open_minutes");
	facts.mark_defects = case_number(a->f, "defects");
	if (parent) {
		if (!record_state_find(parent, &a->w->parent.state))
			case_wrong(a->f, "parent: there is no state %.80s", parent);
		a->w->parent.decided_on = case_day(a->f, "parent_on");
		facts.parent = &a->w->parent;
	}
	if (a->w->n_sources) {
		struct classification carried;

		proposal_from_sources(a->p, a->w->source_list, a->w->n_sources, a->w->q.today, &carried);
		facts.source_level = carried.level;
		facts.source_term = carried.term;
	}
	if (case_fact(a->f, "by")) {
		authority_check(&a->w->q, &answer);
		facts.authority = &answer;
	}
	n = finding_evaluate(&facts, findings);
	for (size_t i = 0; i < n; i++) {
		char code[4];

		finding_code_format(findings[i].code, code);
		say(said, code);
	}
}

static void ask_finding(const struct asked *a, struct buffer *said)
{
	enum finding_code code = FINDING_NONE;

	if (!finding_code_find(case_fact(a->f, "code"), &code)) {
		case_wrong(a->f, "code: write it as D07");
		return;
	}
	say(said, severity_name(finding_severity(a->p, code)));
	say(said, owner_name(finding_owner(a->p, code)));
	say_day(said, finding_due(a->p, code, case_day(a->f, "since")));
}

static void ask_dates(const struct asked *a, struct buffer *said)
{
	struct record r = a->w->record;

	record_compute_dates(a->p, &r);
	say_day(said, r.declassify_on);
	say_day(said, r.next_review);
}

static void ask_deadline(const struct asked *a, struct buffer *said)
{
	const char *name = case_fact(a->f, "deadline");
	struct date since = case_day(a->f, "since");

	for (int i = 0; i < DEADLINES; i++)
		if (text_equal(deadline_name((enum deadline)i), name)) {
			say_day(said, policy_deadline_of(a->p, since, (enum deadline)i));
			return;
		}
	case_wrong(a->f, "deadline: there is no deadline %.80s", name ? name : "(none)");
}

static void ask_mark(const struct asked *a, struct buffer *said)
{
	const struct classification *what = &a->w->record.proposed;
	struct mark_facts facts = {.level = level_find(a->p, what->level), .term = &what->term};
	OWN_BUFFER struct buffer text = {0};
	const char *sources[CASE_LIST_MAX];

	facts.start = a->w->record.start;
	facts.item = catalogue_find(&a->p->catalogue, what->item);
	facts.classified_by = case_fact(a->f, "by");
	facts.sources = (struct texts){sources, case_texts(a->f, "sources", sources, CASE_LIST_MAX)};
	facts.derived = facts.sources.n > 0;
	if (!facts.level) {
		case_wrong(a->f, "level: the pack has no level %.80s", what->level ? what->level : "(none)");
		return;
	}
	mark_make(a->p, &facts, &text);
	for (size_t i = 0; i < text.n; i++)
		if (text.at[i] == '\n')
			text.at[i] = '|';
	say_buffer(said, &text);
}

static void ask_read(const struct asked *a, struct buffer *said)
{
	struct mark_found found[CASE_LIST_MAX];
	const char *text = case_fact(a->f, "text");
	size_t n = mark_scan(a->p, bytes_of_text(text ? text : ""), found, CASE_LIST_MAX);

	for (size_t i = 0; i < n; i++) {
		say(said, found[i].level->code);
		say_term(said, &found[i].term);
		for (unsigned bit = 1; bit <= MARK_BAD_TERM; bit <<= 1)
			if (found[i].defects & bit)
				say(said, mark_defect_text((enum mark_defect)bit));
	}
}

static void ask_released(const struct asked *a, struct buffer *said)
{
	OWN_BUFFER struct buffer text = {0};

	mark_make_released(a->p, case_day(a->f, "on"), case_fact(a->f, "by"), &text);
	say_buffer(said, &text);
}

static void ask_derived(const struct asked *a, struct buffer *said)
{
	struct classification c;

	if (a->w->n_sources == 0) {
		case_wrong(a->f, "sources: a list of {level, term, start} is needed");
		return;
	}
	proposal_from_sources(a->p, a->w->source_list, a->w->n_sources, a->w->q.today, &c);
	say(said, c.level ? c.level : "none");
	say_term(said, &c.term);
	for (size_t i = 0; i < c.scope.n; i++)
		say(said, c.scope.at[i]);
}

static void ask_protection(const struct asked *a, struct buffer *said)
{
	say(said, record_protection(a->p, &a->w->record)->code);
}

static void ask_declare(const struct asked *a, struct buffer *said)
{
	const struct contrary c = {
	    .mark = level_find(a->p, case_fact(a->f, "mark")),
	    .signalled = catalogue_find(&a->p->catalogue, case_fact(a->f, "signalled")),
	    .is_known = case_flag(a->f, "known"),
	};

	say(said, proposal_may_declare_alone(a->p, &c) ? "alone" : "second-person");
}

static const struct {
	const char *name;
	void (*ask)(const struct asked *a, struct buffer *said);
} checks[] = {
    {"authority", ask_authority},     {"open", ask_open},	  {"unlock", ask_unlock},
    {"appointment", ask_appointment}, {"proposal", ask_proposal}, {"due", ask_due},
    {"findings", ask_findings},	      {"finding", ask_finding},	  {"dates", ask_dates},
    {"deadline", ask_deadline},	      {"mark", ask_mark},	  {"read", ask_read},
    {"released", ask_released},	      {"derived", ask_derived},	  {"protection", ask_protection},
    {"declare", ask_declare},
};

static void ask(const struct asked *a, struct buffer *said)
{
	const char *name = case_fact(a->f, "check");

	for (size_t i = 0; i < array_n(checks); i++)
		if (text_equal(checks[i].name, name)) {
			checks[i].ask(a, said);
			return;
		}
	case_wrong(a->f, "check: there is no check %.80s", name ? name : "(none)");
}

/* The numbers of the rules that a case is about. */
static void count_rules(struct case_facts *f, struct cases_count *count)
{
	const char *rules[CASE_LIST_MAX];
	size_t n = case_texts(f, "rule", rules, CASE_LIST_MAX);

	for (size_t i = 0; i < n; i++) {
		const char *digits = rules[i][0] == 'R' && strlen(rules[i]) == 3 ? rules[i] + 1 : "";
		uint64_t number;

		if (text_to_u64(digits + (digits[0] == '0'), CASE_RULES - 1, &number))
			count->rules[number]++;
		else
			case_wrong(f, "rule: %.80s is not a number like R07", rules[i]);
	}
}

static void expected(struct case_facts *f, struct buffer *ret)
{
	const struct yaml_node *v = yaml_get(f->given, "expect");

	if (v && v->kind == YAML_TEXT)
		say(ret, v->text);
	else if (v && v->kind == YAML_LIST)
		for (const struct yaml_node *child = v->child; child; child = child->next)
			say(ret, child->kind == YAML_TEXT ? child->text : "?");
	else
		case_wrong(f, "expect is missing: what must the rules say?");
}

static int fail(const struct policy_source *source, const struct yaml_node *at, struct buffer *report, const char *what)
{
	const struct yaml_node *name = yaml_get(at, "name");
	OWN_MEM char *safe = text_escape(bytes_of_text(what));
	OWN_MEM char *title = text_escape(bytes_of_text(name && name->kind == YAML_TEXT ? name->text : "(no name)"));

	if (!safe || !title)
		return FAULT(ENOMEM, "cases of a policy");
	buffer_add_format(report, "%s:%u:%u: %s: %s\n", source->name, at->line, at->column, title, safe);
	return 0;
}

static int run_case(const struct policy *p, const struct policy_source *source, struct case_facts *f,
		    struct cases_count *count, struct buffer *report)
{
	struct case_world w = {0};
	const struct asked a = {p, f, &w};
	OWN_BUFFER struct buffer said = {0};
	OWN_BUFFER struct buffer should = {0};
	OWN_MEM char *what = NULL;
	OWN_MEM char *words = NULL;
	OWN_MEM char *wanted = NULL;

	count->n++;
	if (f->given->kind != YAML_MAP)
		case_wrong(f, "a case is a map of facts");
	else {
		case_check_keys(f);
		count_rules(f, count);
		expected(f, &should);
		case_make_world(p, f, &w);
		if (!f->wrong)
			ask(&a, &said);
	}
	words = buffer_steal_text(&said);
	wanted = buffer_steal_text(&should);
	if (!words || !wanted)
		return FAULT(ENOMEM, "cases of a policy");
	if (!f->wrong && strcmp(words, wanted) == 0)
		return 0;
	count->failed++;
	what = f->wrong ? text_copy(f->wrong) : text_format("expected [%s], the rules say [%s]", wanted, words);
	return fail(source, f->given, report, what ? what : "");
}

static int bad_file(const struct policy_source *source, const struct yaml_node *at, const char *what,
		    struct cases_count *count, struct buffer *report)
{
	count->n++;
	count->failed++;
	buffer_add_format(report, "%s:%u:%u: %s\n", source->name, at ? at->line : 1, at ? at->column : 1, what);
	return 0;
}

int policy_cases_run(const struct policy *p, const struct policy_source *source, struct cases_count *count,
		     struct buffer *report)
{
	OWNED(yaml) struct yaml_node *tree = NULL;
	struct yaml_error error = {0};
	const struct yaml_node *cases;
	int outcome = yaml_parse(source->text, &tree, &error);

	TRY(outcome);
	if (outcome)
		return bad_file(source, &(struct yaml_node){.line = error.line, .column = error.column}, error.reason,
				count, report);
	cases = yaml_get(tree, "cases");
	if (!cases || cases->kind != YAML_LIST || cases->n == 0)
		return bad_file(source, cases, "a list `cases` is expected here", count, report);
	for (const struct yaml_node *v = tree->child; v; v = v->next)
		if (strcmp(v->key->text, "cases") != 0 && strcmp(v->key->text, "defaults") != 0)
			TRY(bad_file(source, v->key, "only `defaults` and `cases` stand here", count, report));
	for (const struct yaml_node *c = cases->child; c; c = c->next) {
		struct case_facts f = {.given = c, .defaults = yaml_get(tree, "defaults")};
		int result = run_case(p, source, &f, count, report);

		case_facts_done(&f);
		TRY(result);
	}
	return buffer_check(report);
}

static int run_all(const struct policy *p, const struct policy_files *files, struct cases_count *count,
		   struct buffer *report)
{
	for (size_t i = 0; i < files->n; i++)
		TRY(policy_cases_run(p, &files->sources[i], count, report));
	return 0;
}

int policy_cases_of(const char *folder, struct cases_count *count, struct buffer *report)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_MEM char *where = text_format("%s/cases", folder);
	OWN_MEM char *prefix = text_format("%s/cases/", folder);
	struct policy_files files = {.n = 0};
	OWN_FD int fd = -1;
	int outcome = where && prefix ? policy_load(folder, NULL, &p, report) : FAULT(ENOMEM, "cases of a policy");

	if (outcome)
		return outcome;
	fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return POLICY_MISSING;
	outcome = policy_files_add(&files, fd, prefix, false, report);
	if (!outcome)
		outcome = run_all(p, &files, count, report);
	policy_files_done(&files);
	return outcome;
}
