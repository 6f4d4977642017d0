/* What falls due, page by page: of what kind, whose it is, and who has been told of it by now. */
#include "base/text.h"
#include "registrar/api/rows.h"
#include "registrar/oversight/caller.h"
#include "registrar/oversight/sweep.h"
#include "registrar/oversight/told.h"
#include "registrar/records/case.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DUE_MAX 200000 /* lines that are kept until they are shown */

/* Numbers, levels and dates of a record are for its drafter, its responsible person and the office (DESIGN 1). */
bool oversight_sees(struct registrar *r, const struct caller *caller, const char *number)
{
	OWNED(record) struct record *record = NULL;
	const struct store_person *me = caller->person;
	struct case_of c = {.r = r, .person = caller->person, .today = registrar_today(r)};

	if (!me)
		return false;
	if (right_is_granted(me->person.roles, RIGHT_INSPECT))
		return true;
	if (store_record_load(r->store, number, &record))
		return false;
	return case_sees(&c, record);
}

struct json *oversight_line_json(const struct sweep_line *line)
{
	struct json *to = json_object();

	json_set_text(to, "number", line->number);
	json_set_text(to, "kind", line->kind);
	json_set_text(to, "what", line->what);
	json_set_date(to, "date", line->on);
	json_set_text(to, "owner", line->owner ? line->owner : "");
	return to;
}

/* ---- Due ---- */

/* What a rehearsal found, to be shown page by page to whoever may see it then. */
struct due_line {
	struct due_line *next;
	struct sweep_line line;
};

struct due_count {
	const char *kind;
	int64_t n, late;
};

#define KINDS_MAX 32

struct due_list {
	struct rows rows;
	bool mine;
	struct due_count counts[KINDS_MAX]; /* of what was shown */
	size_t n_counts;
	struct arena texts;
	struct due_line *first, **last; /* not looked at yet */
	int64_t n;
	bool is_cut;
	struct sweep *sweep; /* the rehearsal that finds them; NULL: it is over */
};

static void keep_line(const struct sweep_line *line, void *arg)
{
	struct due_list *d = arg;
	struct due_line *kept;

	d->is_cut = d->is_cut || d->n >= DUE_MAX;
	kept = d->is_cut ? NULL : arena_alloc(&d->texts, sizeof(*kept));
	if (!kept)
		return; /* without memory the arena says so */
	kept->line = (struct sweep_line){.number = arena_text(&d->texts, line->number ? line->number : ""),
					 .kind = arena_text(&d->texts, line->kind),
					 .what = arena_text(&d->texts, line->what),
					 .on = line->on,
					 .day = line->day,
					 .owner = arena_text(&d->texts, line->owner ? line->owner : "")};
	*d->last = kept;
	d->last = &kept->next;
	d->n++;
}

static void due_free(void *arg)
{
	struct due_list *d = arg;

	rows_done(&d->rows);
	arena_done(&d->texts);
	sweep_free(d->sweep);
	free(d);
}

static void count(struct due_list *d, const struct sweep_line *line, bool late)
{
	size_t i = 0;

	while (i < d->n_counts && !text_equal(d->counts[i].kind, line->kind))
		i++;
	if (i == KINDS_MAX)
		return;
	if (i == d->n_counts)
		d->counts[d->n_counts++].kind = line->kind;
	d->counts[i].n++;
	d->counts[i].late += late;
}

static struct json *counts_json(const struct due_list *d)
{
	struct json *list = json_array();

	for (size_t i = 0; i < d->n_counts; i++) {
		struct json *to = json_object();

		json_set_text(to, "kind", d->counts[i].kind);
		json_set_int(to, "n", d->counts[i].n);
		json_set_int(to, "late", d->counts[i].late);
		json_append(list, to);
	}
	return list;
}

static int send_due(struct due_list *d, struct api_call *call)
{
	struct json *reply;

	if (!rows_is_over(&d->rows))
		return rows_send(&d->rows, call);
	reply = rows_reply(&d->rows);
	json_set_bool(reply, "truncated", d->is_cut || d->first);
	json_set(reply, "counts", counts_json(d));
	return api_reply(call, reply);
}

