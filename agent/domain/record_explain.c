/* One function per kind of rule; each says a line only where the rule counts for this record. */
#include "domain/record_explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "domain/due.h"

struct explaining {
	const struct finding_facts *facts;
	const struct policy *now, *then; /* today's rules, and those of the decision's day */
	const struct record *r;
	const struct classification *what;
	const struct level *level; /* of then; NULL: none or unknown */
	const struct item *item;   /* of then */
	bool other;		   /* decided under another pack, whose rules are not here */
	rule_line_fn line;
	void *arg;
};

static void PRINTF_LIKE(4, 5)
    say(const struct explaining *e, const struct policy *set, const char *path, const char *format, ...)
{
	struct rule_line line = {.path = path, .article = policy_source_of(set, path)};
	va_list args;
	size_t n;

	va_start(args, format);
	(void)vsnprintf(line.value, sizeof(line.value), format, args);
	va_end(args);
	for (n = strlen(line.value); n && !text_is_utf8(bytes_of_text(line.value)); n--)
		line.value[n - 1] = '\0'; /* cut inside a character */
	e->line(&line, e->arg);
}

/* "levels.SECRET.max_term" */
struct level_path {
	char text[64];
};

static struct level_path path_of(const struct level *level, const char *key)
{
	struct level_path path;

	(void)snprintf(path.text, sizeof(path.text), "levels.%.24s.%.24s", level->code, key);
	return path;
}

static void the_set(const struct explaining *e)
{
	char day[11], decided[11];

	date_format(e->now->effective, day);
	date_format(e->r->decided_on, decided);
	if (e->other)
		say(e, e->now, "pack", "decided under %.24s %.24s, which judged it; what falls due, by %s %s",
		    e->r->pack, e->r->pack_version ? e->r->pack_version : "", e->now->id, e->now->version);
	else if (e->then == e->now)
		say(e, e->now, "pack", "%s %s, in force from %s", e->now->id, e->now->version, day);
	else
		say(e, e->now, "earlier", "decided on %s: judged by %s %s; what falls due, by %s", decided, e->then->id,
		    e->then->version, e->now->version);
}

static void the_level(const struct explaining *e)
{
	if (e->level)
		say(e, e->then, path_of(e->level, "name").text, "%s (%s)", e->level->name.official, e->level->code);
	else if (!text_is_empty(e->what->level))
		say(e, e->then, "levels", "%.24s is no level of these rules: protected as the highest", e->what->level);
	if (e->item)
		say(e, e->then, "catalogue", "item %s: %s", e->item->id, e->item->level->code);
}

static void the_cap(const struct explaining *e)
{
	struct term of_level = e->level ? policy_cap(e->then, e->level, NULL) : (struct term){0};
	struct term both = policy_cap(e->then, e->level, e->item);
	char level[TERM_TEXT_MAX], smaller[TERM_TEXT_MAX];

	if (!level_is_classified(e->level) || e->other)
		return;
	term_format_rule(&of_level, level);
	term_format_rule(&both, smaller);
	if (both.kind == TERM_NONE)
		say(e, e->then, path_of(e->level, "max_term").text, "no longest term");
	else
		say(e, e->then, path_of(e->level, "max_term").text, "at most %.100s; with the item %.100s", level,
		    smaller);
}

static void the_term(const struct explaining *e)
{
	static const char *const leaps[] = {"28 February", "1 March"};
	char term[TERM_TEXT_MAX], start[11], end[11];

	if (!level_is_classified(e->level))
		return;
	term_format_rule(&e->what->term, term);
	date_format(date_is_set(e->r->start) ? e->r->start : e->r->decided_on, start);
	date_format(e->r->declassify_on, end);
	say(e, e->then, "terms.kinds", "%.200s%s%s%s%s", term, *start ? ", from " : "", start, *end ? ", ends " : "",
	    end);
	if (e->what->term.kind == TERM_PERIOD)
		say(e, e->then, "terms.leap", "a year from 29 February ends on %s", leaps[e->then->leap]);
}

static void the_end(const struct explaining *e)
{
	static const char *const edges[] = {"over on its last day", "over after its last day"};
	static const char *const ends[] = {"the originator is told", "expires by itself where a date was decided",
					   "expires by itself"};

	if (!record_is_in_force(e->r) || !date_is_set(e->r->declassify_on))
		return;
	say(e, e->now, "terms.over", "%s", edges[e->now->edge]);
	if (text_is_empty(e->r->originator))
		say(e, e->now, "terms.expiry", "%s", ends[e->now->expiry]);
	else
		say(e, e->now, "terms.expiry", "another unit's: it is told, and nothing is done here");
}

static void the_review(const struct explaining *e)
{
	const struct level *level = level_find(e->now, e->what->level);
	struct period every = policy_review_interval(e->now, level);
	bool own = level && period_is_set(level->review_interval);
	char period[32], day[11];

	if (!record_is_in_force(e->r) || !level_is_classified(level))
		return;
	period_format(every, period);
	date_format(e->r->next_review, day);
	say(e, e->now, own ? path_of(level, "review_every").text : "terms.review_every", "%s%s%s%s",
	    period_is_set(every) ? "every " : "never", period_is_set(every) ? period : "", *day ? ", next " : "", day);
}

