/* What waits for the caller, put together into sets of like cases. */
#include "registrar/records/decision_set.h"

#include "base/text.h"
#include "registrar/records/record_methods.h"
#include "registrar/store/store_decision_sets.h"
#include "registrar/store/store_tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MAX 500 /* proposals that are looked at */

struct waiting {
	char number[LOOK_MAX][STORE_NUMBER_MAX];
	size_t n;
};

static int note_waiting(const struct record *record, void *arg)
{
	struct waiting *w = arg;

	(void)snprintf(w->number[w->n++], sizeof(w->number[0]), "%s", record->number);
	return w->n == LOOK_MAX;
}

struct like_set {
	struct record *first; /* says what the others are like; borrowed from all */
	const struct record *records[SET_MAX]; /* borrowed, too */
	struct json *cases[SET_MAX];
	size_t n;
};

struct likes {
	struct case_of *c;
	struct record **all; /* owned */
	size_t n_all;
	struct like_set *sets;
	size_t n;
	struct json *alone;
};

static void likes_done(struct likes *l)
{
	for (size_t i = 0; i < l->n_all; i++)
		store_record_free(l->all[i]);
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->sets[i].n; k++)
			json_free(l->sets[i].cases[k]);
	free(l->all);
	free(l->sets);
	json_free(l->alone);
}

static int case_json(struct likes *l, const struct record *record, struct json **ret)
{
	struct labels_content content = {0};
	OWN_MEM char *name = NULL;
	char hex[2 * SHA256_BYTES + 1];
	bool opened = false;
	int status = labels_content_of(l->c->r, record->number, &content, &name);

	TRY(status);
	TRY(decision_set_was_opened(l->c, record->number, &opened));
	text_hex(content.digest, SHA256_BYTES, hex);
	*ret = json_object();
	json_set_text(*ret, "number", record->number);
	json_set_text(*ret, "title", record->title ? record->title : "");
	json_set_text(*ret, "drafter", record->drafter ? record->drafter : "");
	json_set_text(*ret, "reason", record->proposed.reason ? record->proposed.reason : "");
	json_set_text(*ret, "digest", status ? "" : hex);
	json_set_bool(*ret, "opened", opened);
	return 0;
}

static struct like_set *set_of(struct likes *l, struct record *record)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->sets[i].n < policy_sets(l->c->r->policy).most && decision_set_is_like(l->sets[i].first, record))
			return &l->sets[i];
	l->sets[l->n] = (struct like_set){.first = record};
	return &l->sets[l->n++];
}

static void say_alone(struct likes *l, const char *number, const char *why)
{
	struct json *to = json_object();

	json_set_text(to, "number", number);
	json_set_text(to, "why", why);
	json_append(l->alone, to);
}

static int look(struct likes *l, const char *number)
{
	struct case_of *c = l->c;
	OWNED(record) struct record *record = NULL;
	struct authority_question question;
	struct authority_answer answer;
	struct like_set *set;
	struct json *one = NULL;
	const char *why;
	int status = store_record_load(c->r->store, number, &record);

	TRY(status);
	if (!record)
		return 0;
	case_question(c->r, c->person, record, ACT_APPROVE, &record->proposed, &question);
	authority_check(&question, &answer);
	if (answer.reason != AUTHORITY_GRANTED)
		return 0;
	c->next = *record; /* for what is said of its values */
	why = decision_set_excludes(c, record);
	if (why) {
		say_alone(l, number, why);
		return 0;
	}
	TRY(case_json(l, record, &one));
	set = set_of(l, record);
	set->records[set->n] = record;
	set->cases[set->n++] = one;
	l->all[l->n_all++] = steal(&record);
	return 0;
}

/* ---- against the last one ---- */

static void differ(struct json *list, const char *what, const char *last, const char *now)
{
	struct json *to;

	if (text_equal(last ? last : "", now ? now : ""))
		return;
	to = json_object();
	json_set_text(to, "what", what);
	json_set_text(to, "last", last ? last : "");
	json_set_text(to, "now", now ? now : "");
	json_append(list, to);
}

static char *join(struct texts texts)
{
	OWN_BUFFER struct buffer b = {0};

	for (size_t i = 0; i < texts.n; i++)
		buffer_add_format(&b, "%s%s", i ? " " : "", texts.at[i]);
	return buffer_steal_text(&b);
}

static void differ_texts(struct json *list, const char *what, struct texts last, struct texts now)
{
	OWN_MEM char *was = join(last);
	OWN_MEM char *is = join(now);

	differ(list, what, was, is);
}

/* A size is another when one is more than twice the other. */
static int differ_size(struct registrar *r, struct json *list, const char *last, const char *now)
{
	struct labels_content was = {0}, is = {0};
	OWN_MEM char *was_name = NULL;
	OWN_MEM char *is_name = NULL;
	int known = labels_content_of(r, last, &was, &was_name);
	OWN_MEM char *from = NULL;
	OWN_MEM char *to = NULL;

	TRY(known);
	if (known == 0)
		known = labels_content_of(r, now, &is, &is_name);
	TRY(known);
	if (known || (was.length <= is.length * 2 && is.length <= was.length * 2))
		return 0;
	from = text_format("%llu", (unsigned long long)was.length);
	to = text_format("%llu", (unsigned long long)is.length);
	differ(list, "size", from, to);
	return 0;
}

