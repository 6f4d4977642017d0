/* What the sweep does about a record: it expires by law and date, its owner is asked, or a finding says that he was. */
#include "registrar/oversight/sweep_private.h"

#include "base/text.h"
#include "registrar/oversight/findings.h"
#include "registrar/records/tasks.h"
#include "registrar/store/record_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* By law and date only the record moves (I3): level, term and the file stay as they are. */
static int expire(struct sweep *s, const struct record *record)
{
	struct record next = *record;

	next.version = record->version + 1;
	next.state = RECORD_EXPIRED;
	next.request = ACT_NEW;
	next.next_review = (struct date){0};
	TRY(registrar_change(s->r, record_expire_entry(s->r, &next)));
	return findings_refresh(s->r, &next, NULL);
}

/* The review before the end is a task with an owner; undone, it ends all the same (DESIGN 9). */
static int ask_before_end(struct sweep *s, const struct record *record)
{
	bool opened = false;

	if (!s->report->rehearsal)
		TRY(tasks_ask(s->r, record, &(struct tasks_new){.kind = TASK_REVIEW_EXPIRY, .due = record->declassify_on},
			      &opened));
	s->report->acted += opened;
	s->report->skipped[SWEEP_SKIP_LEAD] += !opened;
	return 0;
}

/* The regular review has its day, and what the pack gives after it. */
static int ask_for_review(struct sweep *s, const struct record *record, struct findings_count *count)
{
	struct date until = policy_deadline_of(s->r->policy, record->next_review, DEADLINE_REVIEW);
	bool opened = false;

	TRY(tasks_ask(s->r, record,
		      &(struct tasks_new){.kind = TASK_REVIEW, .due = date_is_set(until) ? until : record->next_review},
		      &opened));
	count->opened += opened;
	return 0;
}

/* An event whose check date has come: has it happened? What has no end is looked at again. */
static int ask_for_event(struct sweep *s, const struct record *record, struct findings_count *count)
{
	enum task_kind kind = record->decided.term.kind == TERM_EVENT ? TASK_CONDITION : TASK_REVIEW;
	struct date on = date_is_set(record->check_on) ? record->check_on : record->decided.term.date;
	struct date until = policy_deadline_of(s->r->policy, on, DEADLINE_REVIEW);
	bool opened = false;

	TRY(tasks_ask(s->r, record, &(struct tasks_new){.kind = kind, .due = date_is_set(until) ? until : on}, &opened));
	count->opened += opened;
	return 0;
}

static int act_on(struct sweep *s, const struct record *record, const struct due *due)
{
	struct findings_count count = {0};
	int status;

	if (due->kind == DUE_TERM_ENDING) {
		return ask_before_end(s, record);
	}
	if (due->act == DUE_EXPIRE && s->suspect) {
		s->report->skipped[SWEEP_SKIP_CLOCK]++;
		return 0;
	}
	if (s->report->rehearsal) {
		s->report->acted += due->act != DUE_NOTIFY_ONLY;
		s->report->skipped[SWEEP_SKIP_ORIGINATOR] += due->act == DUE_NOTIFY_ONLY;
		return 0;
	}
	if (due->kind == DUE_REVIEW)
		TRY(ask_for_review(s, record, &count));
	if (due->kind == DUE_CHECK)
		TRY(ask_for_event(s, record, &count));
	status = due->act == DUE_EXPIRE ? expire(s, record) : findings_refresh(s->r, record, &count);
	TRY(status);
	if (status)
		s->report->failed++;
	else if (due->act == DUE_EXPIRE || count.opened || count.closed)
		s->report->acted++;
	else if (due->act == DUE_NOTIFY_ONLY)
		s->report->skipped[SWEEP_SKIP_ORIGINATOR]++;
	else
		s->report->skipped[SWEEP_SKIP_TOLD]++;
	return 0;
}

/* Who is to do something about it. */
static const char *owner_of(const struct record *record, enum due_kind kind)
{
	bool drafts = kind == DUE_DRAFT || kind == DUE_CHANGED || text_is_empty(record->responsible);

	return drafts ? record->drafter : record->responsible;
}

int sweep_on_record(const struct record *record, void *arg)
{
	struct sweep *s = arg;
	struct due due[DUE_KINDS];
	size_t n = due_of_record(s->r->policy, record, s->report->as_of, due);

	s->report->considered++;
	for (size_t i = 0; i < n; i++) {
		s->report->due++;
		sweep_tell(s, &(struct sweep_line){record->number, due_kind_name(due[i].kind),
						   record_state_name(record->state), due[i].on,
						   date_add_days(s->report->as_of, -due[i].days),
						   owner_of(record, due[i].kind)});
		TRY(act_on(s, record, &due[i]));
		if (due[i].act == DUE_EXPIRE && !s->report->rehearsal)
			break; /* what expired has nothing else that is due */
	}
	if (s->r->n_changes >= CHANGES_MAX)
		TRY(registrar_settle(s->r));
	return 0;
}
