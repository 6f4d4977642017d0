/* Facts only: every condition stands in domain/finding_evaluate. What is not known is left unset and says nothing. */
#include "registrar/oversight/findings_facts.h"

#include "base/text.h"
#include "domain/request.h"
#include "domain/scope.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"
#include "registrar/records/case.h"
#include "registrar/store/store_custody.h"
#include "registrar/store/store_tasks.h"

#include <string.h>

/* What decided it; records from before that was kept tell it by their state. */
static enum act act_of(const struct record *record)
{
	if (record->decision != ACT_NEW)
		return record->decision;
	return record->state == RECORD_RELEASED ? ACT_RELEASE : ACT_APPROVE;
}

/* A state in which that act was possible. */
static enum record_state state_before(enum act act)
{
	if (act == ACT_ANSWER)
		return RECORD_PROVISIONAL;
	if (act == ACT_SETTLE)
		return RECORD_DISPUTED;
	if (act == ACT_PUBLISH)
		return RECORD_RELEASED;
	return act == ACT_ORDER || act == ACT_MET || request_kind_of(act) ? RECORD_ISSUED : RECORD_PROPOSED;
}

/* A sweep asks about records that one person decided, thousands of times. STORE_NOT_FOUND */
static int person_of(struct registrar *r, const char *id, const struct store_person **ret)
{
	struct store_person *found = NULL;
	int status;

	if (!r->last_person || !text_equal(r->last_person->person.id, id)) {
		status = store_person_load(r->store, id, &found);
		if (status)
			return status;
		store_person_free(r->last_person);
		r->last_person = found;
	}
	*ret = r->last_person;
	return 0;
}

int findings_authority(struct registrar *r, const struct record *record, struct authority_answer *ret, bool *ret_known)
{
	const struct store_person *person = NULL;
	struct authority_question question;
	struct record asked = *record;
	enum act act = act_of(record);
	int status;

	*ret_known = false;
	if (!record->decided_as || !record->responsible)
		return 0;
	status = person_of(r, record->responsible, &person);
	TRY(status);
	if (status)
		return 0;
	asked.state = state_before(act);
	asked.request = request_kind_of(act) && asked.requester ? act : ACT_NEW;
	case_question(r, person, &asked, act, &record->decided, &question);
	question.on = question.today = record->decided_on;
	question.key = record->decider_key;
	authority_check(&question, ret);
	ret->by = NULL; /* of the person that may be freed any time */
	ret->text = NULL;
	*ret_known = true;
	return 0;
}

static int take_authority(struct registrar *r, const struct record *record, struct findings_facts *f)
{
	bool is_known = false;

	TRY(findings_authority(r, record, &f->authority, &is_known));
	f->facts.authority = is_known ? &f->authority : NULL;
	return 0;
}

/* A decision whose key nobody of the register held on its day: recovered, and not to be checked. */
static int take_key(struct registrar *r, const struct record *record, struct findings_facts *f)
{
	OWNED(store_person) struct store_person *holder = NULL;
	char day[11];
	int status;

	if (text_is_empty(record->decider_key) || !record_is_in_force(record))
		return 0;
	status = store_person_by_key(r->store, record->decider_key, &holder);
	TRY(status);
	date_format(record->decided_on, day);
	f->facts.unverified = status == STORE_NOT_FOUND || store_key_fault(holder, record->decider_key, day);
	return 0;
}

/* What would follow from the sources as they are now, and the first of them that moved since. */
static int take_sources(struct registrar *r, const struct record *record, struct findings_facts *f)
{
	const struct texts sources = record_classification(record)->sources;
	const struct level *highest = NULL;

	for (size_t i = 0; i < sources.n; i++) {
		OWNED(record) struct record *source = NULL;
		const struct record *one;
		struct classification carried;
		int status = store_record_load_bare(r->store, sources.at[i], &source);

		TRY(status);
		if (status)
			continue;
		one = source;
		proposal_from_sources(r->policy, &one, 1, f->facts.today, &carried);
		highest = level_max(highest, level_for_protection(r->policy, carried.level));
		if (f->facts.source_term.kind == TERM_NONE ||
		    term_compare(&carried.term, &f->facts.source_term, f->facts.today, r->policy->leap) > 0)
			f->facts.source_term = carried.term;
		if (!f->parent && (record_is_ended(source) || date_compare(source->decided_on, record->decided_on) > 0))
			f->facts.parent = f->parent = steal(&source);
	}
	f->facts.source_level = highest ? highest->code : NULL;
	return 0;
}

static int take_notice(const struct store_event *event, void *arg)
{
	*(bool *)arg |= text_equal(event->act, "mark-notice");
	return 0;
}

/* The mark that the decision wrote, and the one that was read: neither follows who is admitted or dropped beside the
 * decision. */
