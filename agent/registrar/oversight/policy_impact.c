/* A look at all records with two packs: what is touched is told, and made a finding of where that is asked for. */
#include "registrar/oversight/policy_impact.h"

#include "base/text.h"
#include "domain/policy_diff.h"
#include "library/policy_load.h"
#include "registrar/oversight/policy_methods.h"
#include "registrar/policy/reviews.h"
#include "registrar/policy/sets.h"
#include "registrar/records/case.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SLICE_RECORDS 100000 /* of one call: a few tenths of a second */
#define SLICE_TOUCHED 500    /* of one answer */
#define CHANGES_TOLD  2000

struct scan {
	const struct impact_sets *sets;
	const struct impact_take *take;
	struct impact_seen *seen;
};

/* An item belongs to the catalogue of the pack that the record was drafted or decided under. */
static int on_classified(const struct store_classified *c, void *arg)
{
	struct scan *s = arg;
	bool ours = text_is_empty(c->pack) || text_equal(c->pack, s->sets->before->id);
	const struct touched_facts facts = {
	    .level = c->level, .item = ours ? c->item : NULL, .term = c->term, .start = c->start};
	char why[TOUCHED_WHY_MAX];

	s->seen->considered++;
	s->seen->last = c->row;
	if (!policy_touches(s->sets->before, s->sets->after, &facts, why))
		return 0;
	return s->take->each(&(struct touched){c->number, c->level ? c->level : "", c->item ? c->item : "", why},
			     s->take->arg);
}

int policy_impact_scan(struct registrar *r, const struct impact_sets *sets, const struct impact_range *range,
		       const struct impact_take *take, struct impact_seen *ret)
{
	struct scan s = {sets, take, ret};

	*ret = (struct impact_seen){.last = range->after};
	return store_classified(r->store, range->after, range->most, on_classified, &s);
}

/* ---- methods ---- */

static bool is_name(const char *name)
{
	return !text_is_empty(name) && strlen(name) <= 64 && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == strlen(name);
}

/* The caller watches the records, or installs policies; else refused. */
static int may_look(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = r->policy ? case_begin(r, call, &c) : policy_refuse_none(call);

	if (status || !r->policy)
		return status < 0 ? status : CASE_ANSWERED;
	if (right_is_granted(c.person->person.roles, RIGHT_INSPECT) ||
	    right_is_granted(c.person->person.roles, RIGHT_POLICY_INSTALL))
		return 0;
	TRY(api_refuse(call, API_AUTHORITY, "wrong-role", "policy", right_belongs(RIGHT_INSPECT),
		       "this belongs to another part"));
	return CASE_ANSWERED;
}

/* A folder beside the running pack, or "set-41": a set that arrived. */
static int load_pack(struct registrar *r, const char *name, struct policy **ret, struct buffer *report)
{
	OWN_MEM char *path = text_format("%s/%s", role_setting(&r->role, "policy_dir", ""), name ? name : "");
	uint64_t id;

	if (!path)
		return FAULT(ENOMEM, "policy");
	if (!is_name(name))
		return POLICY_MISSING;
	if (text_starts(name, "set-") && text_to_u64(name + 4, INT64_MAX, &id) && id > 0)
		return sets_load(r, (int64_t)id, ret, NULL, report);
	return policy_load(path, role_setting(&r->role, "policy_overlay", NULL), ret, report);
}

static int load_named(struct registrar *r, struct api_call *call, const char *name, struct policy **ret)
{
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *first = NULL;
	int outcome = load_pack(r, name, ret, &report);

	TRY(outcome);
	if (outcome == 0)
		return 0;
	first = buffer_steal_text(&report);
	if (first && strchr(first, '\n'))
		*strchr(first, '\n') = '\0';
	if (outcome == POLICY_MISSING)
		TRY(api_refuse(call, API_NOT_FOUND, "no-pack", "pack",
			       "put its folder beside the running pack, in policy_dir of the configuration",
			       "there is no policy pack \"%.64s\"", name ? name : ""));
	else
		TRY(api_refuse(call, API_INPUT, "bad-pack", "pack", "classctl policy check says all",
			       "the policy pack has errors: %s", first ? first : ""));
	return CASE_ANSWERED;
}

