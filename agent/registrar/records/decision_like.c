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
	struct json *cases;
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
		json_free(l->sets[i].cases);
	free(l->all);
	free(l->sets);
	json_free(l->alone);
}

static int take_submit(const struct store_event *event, void *arg)
{
	if (text_equal(event->act, "submit"))
		*(int64_t *)arg = (int64_t)event->seq;
	return 0;
}

static int case_json(struct likes *l, const struct record *record, struct json **ret)
{
	struct registrar *r = l->c->r;
	struct labels_content content = {0};
	OWN_MEM char *name = NULL;
	char hex[2 * SHA256_BYTES + 1];
	bool opened = false;
	int64_t since = 0;
	int status = labels_content_of(r, record->number, &content, &name);

	TRY(status);
	TRY(store_event_list(r->store, record->number, take_submit, &since));
	TRY(store_has_read(r->store, record->number, l->c->person->person.id, since, &opened));
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
		if (l->sets[i].n < SET_MAX && decision_set_is_like(l->sets[i].first, record))
			return &l->sets[i];
	l->sets[l->n] = (struct like_set){.first = record, .cases = json_array()};
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
	set->n++;
	json_append(set->cases, one);
	l->all[l->n_all++] = steal(&record);
	return 0;
}

static void differ(struct json *list, const char *what, const char *from, const char *to)
{
	OWN_MEM char *line = text_format("%s: %s, now %s", what, text_is_empty(from) ? "-" : from, text_is_empty(to) ? "-" : to);

	if (!text_equal(from ? from : "", to ? to : ""))
		json_append_text(list, line ? line : "");
}

static int last_json(struct likes *l, const struct record *record, struct json *to)
{
	OWNED(record) struct record *last = NULL;
	struct json *differs = json_array();
	char number[STORE_NUMBER_MAX], was[TERM_TEXT_MAX], is[TERM_TEXT_MAX];
	int status = store_last_like(l->c->r->store, l->c->person->person.id, record->proposed.item, number);

	if (status == 0 && number[0])
		status = store_record_load(l->c->r->store, number, &last);
	if (last) {
		term_format_cli(&last->decided.term, was);
		term_format_cli(&record->proposed.term, is);
		differ(differs, "level", last->decided.level, record->proposed.level);
		differ(differs, "term", was, is);
		differ(differs, "type", last->type, record->type);
		if (last->decided.scope.n != record->proposed.scope.n)
			differ(differs, "scope", "another", "of other size");
	}
	json_set_text(to, "last", last ? number : "");
	json_set(to, "differs", differs);
	return status < 0 ? status : 0;
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
	json_set(to, "cases", steal(&set->cases));
	TRY(last_json(l, record, to));
	json_append(list, steal(&to));
	return 0;
}

static int reply_likes(struct likes *l)
{
	OWNED(json) struct json *list = json_array();
	struct json *reply;

	for (size_t i = 0; i < l->n; i++)
		TRY(set_json(l, &l->sets[i], list));
	reply = json_object();
	json_set(reply, "sets", steal(&list));
	json_set(reply, "alone", steal(&l->alone));
	json_set_int(reply, "most", SET_MAX);
	json_set_int(reply, "sample", SET_SAMPLE);
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
