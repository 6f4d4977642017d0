/* Each check is one question to the rules; what they say is written as words. */
#include "library/policy_case_facts.h"

#include <string.h>

#include "base/text.h"
#include "domain/appointment.h"
#include "domain/due.h"
#include "domain/proposal.h"
#include "domain/scope.h"

void case_say(struct buffer *said, const char *word)
{
	buffer_add_format(said, "%s%s", said->n ? ", " : "", word);
}

static void say_day(struct buffer *said, struct date d)
{
	char day[11];

	date_format(d, day);
	case_say(said, *day ? day : "none");
}

static void say_term(struct buffer *said, const struct term *t)
{
	char text[TERM_TEXT_MAX];

	term_format_cli(t, text);
	case_say(said, t->kind == TERM_NONE ? "none" : text);
}

static void say_buffer(struct buffer *said, struct buffer *words)
{
	OWN_MEM char *text = buffer_steal_text(words);

	case_say(said, text && *text ? text : "none");
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
	case_say(said, authority_reason_name(answer.reason));
	if (answer.training_lapsed && !answer.reason)
		case_say(said, "training-lapsed");
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
	case_say(said,
		 appointment_problem_name(appointment_check(a->p, &a->w->appointment, &a->w->person, a->w->q.today)));
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
		case_say(said, proposal_problem_name(problems[i].kind));
}

static void ask_due(const struct asked *a, struct buffer *said)
{
	struct due due[DUE_KINDS];
	struct date first = due_first(a->p, &a->w->record);
	size_t n = due_of_record(a->p, &a->w->record, a->w->q.today, due);

	for (size_t i = 0; i < n; i++) {
		case_say(said, due_kind_name(due[i].kind));
		if (due[i].kind == DUE_EXPIRY)
			case_say(said, due[i].act == DUE_EXPIRE ? "expire" : "notify");
	}
	/* the index of the store must not sleep over what is due */
	if ((n > 0) != (date_is_set(first) && date_compare(first, a->w->q.today) <= 0))
		case_say(said, "the first day is wrong");
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
	if (case_fact(a->f, "shows")) {
		facts.mark_shows = regime_find(case_fact(a->f, "shows"), &facts.mark_regime);
		if (!facts.mark_shows)
			case_wrong(a->f, "shows: there is no regime %.80s", case_fact(a->f, "shows"));
	}
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
		case_say(said, code);
	}
}

static void ask_finding(const struct asked *a, struct buffer *said)
{
	enum finding_code code = FINDING_NONE;

	if (!finding_code_find(case_fact(a->f, "code"), &code)) {
		case_wrong(a->f, "code: write it as D07");
		return;
	}
	case_say(said, severity_name(finding_severity(a->p, code)));
	case_say(said, owner_name(finding_owner(a->p, code)));
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
	const struct regime_rule *rule = regime_rule_of(a->p, a->w->record.regime);
	OWN_BUFFER struct buffer text = {0};
	const char *sources[CASE_LIST_MAX];

	facts.start = a->w->record.start;
	facts.item = catalogue_find(&a->p->catalogue, what->item);
	facts.classified_by = case_fact(a->f, "by");
	facts.sources = (struct texts){sources, case_texts(a->f, "sources", sources, CASE_LIST_MAX)};
	facts.derived = facts.sources.n > 0;
	facts.scope = what->scope;
	facts.copy = (uint32_t)case_number(a->f, "copy");
	if (!facts.level && !rule) {
		case_wrong(a->f, "level: the pack has no level %.80s", what->level ? what->level : "(none)");
		return;
	}
	if (rule)
		regime_make_mark(
		    a->p, rule,
		    &(struct regime_mark){a->w->record.department, facts.classified_by, facts.term, facts.start,
					  what->categories},
		    &text);
	else
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
		case_say(said, found[i].level->code);
		say_term(said, &found[i].term);
		for (unsigned bit = 1; bit <= MARK_DEFECT_LAST; bit <<= 1)
			if (found[i].defects & bit)
				case_say(said, mark_defect_text((enum mark_defect)bit));
	}
	if (n == 0 && regime_of_mark(a->p, bytes_of_text(text ? text : "")) != REGIME_NONE)
		case_say(said, regime_name(regime_of_mark(a->p, bytes_of_text(text ? text : ""))));
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
	case_say(said, c.level ? c.level : "none");
	say_term(said, &c.term);
	for (size_t i = 0; i < c.scope.n; i++)
		case_say(said, c.scope.at[i]);
}

static void ask_catalogue(const struct asked *a, struct buffer *said)
{
	say_day(said, due_of_catalogue(a->p));
}

static void ask_protection(const struct asked *a, struct buffer *said)
{
	case_say(said, record_protection(a->p, &a->w->record)->code);
}

/* What is asked for at the level that protects now. */
static void ask_custody(const struct asked *a, struct buffer *said)
{
	const struct record *r = &a->w->record;

	if (scope_registers(a->p, r))
		case_say(said, "registered");
	if (scope_needs_consent(a->p, r))
		case_say(said, "consent");
	if (said->n == 0)
		case_say(said, "free");
}

static void ask_declare(const struct asked *a, struct buffer *said)
{
	const struct contrary c = {
	    .mark = level_find(a->p, case_fact(a->f, "mark")),
	    .signalled = catalogue_find(&a->p->catalogue, case_fact(a->f, "signalled")),
	    .is_known = case_flag(a->f, "known"),
	};

	case_say(said, proposal_may_declare_alone(a->p, &c) ? "alone" : "second-person");
}

/* Whom this unit asks about a level it may not decide; who settles what is unclear or disputed. */
static void ask_refer(const struct asked *a, struct buffer *said)
{
	const char *name = case_fact(a->f, "level");
	const struct level *level = level_find(a->p, name);
	const struct unit_rule *to;

	if (!level) {
		case_wrong(a->f, "level: the pack has no level %.80s", name ? name : "(none)");
		return;
	}
	to =
	    text_equal(case_fact(a->f, "matter"), "authority") ? policy_asks(a->p, level) : policy_settler(a->p, level);
	case_say(said, to ? to->code : "nobody");
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
    {"declare", ask_declare},	      {"refer", ask_refer},	  {"custody", ask_custody},
    {"catalogue", ask_catalogue},
};

void case_ask(struct case_facts *f, struct case_world *w, struct buffer *said)
{
	const struct asked a = {&w->policy, f, w};
	const char *name = case_fact(f, "check");

	for (size_t i = 0; i < array_n(checks); i++)
		if (text_equal(checks[i].name, name)) {
			checks[i].ask(&a, said);
			return;
		}
	case_wrong(f, "check: there is no check %.80s", name ? name : "(none)");
}
