/* The conditions of the findings: one function per code, from facts to evidence. None of them guesses. */
#include "domain/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "domain/due.h"
#include "domain/request.h"

struct evaluation {
	const struct finding_facts *f;
	const struct policy *p;
	const struct policy *then; /* the rules of the day it was decided: they judge the decision */
	const struct record *r;
	const struct classification *what; /* decided, else proposed */
	const struct level *level;	   /* NULL: none or unknown */
	const struct item *item;
	const struct level *source;
	bool classified; /* a decision at a level above unclassified is in force */
	const struct level *other; /* what another regime asks for, in force; NULL: it is a state secret, or nothing */
	struct finding *ret;
	size_t n;
};

/* Evidence may quote names a person typed; they were lines when they came in, so one line stays one line. */
static void PRINTF_LIKE(4, 5)
    say(struct evaluation *e, enum finding_code code, struct date since, const char *format, ...)
{
	struct finding *finding;
	va_list args;
	size_t n;

	if (e->n == FINDINGS_MAX)
		return;
	finding = &e->ret[e->n++];
	*finding = (struct finding){.code = code, .since = date_is_set(since) ? since : e->f->today};
	va_start(args, format);
	(void)vsnprintf(finding->evidence, sizeof(finding->evidence), format, args);
	va_end(args);
	for (n = strlen(finding->evidence); n && !text_is_utf8(bytes_of_text(finding->evidence)); n--)
		finding->evidence[n - 1] = '\0'; /* cut inside a character */
}

static const char *name_of(const struct level *l)
{
	return l ? l->code : "-";
}

static void no_record(struct evaluation *e)
{
	if (e->r->state == RECORD_NONE && e->f->is_recorded_late)
		say(e, FINDING_NO_RECORD, e->f->today, "a file without a classification record");
}

static void incomplete(struct evaluation *e)
{
	const struct classification *what = e->what;
	const char *missing[4] = {NULL};
	size_t n = 0;

	if (!e->classified && !e->other)
		return;
	if (text_is_empty(e->r->responsible))
		missing[n++] = "responsible person";
	if (e->classified && what->basis == BASIS_MISSING)
		missing[n++] = "basis";
	if (what->scope.n == 0)
		missing[n++] = "scope";
	if (!date_is_set(e->r->decided_on))
		missing[n++] = "day of decision";
	if (n)
		say(e, FINDING_INCOMPLETE, e->r->decided_on, "missing: %s%s%s%s%s%s%s", missing[0], n > 1 ? ", " : "",
		    n > 1 ? missing[1] : "", n > 2 ? ", " : "", n > 2 ? missing[2] : "", n > 3 ? ", " : "",
		    n > 3 ? missing[3] : "");
}

static void no_need(struct evaluation *e)
{
	if (!e->classified)
		return;
	if (e->r->is_prohibited || (e->item && e->item->prohibited))
		say(e, FINDING_NO_NEED, e->r->decided_on, "%s, but the subject may not be classified",
		    name_of(e->level));
	else if (e->f->is_public)
		say(e, FINDING_NO_NEED, e->r->decided_on, "%s, but already lawfully public", name_of(e->level));
	else if (e->what->basis == BASIS_MISSING || (e->what->basis == BASIS_ITEM && !e->item))
		say(e, FINDING_NO_NEED, e->r->decided_on, "%s without a basis in the catalogue", name_of(e->level));
}

static void against(struct evaluation *e, const struct level *should, const char *what)
{
	if (!should || !e->level || e->level->rank == should->rank)
		return;
	say(e, e->level->rank > should->rank ? FINDING_ABOVE : FINDING_BELOW, e->r->decided_on,
	    "decided %s, %s says %s", name_of(e->level), what, name_of(should));
}

static void above_or_below(struct evaluation *e)
{
	char what[64];

	if (!e->classified && !(e->r->state == RECORD_UNCLASSIFIED && e->item))
		return;
	if (e->what->basis == BASIS_DERIVED)
		against(e, e->source, "source");
	else if (e->item) {
		(void)snprintf(what, sizeof(what), "item %.32s", e->item->id);
		against(e, e->item->level, what);
	}
}