static int by_day(const void *a, const void *b)
{
	const struct sweep_line *one = &(*(struct due_line *const *)a)->line,
				*other = &(*(struct due_line *const *)b)->line;
	int result = date_compare(one->on, other->on);

	return result ? result : strcmp(one->number, other->number);
}

/* The sweep goes record by record; people ask what comes first. */
static int sort_lines(struct due_list *d)
{
	OWN_MEM struct due_line **all = calloc((size_t)d->n + 1, sizeof(struct due_line *));
	size_t n = 0;

	if (!all)
		return FAULT(ENOMEM, "what is due");
	for (struct due_line *line = d->first; line; line = line->next)
		all[n++] = line;
	qsort(all, n, sizeof(struct due_line *), by_day);
	d->last = &d->first;
	for (size_t i = 0; i < n; i++) {
		*d->last = all[i];
		d->last = &all[i]->next;
	}
	*d->last = NULL;
	return 0;
}

/* A step of the rehearsal; nothing is said before it is over. */
static int find_due(struct registrar *r, struct api_call *call, struct due_list *d)
{
	bool done = false;

	if (!r->policy || sweep_step(d->sweep, &done) || arena_check(&d->texts))
		return api_refuse(call, API_FAILED, "due-failed", "store", "classctl status",
				  "the list could not be made");
	if (!done)
		return 0;
	sweep_free(d->sweep);
	d->sweep = NULL;
	return sort_lines(d);
}

/* His own, and what has come to him because its day nears or is over. */
static bool is_for(struct registrar *r, const struct caller *c, const struct sweep_line *line)
{
	const struct person *me = c->person ? &c->person->person : NULL;

	return me && (text_equal(line->owner, me->id) || told_to(r, me, line) != ESCALATION_NOBODY);
}

static void show(struct registrar *r, const struct caller *c, struct due_list *d, const struct sweep_line *line)
{
	struct date today = registrar_today(r);
	enum escalation told = escalation_at(r->policy, line->day, today);
	struct json *row;

	if (d->mine ? !is_for(r, c, line) : !oversight_sees(r, c, line->number))
		return;
	row = oversight_line_json(line);
	json_set_text(row, "told", escalation_name(told));
	rows_add(&d->rows, row);
	count(d, line, date_compare(line->day, today) < 0);
}

static int next_due(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CALLER struct caller c = {NULL};
	struct due_list *d = arg;
	int status = caller_of(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (!caller_has(&c, RIGHT_QUEUE) && !caller_has(&c, RIGHT_FINDINGS))
		return caller_refuse(call);
	if (d->sweep)
		return find_due(r, call, d);
	rows_begin(&d->rows);
	while (d->first && rows_wanted(&d->rows) > 0) {
		show(r, &c, d, &d->first->line);
		d->first = d->first->next;
		if (rows_next(&d->rows))
			break;
	}
	return send_due(d, call);
}

int oversight_due(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_due, due_free};
	OWN_CALLER struct caller c = {NULL};
	const char *text = json_get_text(api_parameters(call), "until");
	bool mine = json_get_bool(api_parameters(call), "mine");
	struct date until = registrar_today(r);
	struct due_list *d;
	int status;

	if (mine && r->policy) /* he is told ahead */
		until = date_add_days(until, policy_escalation(r->policy).owner_before);
	status = caller_of(r, call, &c);
	if (status)
		return status < 0 ? status : 0;
	if (!caller_has(&c, RIGHT_QUEUE) && !caller_has(&c, RIGHT_FINDINGS))
		return caller_refuse(call);
	if (text && !date_parse(text, &until))
		return api_refuse(call, API_INPUT, "bad-date", "until", "write it as 2037-01-01",
				  "there is no day \"%s\"", text);
	d = calloc(1, sizeof(*d));
	if (!d)
		return FAULT(ENOMEM, "due");
	d->last = &d->first;
	d->mine = mine;
	rows_init(&d->rows, call, "lines", 0);
	if (sweep_new(r, &(struct sweep_order){until, keep_line, d, true}, &d->sweep)) {
		due_free(d);
		return FAULT(ENOMEM, "due");
	}
	return api_stream(call, &pages, d);
}