static int take_scope(struct registrar *r, const struct record *record, const char *mark, struct findings_facts *f)
{
	const struct texts scope = record_classification(record)->scope;
	const char *shown[2 * SCOPE_LINES_MAX];
	bool differs;
	size_t n;

	if (text_is_empty(mark) || !r->policy->marks.scope || !record_is_in_force(record))
		return 0;
	n = scope_shown(record, scope, scope, shown, array_n(shown));
	TRY(mark_scope_differs(r->policy, bytes_of_text(mark), (struct texts){shown, n}, &differs));
	f->facts.mark_scope_differs |= differs;
	return 0;
}

/* The mark in a document that lies in clear. A day that it names stays that of the decision or of the issue. */
static int take_mark(struct registrar *r, const struct record *record, const struct store_seen *seen,
		     struct findings_facts *f)
{
	struct mark_found mark = {0};
	bool noticed = false;

	enum regime shown = regime_of_mark(r->policy, bytes_of_text(seen->mark));
	bool is_other = regime_is_other(record->regime) && record->state != RECORD_UNCLASSIFIED;

	f->facts.mark_seen = seen->mark && mark_scan(r->policy, bytes_of_text(seen->mark), &mark, 1) > 0;
	f->facts.mark_regime = f->facts.mark_seen && level_is_classified(mark.level) ? REGIME_STATE_SECRET : shown;
	f->facts.mark_shows = f->facts.mark_regime != REGIME_NONE;
	if (record->state == RECORD_UNCLASSIFIED) /* what is no secret bears the mark of none (domain.md R62) */
		return 0;
	if (is_other && shown == record->regime && !f->facts.mark_seen) {
		f->facts.mark_seen = true;
		f->facts.mark_differs =
		    regime_mark_differs(regime_rule_of(r->policy, shown), bytes_of_text(seen->mark),
					record_classification(record)->categories);
	}
	if (is_other && f->facts.mark_shows)
		return 0;
	if (!is_other && f->facts.mark_seen) {
		f->facts.mark_defects = mark.defects;
		f->facts.mark_differs = mark_differs(r->policy, &mark, record_classification(record),
						     record->decided_on, record->issued_on);
		return take_scope(r, record, seen->mark, f);
	}
	if (f->facts.mark_shows || !mark_is_carried(seen->type))
		return 0;
	TRY(store_event_list(r->store, record->number, take_notice, &noticed)); /* that stands for it */
	f->facts.mark_missing = !noticed;
	return 0;
}

/* The text that lies in clear, as an inspector read it: the mark in it, and the item whose phrases it meets. */
static int take_text(struct registrar *r, const struct record *record, const struct store_seen *seen,
		     struct findings_facts *f)
{
	const struct level *level = level_find(r->policy, record_classification(record)->level);
	const struct item *item = catalogue_find(&r->policy->catalogue, seen->item ? seen->item : "");

	if (!seen->inspected || !seen->sha256)
		return 0;
	f->knows_text = true;
	if (item && (!level || item->level->rank > level->rank))
		f->facts.signalled_item = arena_text(&f->texts, item->id);
	if (record->state == RECORD_UNCLASSIFIED ||
	    (record_is_in_force(record) && (level_is_classified(level) || regime_is_other(record->regime))))
		return take_mark(r, record, seen, f);
	return 0;
}

struct checkout_of {
	struct registrar *r;
	const char *number;
	struct arena *a;
	struct store_seen *seen;
	bool found;
};

static int take_checkout(const struct store_checkout *checkout, void *arg)
{
	struct checkout_of *of = arg;
	int status;

	if (of->found || !text_equal(checkout->number, of->number))
		return 0;
	status = look_seen(of->r->store, checkout->root, checkout->path, of->a, of->seen);
	TRY(status);
	of->found = status == 0;
	return 0;
}

/* "plan.docx" for "plan.docx.age"; NULL: the sealed file hides its name. */
static const char *plain_name(const struct store_document *d, struct arena *a)
{
	return text_ends(d->path, ".age") ? arena_bytes(a, bytes_of(d->path, strlen(d->path) - strlen(".age"))) : NULL;
}

static int take_sealed(struct registrar *r, const struct record *record, const struct store_document *d,
		       struct findings_facts *f)
{
	struct checkout_of checkout = {r, record->number, &f->texts, &(struct store_seen){0}, false};
	const char *plain = plain_name(d, &f->texts);
	struct store_seen beside = {0};
	enum sealing now = jobs_sealing(r, record->number, NULL);
	int status = plain ? look_seen(r->store, d->root, plain, &f->texts, &beside) : STORE_NOT_FOUND;

	TRY(status);
	f->facts.plaintext_beside = status == 0 && !beside.ours && beside.kind == SEEN_REGULAR &&
				    (now == SEALING_SEALED || now == SEALING_FAILED);
	TRY(store_checkout_list(r->store, NULL, take_checkout, &checkout));
	return checkout.found ? take_text(r, record, checkout.seen, f) : 0;
}