static void not_classified(struct evaluation *e)
{
	const struct item *item = catalogue_find(&e->p->catalogue, e->f->signalled_item ? e->f->signalled_item : "");
	bool open = e->r->state == RECORD_NONE || e->r->state == RECORD_UNCLASSIFIED || e->other;

	if (open && e->f->signalled_item)
		say(e, FINDING_NOT_CLASSIFIED, e->f->today, "the text meets phrases of item %.32s",
		    e->f->signalled_item);
	else if (e->classified && e->level && item && item->level->rank > e->level->rank)
		say(e, FINDING_NOT_CLASSIFIED, e->f->today, "the text meets phrases of item %.32s (%s), decided %s",
		    item->id, name_of(item->level), name_of(e->level));
}

static struct date start_of(const struct evaluation *e)
{
	return date_is_set(e->r->start) ? e->r->start : e->r->decided_on;
}

static const struct item *item_then(const struct evaluation *e)
{
	return e->item ? catalogue_find(&e->then->catalogue, e->item->id) : NULL;
}

/* The smallest of what level, item and source allow; kind TERM_NONE: nothing limits. */
static struct term cap_of(const struct evaluation *e)
{
	struct term cap = policy_cap_of(e->then, level_find(e->then, e->what->level), item_then(e), &e->what->term, start_of(e));
	const struct term *source = &e->f->source_term;

	if (e->what->basis == BASIS_DERIVED && source->kind != TERM_NONE &&
	    (cap.kind == TERM_NONE || term_compare(source, &cap, start_of(e), e->p->leap) < 0))
		cap = *source;
	return cap;
}

static void term_long(struct evaluation *e)
{
	char given[TERM_TEXT_MAX];
	char allowed[TERM_TEXT_MAX];
	struct term cap = cap_of(e);
	const struct term *t = &e->what->term;

	if (!e->classified || !term_is_complete(t))
		return;
	term_format_rule(t, given);
	term_format_rule(&cap, allowed);
	if (t->kind == TERM_LONG
		? !(t->code[0] && policy_exemption(e->then, t->code)) && !policy_long_term_allowed(e->then, item_then(e)) &&
			  e->f->source_term.kind != TERM_LONG
		: cap.kind != TERM_NONE && term_compare(t, &cap, start_of(e), e->p->leap) > 0)
		say(e, FINDING_TERM_LONG, e->r->decided_on, "%.100s, allowed at most %.100s", given, allowed);
}

static void term_missing(struct evaluation *e)
{
	const struct term *t = &e->what->term;

	if (!e->classified || (t->kind == TERM_NONE && policy_allows_term(e->then, e->level, TERM_NONE)))
		return;
	if (!term_is_complete(t))
		say(e, FINDING_TERM_MISSING, e->r->decided_on, "%s",
		    t->kind == TERM_NONE ? "no term" : "a term that lacks its day");
	else if (!policy_allows_term(e->then, level_find(e->then, e->what->level), t->kind))
		say(e, FINDING_TERM_MISSING, e->r->decided_on, "the policy has no term of the kind %s",
		    term_kind_name(t->kind));
}

static void authority(struct evaluation *e)
{
	const struct authority_answer *a = e->f->authority;
	OWN_BUFFER struct buffer b = {0};
	OWN_MEM char *words = NULL;

	if (!a || (!a->reason && !a->training_lapsed))
		return;
	authority_explain(a, &b);
	words = buffer_steal_text(&b);
	say(e, FINDING_AUTHORITY, e->r->decided_on, "%s", words ? words : authority_reason_name(a->reason));
}