/* What is each document's own; the title is shown of both. */
static int differ_case(struct likes *l, const struct record *last, const struct record *now, struct json *one)
{
	OWNED(json) struct json *list = json_array();

	if (last) {
		differ(list, "drafter", last->drafter, now->drafter);
		differ(list, "department", last->department, now->department);
		differ(list, "originator", last->originator, now->originator);
		differ(list, "carrier", last->carrier, now->carrier);
		differ_texts(list, "secret points", last->decided.secret_points, now->proposed.secret_points);
		TRY(differ_size(l->c->r, list, last->number, now->number));
	}
	json_set(one, "differs", steal(&list));
	return 0;
}

/* What all of the set have in common. */
static void differ_set(const struct record *last, const struct record *now, struct json *list)
{
	char was[TERM_TEXT_MAX], is[TERM_TEXT_MAX];

	term_format_cli(&last->decided.term, was);
	term_format_cli(&now->proposed.term, is);
	differ(list, "level", last->decided.level, now->proposed.level);
	differ(list, "term", was, is);
	differ(list, "type", last->type, now->type);
	differ_texts(list, "scope", last->decided.scope, now->proposed.scope);
}

static int load_last(struct likes *l, const struct record *record, struct record **ret)
{
	char number[STORE_NUMBER_MAX];
	int status = store_last_like(l->c->r->store, l->c->person->person.id, record->proposed.item, number);

	*ret = NULL;
	if (status == 0 && number[0])
		status = store_record_load(l->c->r->store, number, ret);
	return status < 0 ? status : 0;
}

static int compare(struct likes *l, struct like_set *set, struct json *to)
{
	OWNED(record) struct record *last = NULL;
	OWNED(json) struct json *differs = json_array();
	OWNED(json) struct json *cases = json_array();
	char on[11] = "";

	TRY(load_last(l, set->first, &last));
	if (last) {
		differ_set(last, set->first, differs);
		date_format(last->decided_on, on);
	}
	json_set_text(to, "last", last ? last->number : "");
	json_set_text(to, "last_title", last && last->title ? last->title : "");
	json_set_text(to, "last_on", on);
	json_set(to, "differs", steal(&differs));
	for (size_t i = 0; i < set->n; i++) {
		TRY(differ_case(l, last, set->records[i], set->cases[i]));
		json_append(cases, steal(&set->cases[i]));
	}
	json_set(to, "cases", steal(&cases));
	return 0;
}

static int set_json(struct likes *l, struct like_set *set, struct json *list)
{
	const struct record *record = set->first;
	const struct item *item = catalogue_find(&l->c->r->policy->catalogue, record->proposed.item);
	OWNED(json) struct json *to = json_object();
	struct json *scope = json_array();
	char term[TERM_TEXT_MAX];

	term_format_cli(&record->proposed.term, term);
	json_set_text(to, "item", record->proposed.item);
	json_set_text(to, "title", item ? item->title.official : "");
	json_set_text(to, "level", record->proposed.level);
	json_set_text(to, "term", term);
	json_set_text(to, "type", record->type ? record->type : "");
	for (size_t i = 0; i < record->proposed.scope.n; i++)
		json_append_text(scope, record->proposed.scope.at[i]);
	json_set(to, "scope", scope);
	TRY(compare(l, set, to));
	json_append(list, steal(&to));
	return 0;
}

static int reply_likes(struct likes *l)
{
	const struct set_rules rules = policy_sets(l->c->r->policy);
	OWNED(json) struct json *list = json_array();
	struct json *reply;

	for (size_t i = 0; i < l->n; i++)
		TRY(set_json(l, &l->sets[i], list));
	reply = json_object();
	json_set(reply, "sets", steal(&list));
	json_set(reply, "alone", steal(&l->alone));
	json_set_int(reply, "most", rules.most);
	json_set_int(reply, "sample", rules.open_one_in);
	return api_reply(l->c->call, reply);
}

static int gather(struct likes *l, struct waiting *w)
{
	const struct store_record_filter filter = {.states = 1u << RECORD_PROPOSED, .limit = LOOK_MAX};

	TRY(store_record_list(l->c->r->store, &filter, note_waiting, w));
	l->all = calloc(LOOK_MAX, sizeof(*l->all));
	l->sets = calloc(LOOK_MAX, sizeof(*l->sets));
	l->alone = json_array();
	if (!l->all || !l->sets)
		return FAULT(ENOMEM, "like cases");
	for (size_t i = 0; i < w->n; i++)
		TRY(look(l, w->number[i]));
	return reply_likes(l);
}

int record_method_like_cases(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	OWN_MEM struct waiting *w = calloc(1, sizeof(*w));
	struct likes l = {.c = &c};
	int status = w ? case_begin(r, call, &c) : FAULT(ENOMEM, "like cases");

	if (status)
		return status < 0 ? status : 0;
	status = gather(&l, w);
	likes_done(&l);
	return status;
}