static int take_file(struct registrar *r, const struct record *record, struct findings_facts *f)
{
	struct store_document d = {0};
	struct store_seen seen = {0};
	enum sealing now;
	int status = look_document(r->store, record->number, &f->texts, &d);

	TRY(status);
	if (status)
		return 0;
	if (d.sealed)
		return take_sealed(r, record, &d, f);
	now = jobs_sealing(r, record->number, NULL);
	f->facts.plaintext_at_rest = now == SEALING_NONE || now == SEALING_FAILED;
	status = look_seen_by_file(r->store, d.dev, d.ino, &f->texts, &seen);
	TRY(status);
	return status == 0 ? take_text(r, record, &seen, f) : 0;
}

static int take_late(const struct store_task *t, void *arg)
{
	struct findings_facts *f = arg;
	enum finding_code code = task_finding(t->task.kind);
	struct late_task *late = code == FINDING_REVIEW_OVERDUE ? &f->facts.late_review
				 : code == FINDING_NOT_TOLD	? &f->facts.late_notice
								: &f->facts.late_task;

	if (!late->kind)
		*late = (struct late_task){task_kind_name(t->task.kind), t->task.due};
	return 0;
}

static int take_tasks(struct registrar *r, const struct record *record, struct findings_facts *f)
{
	const struct store_task_filter late = {.number = record->number, .late = f->facts.today};
	int status = store_task_list(r->store, &late, take_late, f);

	return status < 0 ? status : 0;
}

/* The first who was told although he was not in scope. */
static int take_outsider(const struct store_knower *k, void *arg)
{
	struct findings_facts *f = arg;

	f->facts.reader_out_of_scope = arena_text(&f->texts, k->person ? k->person : k->name ? k->name : "somebody");
	return 1;
}

static int take_knowers(struct registrar *r, const struct record *record, struct findings_facts *f)
{
	const struct store_knower_filter outside = {.number = record->number, .outside = true, .limit = 1};
	int status = store_knower_list(r->store, &outside, take_outsider, f);

	return status < 0 ? status : 0;
}

/* The first copy that is not accounted for. */
static int take_copy(const struct store_copy *k, void *arg)
{
	struct findings_facts *f = arg;
	char today[11];

	date_format(f->facts.today, today);
	if (f->facts.late_copy.n || !store_copy_is_late(k, today))
		return 0;
	f->facts.late_copy.n = k->n;
	f->facts.late_copy.holder = arena_text(&f->texts, k->person ? k->person : k->name ? k->name : "-");
	f->facts.late_copy.state = arena_text(&f->texts, k->state);
	f->facts.late_copy.due = arena_text(&f->texts, text_equal(k->state, "sent") ? k->receipt_due : k->due);
	return 0;
}

static int take_reread(const struct store_task *t, void *arg)
{
	struct findings_facts *f = arg;

	f->facts.reread_differs =
	    f->facts.reread_differs || (t->task.kind == TASK_REREAD && text_equal(t->outcome, "secret"));
	return 0;
}

/* Whether somebody who read it once more came to another answer than the one that stands. */
static int take_rereads(struct registrar *r, const struct record *record, struct findings_facts *f)
{
	const struct store_task_filter all = {.number = record->number};
	int status = record->state == RECORD_UNCLASSIFIED ? store_task_list(r->store, &all, take_reread, f) : 0;

	return status < 0 ? status : 0;
}

int findings_facts_gather(struct registrar *r, const struct record *record, struct findings_facts *ret)
{
	*ret = (struct findings_facts){.facts = {.policy = r->policy,
						 .record = record,
						 .today = registrar_today(r),
						 .content_changed = record->state == RECORD_CHANGED}};
	TRY(take_tasks(r, record, ret));
	TRY(take_rereads(r, record, ret));
	TRY(take_authority(r, record, ret));
	TRY(store_copy_list(r->store, record->number, NULL, take_copy, ret));
	if (record_is_ended(record))
		return 0;	  /* what is over is asked only about itself */
	if (record->admissions.n) /* else it is that of the decision */
		TRY(take_scope(r, record, record->mark, ret));
	TRY(take_key(r, record, ret));
	TRY(take_knowers(r, record, ret));
	TRY(take_sources(r, record, ret));
	ret->facts.open_minutes = jobs_open_minutes(r, record->number);
	if (record->state != RECORD_DRAFT && record->state != RECORD_PROPOSED) /* those are still being written */
		TRY(take_file(r, record, ret));
	return arena_check(&ret->texts);
}

void findings_facts_done(struct findings_facts *f)
{
	store_record_free(f->parent);
	arena_done(&f->texts);
}