static void procedure(struct evaluation *e)
{
	const struct record *r = e->r;
	const struct policy *p = e->then;
	/* Of a change or an extension the one who asked for it. */
	const char *proposer = request_kind_of(r->decision) && r->requester ? r->requester : r->drafter;
	bool two = p->two_persons[ACT_APPROVE] || (r->decided_as && !p->kinds[r->decided_as].alone);

	if (!e->classified)
		return;
	if (two && proposer && text_equal(proposer, r->responsible))
		say(e, FINDING_PROCEDURE, r->decided_on, "drafted and decided by the same person");
	else if (two && proposer == r->drafter && r->drafter_key && text_equal(r->drafter_key, r->decider_key))
		say(e, FINDING_PROCEDURE, r->decided_on, "drafted and decided with the same key");
	else if (date_is_set(r->issued_on) && date_compare(r->decided_on, r->issued_on) > 0)
		say(e, FINDING_PROCEDURE, r->decided_on, "decided after it was issued");
}

static void mark(struct evaluation *e)
{
	enum regime held = e->classified ? REGIME_STATE_SECRET : e->other ? e->r->regime : REGIME_NONE;

	if (e->f->mark_shows && e->f->mark_regime != held)
		say(e, FINDING_MARK, e->f->today, "the document carries the mark of %s, and the record says %s",
		    regime_name(e->f->mark_regime), regime_name(held));
	else if (e->f->mark_seen && e->f->mark_differs)
		say(e, FINDING_MARK, e->f->today, "the mark in the document is not that of the record");
	else if (e->f->mark_defects && e->classified)
		say(e, FINDING_MARK, e->f->today, "%s",
		    mark_defect_text((enum mark_defect)(e->f->mark_defects & -e->f->mark_defects)));
	else if (e->f->mark_scope_differs && e->classified)
		say(e, FINDING_MARK, e->f->today, FINDING_MARK_NAMES);
	else if (e->f->mark_missing && (e->classified || e->other))
		say(e, FINDING_MARK, e->f->today, "the document carries no mark");
}

static void sources(struct evaluation *e)
{
	if (e->classified && e->what->basis == BASIS_DERIVED && e->what->sources.n == 0)
		say(e, FINDING_SOURCES, e->r->decided_on, "derived, but no source is listed");
}

/* Many together may tell more than each of them (domain.md R72): somebody looks; the level stays what it is. */
static void together(struct evaluation *e)
{
	bool looked = date_is_set(e->r->last_review) && date_compare(e->r->last_review, e->r->decided_on) >= 0;

	if (e->classified && e->what->basis == BASIS_DERIVED && e->p->derived_many && !looked &&
	    e->what->sources.n > e->p->derived_many)
		say(e, FINDING_TOGETHER, e->r->decided_on, "derived from %zu sources, more than %u", e->what->sources.n,
		    e->p->derived_many);
}

static void late(struct evaluation *e, enum finding_code code, const struct late_task *task)
{
	char day[11];

	if (!task->kind)
		return;
	date_format(task->due, day);
	say(e, code, task->due, "%.32s was due %s", task->kind, day);
}

static void review(struct evaluation *e)
{
	struct date over = policy_deadline_of(e->p, e->r->next_review, DEADLINE_REVIEW);
	char day[11];
	int days;

	if (!date_is_set(over))
		over = e->r->next_review;
	if (e->f->late_review.kind || !record_is_in_force(e->r) || !date_is_set(over) ||
	    date_compare(e->f->today, over) <= 0) {
		late(e, FINDING_REVIEW_OVERDUE, &e->f->late_review);
		return;
	}
	days = (int)(date_to_days(e->f->today) - date_to_days(e->r->next_review));
	date_format(e->r->next_review, day);
	say(e, FINDING_REVIEW_OVERDUE, over, "the review was due %s, %d day%s ago", day, days, TEXT_S(days));
}