static void the_protection(const struct explaining *e)
{
	static const char *const interims[] = {"the highest that is claimed", "the level stays as it is"};
	const struct level *level = record_protection(e->now, e->r);

	say(e, e->now, "levels", "protected as %s", level->code);
	if (e->r->state == RECORD_DISPUTED)
		say(e, e->now, "disputes.interim", "%s", interims[e->now->interim]);
}

static void who_decides(const struct explaining *e)
{
	const struct kind_rule *rule = &e->then->kinds[e->r->decided_as];
	char path[64];

	if (e->r->decided_as && rule->is_used && !e->other) {
		(void)snprintf(path, sizeof(path), "appointments.%s", appointment_kind_name(e->r->decided_as));
		say(e, e->then, path, "decided as %s by %.64s%s", rule->name.official,
		    e->r->responsible ? e->r->responsible : "-",
		    rule->has_ceiling ? ", up to the level of the appointment" : "");
	}
	if (e->then->two_persons[ACT_APPROVE] && !e->other)
		say(e, e->then, "two_persons", "who decides is not who proposed");
	if (e->what->basis == BASIS_DERIVED)
		say(e, e->then, "derived.term", "level and term follow %zu sources", e->what->sources.n);
	if (e->now->unit && e->r->state == RECORD_PROVISIONAL && policy_settler(e->now, e->level))
		say(e, e->now, "units", "settled by %s", policy_settler(e->now, e->level)->name.official);
	if (e->now->unit && e->r->state == RECORD_REPORTED && policy_asks(e->now, e->level))
		say(e, e->now, "units", "asked of %s", policy_asks(e->now, e->level)->name.official);
}

static void the_deadlines(const struct explaining *e)
{
	const struct record *r = e->r;
	const struct {
		bool runs;
		struct date from;
		enum deadline which;
	} running[] = {
	    {r->state == RECORD_DRAFT, r->drafted, DEADLINE_DRAFT},
	    {r->state == RECORD_PROPOSED, r->proposed_on, DEADLINE_PROPOSAL},
	    {r->state == RECORD_PROVISIONAL, r->referred_on, DEADLINE_UNCLEAR_REPORT},
	    {r->state == RECORD_REPORTED, r->referred_on, DEADLINE_AUTHORITY_REPORT},
	    {r->state == RECORD_DISPUTED, r->disputed_on, DEADLINE_DISPUTE_ANSWER},
	    {r->state == RECORD_CHANGED, r->changed_on, DEADLINE_CHANGED},
	    {r->request != ACT_NEW, r->requested_on, DEADLINE_REQUEST},
	};

	for (size_t i = 0; i < array_n(running); i++) {
		const struct policy *set = policy_on(e->now, running[i].from);
		struct span span = set->deadlines[running[i].which];
		char path[64], from[11], day[11];

		if (!running[i].runs || span.days == 0 || !date_is_set(running[i].from))
			continue;
		date_format(running[i].from, from);
		date_format(policy_deadline_of(e->now, running[i].from, running[i].which), day);
		(void)snprintf(path, sizeof(path), "deadlines.%s", deadline_name(running[i].which));
		say(e, set, path, "%u %sdays from %s: until %s", span.days, span.working ? "working " : "", from, day);
	}
}

static void what_is_due(const struct explaining *e)
{
	struct due due[DUE_KINDS];
	size_t n = due_of_record(e->now, e->r, e->facts->today, due);

	for (size_t i = 0; i < n; i++) {
		char day[11];

		date_format(due[i].on, day);
		say(e, e->now, "due", "%s since %s", due_kind_name(due[i].kind), day);
	}
}

static void what_is_found(const struct explaining *e)
{
	struct finding findings[FINDINGS_MAX];
	size_t n = finding_evaluate(e->facts, findings);

	for (size_t i = 0; i < n; i++) {
		char code[4], path[16], day[11];

		finding_code_format(findings[i].code, code);
		(void)snprintf(path, sizeof(path), "findings.%s", code);
		date_format(finding_due(e->now, findings[i].code, findings[i].since), day);
		say(e, e->now, path, "%s; %s of %s, until %s", findings[i].evidence,
		    severity_name(finding_severity(e->now, findings[i].code)),
		    owner_name(finding_owner(e->now, findings[i].code)), day);
	}
}

void record_explain(const struct finding_facts *facts, rule_line_fn line, void *arg)
{
	static void (*const parts[])(const struct explaining *) = {
	    the_set,	    the_level,	 the_cap,	the_term,    the_end,	    the_review,
	    the_protection, who_decides, the_deadlines, what_is_due, what_is_found,
	};
	struct explaining e = {.facts = facts, .now = facts->policy, .r = facts->record, .line = line, .arg = arg};

	e.then = policy_on(e.now, e.r->decided_on);
	e.what = record_classification(e.r);
	e.level = level_find(e.then, e.what->level);
	e.other = record_is_of_other_pack(e.now, e.r);
	e.item = e.what->basis == BASIS_ITEM && !e.other ? catalogue_find(&e.then->catalogue, e.what->item) : NULL;
	for (size_t i = 0; i < array_n(parts); i++)
		parts[i](&e);
}