struct listing {
	struct json *list;
	size_t n;
};

static void add_change(const struct policy_change *change, void *arg)
{
	struct listing *l = arg;
	struct json *row;

	if (l->n++ >= CHANGES_TOLD)
		return;
	row = json_object();
	json_set_text(row, "rule", change->path);
	json_set_text(row, "before", change->before);
	json_set_text(row, "after", change->after);
	json_append(l->list, row);
}

int policy_method_diff(struct registrar *r, struct api_call *call)
{
	struct json_view parameters = api_parameters(call);
	const char *from = json_get_text(parameters, "from");
	OWNED(policy) struct policy *before = NULL;
	OWNED(policy) struct policy *after = NULL;
	struct listing l = {0};
	struct json *reply;
	int status = may_look(r, call);

	if (!status && !text_is_empty(from))
		status = load_named(r, call, from, &before);
	if (!status)
		status = load_named(r, call, json_get_text(parameters, "to"), &after);
	if (status)
		return status < 0 ? status : 0;
	reply = json_object();
	l.list = json_array();
	policy_diff(before ? before : r->policy, after, add_change, &l);
	json_set(reply, "changes", l.list);
	json_set_int(reply, "total", (int64_t)l.n);
	return api_reply(call, reply);
}

/* Numbers are kept until the store is not read any more: a finding changes it. */
struct touched_list {
	struct json *rows;
	char numbers[SLICE_TOUCHED][STORE_NUMBER_MAX];
	char whys[SLICE_TOUCHED][TOUCHED_WHY_MAX];
	size_t n;
};

static int keep_touched(const struct touched *t, void *arg)
{
	struct touched_list *l = arg;
	struct json *row = json_object();

	json_set_text(row, "number", t->number);
	json_set_text(row, "level", t->level);
	json_set_text(row, "item", t->item);
	json_set_text(row, "why", t->why);
	json_append(l->rows, row);
	(void)snprintf(l->numbers[l->n], sizeof(l->numbers[0]), "%s", t->number);
	(void)snprintf(l->whys[l->n++], sizeof(l->whys[0]), "%s", t->why);
	return l->n == SLICE_TOUCHED;
}

static int open_reviews(struct registrar *r, const struct touched_list *l, int64_t *ret_opened)
{
	for (size_t i = 0; i < l->n; i++) {
		bool is_new;

		TRY(reviews_open(r, l->numbers[i], l->whys[i], &is_new));
		*ret_opened += is_new;
	}
	return 0;
}

int policy_method_impact(struct registrar *r, struct api_call *call)
{
	struct json_view parameters = api_parameters(call);
	const struct impact_range range = {json_get_int(parameters, "after", 0), SLICE_RECORDS};
	const char *from = json_get_text(parameters, "from");
	OWNED(policy) struct policy *before = NULL;
	OWNED(policy) struct policy *with = NULL;
	OWN_MEM struct touched_list *l = calloc(1, sizeof(*l));
	int64_t opened = 0;
	struct impact_seen seen;
	struct json *reply;
	int status = l ? may_look(r, call) : FAULT(ENOMEM, "impact of a policy");

	if (!status && !text_is_empty(from))
		status = load_named(r, call, from, &before);
	if (!status)
		status = load_named(r, call, json_get_text(parameters, "pack"), &with);
	if (status)
		return status < 0 ? status : 0;
	l->rows = json_array();
	status = policy_impact_scan(r, &(struct impact_sets){before ? before : r->policy, with}, &range,
				    &(struct impact_take){keep_touched, l}, &seen);
	if (status >= 0 && json_get_bool(parameters, "open"))
		status = open_reviews(r, l, &opened);
	reply = json_object();
	json_set(reply, "touched", l->rows);
	json_set_int(reply, "considered", seen.considered);
	json_set_int(reply, "next", l->n == SLICE_TOUCHED || seen.considered == SLICE_RECORDS ? seen.last : 0);
	json_set_int(reply, "opened", opened);
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(call, reply);
}