static void release(struct evaluation *e)
{
	const struct record *r = e->r;
	char day[11];

	date_format(r->declassify_on, day);
	if (record_is_in_force(r) && term_is_over(r->declassify_on, e->f->today, e->p->edge))
		say(e, FINDING_RELEASE_OVERDUE, r->declassify_on, "the term ended %s", day);
	if (r->state == RECORD_EXPIRED && date_is_set(r->declassify_on) &&
	    !term_is_over(r->declassify_on, e->f->today, e->p->edge))
		say(e, FINDING_RELEASED_EARLY, e->f->today, "expired although the term ends %s", day);
	if (r->state == RECORD_RELEASED && text_is_empty(r->decider_key) && text_is_empty(r->responsible))
		say(e, FINDING_RELEASED_EARLY, e->f->today, "released without a decision");
}

static void scope(struct evaluation *e)
{
	if (e->f->reader_out_of_scope)
		say(e, FINDING_SCOPE, e->f->today, "opened by %.64s, who is not in the scope",
		    e->f->reader_out_of_scope);
	else if ((e->classified || e->other) && texts_has(e->what->scope, "*"))
		say(e, FINDING_SCOPE, e->r->decided_on, "the scope is everybody");
}

static void copies(struct evaluation *e)
{
	if (e->f->late_copy.n)
		say(e, FINDING_COPIES, e->f->today, "copy %lld, %.64s, is %.16s%s%.10s", (long long)e->f->late_copy.n,
		    e->f->late_copy.holder, e->f->late_copy.state, text_is_empty(e->f->late_copy.due) ? "" : ", due ",
		    e->f->late_copy.due ? e->f->late_copy.due : "");
}

static void not_propagated(struct evaluation *e)
{
	const struct record *parent = e->f->parent;

	if (parent && record_is_in_force(e->r) &&
	    (record_is_ended(parent) || date_compare(parent->decided_on, e->r->decided_on) > 0))
		say(e, FINDING_NOT_PROPAGATED, parent->decided_on, "its source %.32s is %s since",
		    parent->number ? parent->number : "-", record_state_name(parent->state));
}

static void storage(struct evaluation *e)
{
	const struct level *protection = record_protection(e->p, e->r);
	const struct level *ceiling = level_find(e->p, e->f->folder_ceiling);

	if (e->f->plaintext_at_rest && (e->classified || e->other))
		say(e, FINDING_STORAGE, e->f->today, "%s lies in clear",
		    e->other ? regime_name(e->r->regime) : name_of(e->level));
	else if (!text_is_empty(e->f->folder_ceiling) && e->r->state != RECORD_NONE &&
		 (!ceiling || protection->rank > ceiling->rank))
		say(e, FINDING_STORAGE, e->f->today, "%s in a folder for %.24s at most", name_of(protection),
		    e->f->folder_ceiling);
}

static void deadline(struct evaluation *e)
{
	enum deadline which;
	struct date due = due_deadline(e->p, e->r, &which);
	char day[11];

	if (date_is_set(due) && date_compare(e->f->today, due) > 0) {
		date_format(due, day);
		say(e, FINDING_DEADLINE, due, "%s: %s was due %s", record_state_name(e->r->state), deadline_name(which),
		    day);
	} else {
		late(e, FINDING_DEADLINE, &e->f->late_task);
	}
}

static void not_told(struct evaluation *e)
{
	late(e, FINDING_NOT_TOLD, &e->f->late_notice);
}

static void proposal_waits(struct evaluation *e)
{
	bool proposed = e->r->state == RECORD_PROPOSED;
	struct date from = proposed ? e->r->proposed_on : e->r->requested_on;
	int days = (int)(date_to_days(e->f->today) - date_to_days(from));
	struct date due = policy_deadline_of(e->p, from, proposed ? DEADLINE_PROPOSAL : DEADLINE_REQUEST);

	if ((proposed || e->r->request != ACT_NEW) && date_is_set(due) && date_compare(e->f->today, due) > 0)
		say(e, FINDING_PROPOSAL_WAITS, due, "waits for %d day%s", days, TEXT_S(days));
}

