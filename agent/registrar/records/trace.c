/* Walking the journal. The links that come of it: trace_links.c. */
#include "registrar/records/trace_private.h"

#include "base/text.h"
#include "domain/due.h"
#include "registrar/journal/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_BYTES ((uint64_t)2 << 20)

static void add_person(struct trace *t, const char *id)
{
	if (text_is_empty(id) || strlen(id) >= sizeof(t->person[0]))
		return;
	for (size_t i = 0; i < t->n_persons; i++)
		if (text_equal(t->person[i], id))
			return;
	if (t->n_persons < TRACE_PERSONS)
		(void)snprintf(t->person[t->n_persons++], sizeof(t->person[0]), "%s", id);
}

static int add_persons(struct trace *t, const struct record *record)
{
	for (uint32_t v = 1; v <= record->version; v++) {
		OWNED(record) struct record *then = NULL;
		int status = store_record_load_version(t->r->store, record->number, v, &then);

		TRY(status);
		if (!then)
			continue;
		add_person(t, then->drafter);
		add_person(t, then->responsible);
	}
	return 0;
}

int trace_new(struct registrar *r, const struct record *record, struct trace **ret)
{
	OWNED(trace) struct trace *t = calloc(1, sizeof(*t));
	int status;

	if (!t)
		return FAULT(ENOMEM, "trace");
	t->r = r;
	t->at.tip = chain_start;
	t->sweeps = json_array();
	(void)snprintf(t->number, sizeof(t->number), "%s", record->number);
	status = store_open(":memory:", &t->copy);
	TRY(status);
	if (status)
		return FAULT(ENOMEM, "a store in memory");
	store_set_meta_key(t->copy, r->meta_key);
	TRY(add_persons(t, record));
	*ret = steal(&t);
	return 0;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	store_close(t->copy);
	buffer_done(&t->acts);
	json_free(t->sweeps);
	free(t);
}

/* ---- one entry ---- */

static bool is_about(const struct trace *t, struct json_view entry, const char **ret_number)
{
	const char *id = json_get_text(entry, "id");
	const char *number = json_get_text(entry, "number");

	*ret_number = number ? number : json_get_text(json_get(entry, "record"), "number");
	if (text_equal(*ret_number, t->number))
		return true;
	for (size_t i = 0; !*ret_number && id && i < t->n_persons; i++)
		if (text_equal(t->person[i], id))
			return true;
	return false;
}

static void copy_day(struct json_view entry, char ret[11])
{
	const char *time = json_get_text(entry, "t");

	(void)snprintf(ret, 11, "%.10s", time ? time : "");
}

static bool proposes(enum act act)
{
	return act == ACT_SUBMIT || act == ACT_DECLARE || act == ACT_REQUEST_CHANGE || act == ACT_REQUEST_EXTEND ||
	       act == ACT_REQUEST_RELEASE;
}

static bool ends_asking(enum act act)
{
	return act == ACT_RETURN || act == ACT_WITHDRAW || act == ACT_REFUSE;
}

static bool decides(enum act act)
{
	static const enum act acts[] = {ACT_DECLARE, ACT_APPROVE, ACT_CORRECT, ACT_CHANGE,	  ACT_EXTEND,
					ACT_RELEASE, ACT_SETTLE,  ACT_ORDER,   ACT_REFER_UNCLEAR, ACT_ANSWER};

	for (size_t i = 0; i < array_n(acts); i++)
		if (acts[i] == act)
			return true;
	return false;
}

static void note_step(struct trace *t, struct json_view entry)
{
	const char *name = json_get_text(entry, "act");
	const char *state = json_get_text(json_get(entry, "record"), "state");
	struct trace_step step = {.seq = (uint64_t)json_get_int(entry, "seq", 0),
				  .version = (uint32_t)json_get_int(json_get(entry, "record"), "version", 0)};

	if (!name || !act_find(name, &step.act))
		return;
	copy_day(entry, step.day);
	if (proposes(step.act) || ends_asking(step.act))
		t->asked = proposes(step.act) ? step : (struct trace_step){0};
	if (!decides(step.act) || (step.act == ACT_DECLARE && !text_equal(state, "unclassified")))
		return;
	t->decided = step;
	if (t->asked.seq)
		t->proposed = t->asked;
	t->asked = (struct trace_step){0};
}

