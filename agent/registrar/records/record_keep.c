/*
 * Many reviews answered "keep" at once: a named set of one's own, shown first, and only after a sample of it was opened
 * since its review began. Each record gets its own decision, its own entry, and is asked for authority by itself.
 */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/records/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MAX 1000 /* tasks of a person that are looked through */

struct kept {
	int64_t task;
	char number[STORE_NUMBER_MAX];
	uint32_t version; /* of the record that was looked at */
	uint8_t draw[SHA256_BYTES]; /* by this it comes into the sample or not */
	bool fits, is_sample, was_opened;
};

struct keeping {
	struct case_of *c;
	const char *item;
	const struct level *level; /* NULL: any */
	struct kept *at;
	size_t n, n_sample, n_opened, left; /* left: he may not decide them, or too many */
};

static int take_task(const struct store_task *t, void *arg)
{
	struct keeping *k = arg;
	struct kept *one = &k->at[k->n];

	if (!task_outcome_find(t->task.kind, "keep"))
		return 0;
	*one = (struct kept){.task = t->task.id};
	(void)snprintf(one->number, sizeof(one->number), "%s", t->task.number);
	return ++k->n == LOOK_MAX;
}

/* Of the set, and he may decide it. */
static int look(struct keeping *k, struct kept *one)
{
	const struct case_of *c = k->c;
	OWNED(record) struct record *record = NULL;
	struct authority_question question;
	struct authority_answer answer;
	char text[64];
	int status = store_record_load(c->r->store, one->number, &record);

	TRY(status);
	if (!record || !record_is_in_force(record) ||
	    (k->item && !text_equal(record->decided.item, k->item)) ||
	    (k->level && level_find(c->r->policy, record->decided.level) != k->level))
		return 0;
	case_question(c->r, c->person, record, ACT_REVIEW, NULL, &question);
	authority_check(&question, &answer);
	one->fits = answer.reason == AUTHORITY_GRANTED;
	one->version = record->version;
	k->left += !one->fits;
	(void)snprintf(text, sizeof(text), "classd-sample-v1 %lld", (long long)one->task);
	hmac_sha256(c->r->meta_key, bytes_of_text(text), one->draw);
	return store_has_read(c->r->store, one->number, c->person->person.id, one->task, &one->was_opened);
}

static int by_draw(const void *a, const void *b)
{
	return memcmp(((const struct kept *)a)->draw, ((const struct kept *)b)->draw, SHA256_BYTES);
}

/* The agent draws the sample, not who is to open it. */
static void draw(struct keeping *k)
{
	const struct review_rules rules = policy_reviews(k->c->r->policy);
	size_t sample;

	if (k->n > rules.bulk_max) {
		k->left += k->n - rules.bulk_max;
		k->n = rules.bulk_max;
	}
	sample = (k->n + rules.sample - 1) / rules.sample;
	qsort(k->at, k->n, sizeof(*k->at), by_draw);
	for (size_t i = 0; i < sample; i++) {
		k->at[i].is_sample = true;
		k->n_opened += k->at[i].was_opened;
	}
	k->n_sample = sample;
}

static int gather(struct keeping *k)
{
	const struct store_task_filter mine = {
	    .owner = k->c->person->person.id, .only_open = true, .limit = LOOK_MAX};
	size_t n = 0;
	int status = store_task_list(k->c->r->store, &mine, take_task, k);

	TRY(status);
	for (size_t i = 0; i < k->n; i++) {
		status = look(k, &k->at[i]);
		TRY(status);
		if (k->at[i].fits)
			k->at[n++] = k->at[i];
	}
	k->n = n;
	draw(k);
	return 0;
}

/* What was shown is what is kept: the tasks of the set, and no other, about records that are as they were. */
static void name_of_set(const struct keeping *k, char ret[2 * SHA256_BYTES + 1])
{
	uint8_t sum[SHA256_BYTES] = {0};

	for (size_t i = 0; i < k->n; i++) {
		OWN_MEM char *version = text_format(" %u ", (unsigned)k->at[i].version);
		const struct bytes parts[] = {bytes_of((const char *)sum, sizeof(sum)),
					      bytes_of((const char *)k->at[i].draw, SHA256_BYTES),
					      bytes_of_text(version ? version : "")};

		sha256_of_parts(parts, array_n(parts), sum);
	}
	text_hex(sum, sizeof(sum), ret);
}

static int keep_one(struct keeping *k, const struct kept *one, const char *reason)
{
	OWN_CASE struct case_of c = {.r = k->c->r, .call = k->c->call, .today = k->c->today, .person = k->c->person,
				     .borrows_person = true};
	int status = case_load(&c, one->number);

	if (status)
		return status;
	c.task = record_answer_json(&c, one->task, "keep", reason, NULL);
	return record_keep(&c);
}

static struct json *set_json(const struct keeping *k)
{
	struct json *list = json_array();

	for (size_t i = 0; i < k->n; i++) {
		struct json *to = json_object();

		json_set_int(to, "task", k->at[i].task);
		json_set_text(to, "number", k->at[i].number);
		json_set_bool(to, "sample", k->at[i].is_sample);
		json_set_bool(to, "opened", k->at[i].was_opened);
		json_append(list, to);
	}
	return list;
}

static int reply_set(struct keeping *k, const char *name, size_t kept)
{
	struct json *reply = json_object();

	json_set(reply, "tasks", set_json(k));
	json_set_text(reply, "set", name);
	json_set_int(reply, "to_open", (int64_t)(k->n_sample - k->n_opened));
	json_set_int(reply, "kept", (int64_t)kept);
	json_set_int(reply, "left", (int64_t)k->left);
	return api_reply(k->c->call, reply);
}

static int keep_set(struct keeping *k, const char *set, const char *reason)
{
	char name[2 * SHA256_BYTES + 1];
	int status = 0;

	name_of_set(k, name);
	if (!set)
		return reply_set(k, name, 0);
	if (!text_equal(set, name))
		return case_refuse(k->c, API_STATE, "set-differs", "look at it again: classctl review keep shows it",
				   "other reviews are in the set now than were shown; nothing was kept");
	if (k->n_opened < k->n_sample)
		return case_refuse(k->c, API_STATE, "sample-not-opened", "classctl review keep shows which; classctl open NUMBER",
				   "a sample of the set is opened first, and some of it was not since the review began");
	if (text_is_empty(reason) || !text_is_line(reason, 1000))
		return case_refuse(k->c, API_INPUT, "no-reason", "say in one line why, with --reason", "an answer has a reason");
	for (size_t i = 0; i < k->n && status == 0; i++)
		status = keep_one(k, &k->at[i], reason);
	return status == 0 ? reply_set(k, name, k->n) : status;
}

static int keep_all(struct case_of *c, struct json_view parameters)
{
	const char *level = json_get_text(parameters, "level");
	struct keeping k = {.c = c, .item = json_get_text(parameters, "item")};
	int status;

	k.level = level ? level_find(c->r->policy, level) : NULL;
	if (level && !k.level)
		return case_refuse(c, API_INPUT, "unknown-level", "classctl policy show lists the levels",
				   "the pack has no level of that name");
	k.at = calloc(LOOK_MAX, sizeof(*k.at));
	if (!k.at)
		return FAULT(ENOMEM, "reviews");
	status = gather(&k);
	if (status == 0)
		status = keep_set(&k, json_get_text(parameters, "set"), json_get_text(parameters, "reason"));
	free(k.at);
	return status;
}

int record_method_keep_all(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = keep_all(&c, api_parameters(call));
	return status < 0 ? status : 0;
}