static void longest_term(struct evaluation *e)
{
	struct term cap = cap_of(e);
	const struct term *t = &e->what->term;
	char words[TERM_TEXT_MAX];

	if (!e->classified || !e->then->reason_at_longest_term || !text_is_empty(e->what->reason) ||
	    e->what->basis == BASIS_DERIVED)
		return;
	term_format_rule(t, words);
	if (policy_is_longest(e->then, t, item_then(e), &cap, start_of(e)))
		say(e, FINDING_LONGEST_TERM, e->r->decided_on, "%.100s is the longest allowed, and no reason is given",
		    words);
}

/* What other roles saw: a flag is a finding. */
static void seen(struct evaluation *e)
{
	const struct finding_facts *f = e->f;
	const struct {
		bool is;
		enum finding_code code;
		const char *evidence;
	} flags[] = {
	    {f->content_changed, FINDING_CONTENT_CHANGED, "the content is not the one that was decided"},
	    {f->plaintext_beside, FINDING_PLAINTEXT_BESIDE, "a plaintext of the same name lies beside the sealed file"},
	    {f->sealed_missing, FINDING_SEALED_MISSING, "the sealed file is not at its place"},
	    {f->kept_missing, FINDING_KEPT_MISSING, "the kept copy is not at its place"},
	    {f->unreadable, FINDING_UNREADABLE, "the file cannot be read"},
	    {f->foreign, FINDING_FOREIGN, "sealed, but not by this agent for this record"},
	    {f->other_hand, FINDING_OTHER_HAND, "saved by somebody else"},
	    {f->reread_differs, FINDING_REREAD, "declared not secret, and held for secret by who read it without knowing that"},
	    {f->unverified, FINDING_UNVERIFIED, "the register has no key that was good for this signature on its day"},
	};

	for (size_t i = 0; i < array_n(flags); i++)
		if (flags[i].is)
			say(e, flags[i].code, f->today, "%s", flags[i].evidence);
	if (e->p->open_minutes && f->open_minutes > e->p->open_minutes)
		say(e, FINDING_STILL_OPEN, f->today, "open for %u minute%s, allowed %u", f->open_minutes,
		    TEXT_S(f->open_minutes), e->p->open_minutes);
}

static void sort(struct finding *findings, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && findings[k - 1].code > findings[k].code; k--) {
			struct finding swap = findings[k];

			findings[k] = findings[k - 1];
			findings[k - 1] = swap;
		}
}

size_t finding_evaluate(const struct finding_facts *f, struct finding ret[FINDINGS_MAX])
{
	static const struct {
		void (*is)(struct evaluation *);
		bool judges; /* the decision by the rules of its day: not what another pack's rules decided */
	} conditions[] = {
	    {no_record, false},	     {incomplete, false},     {no_need, true},	       {above_or_below, true},
	    {not_classified, false}, {term_long, true},	      {term_missing, true},    {authority, true},
	    {procedure, true},	     {mark, false},	      {sources, false},	       {review, false},
	    {release, false},	     {scope, false},	      {not_propagated, false}, {storage, false},
	    {deadline, false},	     {proposal_waits, false}, {longest_term, true},    {seen, false},
	    {not_told, false},
	    {copies, false},
	    {together, false},
	};
	bool other = record_is_of_other_pack(f->policy, f->record);
	struct evaluation e = {.f = f, .p = f->policy, .r = f->record, .ret = ret};

	e.then = policy_on(f->policy, f->record->decided_on);
	e.what = record_classification(f->record);
	e.level = level_find(f->policy, e.what->level);
	e.item = e.what->basis == BASIS_ITEM && !other ? catalogue_find(&f->policy->catalogue, e.what->item) : NULL;
	e.source = level_for_protection(f->policy, f->source_level);
	e.classified = record_is_in_force(f->record) && (level_is_classified(e.level) || !e.level);
	if (record_is_in_force(f->record) && !e.classified && regime_is_other(f->record->regime))
		e.other = regime_holds(f->policy, f->record->regime, e.level);
	for (size_t i = 0; i < array_n(conditions); i++)
		if (!other || !conditions[i].judges)
			conditions[i].is(&e);
	sort(ret, e.n);
	return e.n;
}