/* What the agent does by itself about what is due, a sweep tells of afterwards. */
static void note_act(struct trace *t, struct json_view entry)
{
	static const char *const ops[] = {"expire", "finding", "task"};
	const char *op = json_get_text(entry, "op");
	char day[11];

	copy_day(entry, day);
	if (!text_equal(json_get_text(entry, "actor"), "-") || !t->due[0] || strcmp(t->due, day) > 0)
		return;
	for (size_t i = 0; i < array_n(ops); i++)
		if (text_equal(op, ops[i]))
			buffer_add_format(&t->acts, "%s%s %lld", t->acts.n ? ", " : "", op,
					  (long long)json_get_int(entry, "seq", 0));
}

/* The index of what is due follows the running pack without an entry of its own (dues.c). */
static int note_pack(struct trace *t, struct json_view entry)
{
	OWNED(record) struct record *record = NULL;
	const struct policy *p = t->r->policy;
	int status;

	if (!p || !text_equal(json_get_text(entry, "pack"), p->id) ||
	    !text_equal(json_get_text(entry, "version"), p->version))
		return 0;
	status = store_record_load(t->copy, t->number, &record);
	TRY(status);
	if (record)
		date_format(due_first(p, record), t->due);
	return 0;
}

static void note_sweep(struct trace *t, uint64_t seq, struct json_view entry)
{
	const char *as_of = json_get_text(entry, "as_of");
	bool is_due = as_of && t->due[0] && strcmp(t->due, as_of) <= 0;
	OWN_MEM char *acts = t->acts.n ? text_format("%.*s", (int)t->acts.n, (const char *)t->acts.at) : NULL;
	OWN_MEM char *line = NULL;

	t->n_all++;
	buffer_clear(&t->acts);
	if ((!is_due && !acts) || t->n_sweeps++ >= TRACE_SWEEPS)
		return;
	line = text_format("%s, entry %llu: considered%s%s", as_of ? as_of : "-", (unsigned long long)seq,
			   acts ? "; " : ", nothing new to do", acts ? acts : "");
	check_add(t->sweeps, "sweep", CHECK_OK, line);
}

static int apply(struct trace *t, struct json_view entry, const char *number)
{
	struct json_view due = json_get(entry, "due");
	const char *op = json_get_text(entry, "op");
	int status = apply_entry(t->copy, entry);

	TRY(status); /* what could not be applied shows as a difference */
	t->n_entries++;
	if (!number)
		return 0;
	note_act(t, entry);
	if (text_equal(op, "record"))
		note_step(t, entry);
	if (text_equal(op, "record") || text_equal(op, "expire") || text_equal(op, "due"))
		(void)snprintf(t->due, sizeof(t->due), "%s", json_as_text(due) ? json_as_text(due) : "");
	return 0;
}

static int on_entry(uint64_t seq, struct bytes line, struct json_view entry, void *arg)
{
	struct trace *t = arg;
	const char *op = json_get_text(entry, "op");
	const char *number;

	(void)line;
	if (text_equal(op, "sweep"))
		note_sweep(t, seq, entry);
	if (text_equal(op, "policy"))
		TRY(note_pack(t, entry));
	return is_about(t, entry, &number) ? apply(t, entry, number) : 0;
}

int trace_step(struct trace *t, bool *ret_done)
{
	int status = journal_walk(t->r->journal, &t->at, STEP_BYTES, on_entry, t);

	TRY(status);
	t->is_broken = status == JOURNAL_DAMAGED;
	*ret_done = status != 0;
	return 0;
}
