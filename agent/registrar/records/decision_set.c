#include "registrar/records/decision_set.h"

#include "base/text.h"
#include "library/envelope.h"
#include "library/signature.h"
#include "registrar/records/record_methods.h"
#include "registrar/store/store_tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGREED_MAX     8
#define AGREED_MINUTES 30

/* Sets that were agreed on and wait for their decisions; gone with the process, and then agreed on anew. */
struct decision_sets {
	struct agreed {
		char person[64];
		uint64_t until_ms;
		size_t n;
		char ids[SET_MAX][37];
		char digests[SET_MAX][2 * SHA256_BYTES + 1]; /* of the content that was ticked */
	} at[AGREED_MAX];
	size_t next;
};

void decision_sets_free(struct registrar *r)
{
	free(r->sets);
	r->sets = NULL;
}

/* ---- which cases ---- */

static bool same_texts(struct texts a, struct texts b)
{
	bool same = a.n == b.n;

	for (size_t i = 0; i < a.n && same; i++)
		same = text_equal(a.at[i], b.at[i]);
	return same;
}

bool decision_set_is_like(const struct record *a, const struct record *b)
{
	const struct classification *x = &a->proposed, *y = &b->proposed;

	/* the item of one catalogue: its words may have meant another thing before */
	return text_equal(a->pack, b->pack) && text_equal(a->pack_version, b->pack_version) && text_equal(x->item, y->item) && text_equal(x->level, y->level) && term_equal(&x->term, &y->term) &&
	       same_texts(x->scope, y->scope) && text_equal(a->type ? a->type : "", b->type ? b->type : "");
}

const char *decision_set_excludes(struct case_of *c, const struct record *record)
{
	const struct policy *p = c->r->policy;
	const struct level *level = level_find(p, record->proposed.level);
	const struct item *item = record->proposed.basis == BASIS_ITEM && record->proposed.item ? catalogue_find(&p->catalogue, record->proposed.item) : NULL;
	OWNED(json) struct json *notes = NULL;

	if (record->state != RECORD_PROPOSED || request_waiting(record))
		return "it is no first decision: releases, extensions and changes are decided one by one";
	if (!item && (level_is_classified(level) || record->proposed.basis == BASIS_UNCLEAR))
		return "its matter is not one of the catalogue's, or is unclear";
	if (record->regime != REGIME_STATE_SECRET || !level_is_classified(level))
		return "it is proposed as no secret";
	if ((size_t)level->rank + 1 == p->n_levels)
		return "the highest level is decided one by one";
	if (record_protection(p, record)->rank > level->rank)
		return "it would lower its protection";
	if (level != item->level || !term_equal(&record->proposed.term, &item->term))
		return "it departs from the catalogue";
	notes = record_notes_of(c, &record->proposed);
	return json_n(json_look(notes)) ? "it departs from the catalogue" : NULL;
}

struct proposed_at {
	int64_t seq;
};

static int take_submit(const struct store_event *event, void *arg)
{
	if (text_equal(event->act, "submit") || text_equal(event->act, act_name(ACT_CONTENT)))
		((struct proposed_at *)arg)->seq = (int64_t)event->seq;
	return 0;
}

int decision_set_was_opened(struct case_of *c, const char *number, bool *ret)
{
	struct proposed_at at = {0};

	TRY(store_event_list(c->r->store, number, take_submit, &at));
	return store_has_read(c->r->store, number, c->person->person.id, at.seq, ret);
}

/* ---- agreeing ---- */

static int refuse_set(struct case_of *c, const char *code, const char *where, const char *what)
{
	TRY(api_refuse(c->call, API_INPUT, code, where, "classctl decide shows the sets of like cases", "%s", what));
	return CASE_ANSWERED;
}

struct one_case {
	struct record *record;
	const char *digest; /* borrowed from the call */
	bool opened;
};

static void cases_done(struct one_case *at)
{
	for (size_t i = 0; i < SET_MAX; i++)
		store_record_free(at[i].record);
}

static int check_digest(struct case_of *c, const char *number, const char *given)
{
	struct labels_content content = {0};
	OWN_MEM char *name = NULL;
	char hex[2 * SHA256_BYTES + 1];
	int status = labels_content_of(c->r, number, &content, &name);

	TRY(status);
	text_hex(content.digest, SHA256_BYTES, hex);
	if (status == 0 && text_equal(hex, given))
		return 0;
	return refuse_set(c, "other-digest", number, "that is not the content that waits for a decision: look again");
}

/* One case that was ticked. The first one says what the others must be like. */
static int take_case(struct case_of *c, struct json_view one, const struct record *first, struct one_case *ret)
{
	OWN_CASE struct case_of own = {
	    .r = c->r, .call = c->call, .today = c->today, .person = c->person, .borrows_person = true};
	const char *number = json_get_text(one, "number");
	const char *why;
	int status = case_load(&own, number);

	if (status == 0)
		status = case_may(&own, ACT_APPROVE, &own.record->proposed, NULL);
	if (status)
		return status;
	why = decision_set_excludes(&own, own.record);
	if (why)
		return refuse_set(c, "not-in-a-set", number, why);
	if (first && !decision_set_is_like(first, own.record))
		return refuse_set(c, "not-alike", number, "it is not like the first of the set");
	status = check_digest(c, number, json_get_text(one, "digest"));
	if (status == 0)
		status = decision_set_was_opened(c, number, &ret->opened);
	if (status)
		return status;
	ret->digest = json_get_text(one, "digest");
	ret->record = steal(&own.record);
	return 0;
}

static int take_cases(struct case_of *c, struct json_view list, struct one_case *at, size_t *ret_opened)
{
	*ret_opened = 0;
	for (size_t i = 0; i < json_n(list); i++) {
		int status = take_case(c, json_at(list, i), i ? at[0].record : NULL, &at[i]);

		if (status)
			return status;
		for (size_t k = 0; k < i; k++)
			if (text_equal(at[k].record->number, at[i].record->number))
				return refuse_set(c, "twice", at[i].record->number, "it is named twice");
		*ret_opened += at[i].opened;
	}
	return 0;
}

static int remember(struct case_of *c, const struct one_case *at, size_t n)
{
	struct registrar *r = c->r;
	struct agreed *to;

	if (!r->sets)
		r->sets = calloc(1, sizeof(*r->sets));
	if (!r->sets)
		return FAULT(ENOMEM, "a set of decisions");
	to = &r->sets->at[r->sets->next++ % AGREED_MAX];
	*to = (struct agreed){.until_ms = loop_now_ms() + AGREED_MINUTES * UINT64_C(60000), .n = n};
	(void)snprintf(to->person, sizeof(to->person), "%s", c->person->person.id);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(to->ids[i], sizeof(to->ids[i]), "%s", at[i].record->id);
		(void)snprintf(to->digests[i], sizeof(to->digests[i]), "%s", at[i].digest);
	}
	return 0;
}

static int agree(struct case_of *c, struct json_view list)
{
	struct one_case at[SET_MAX] = {0};
	struct json *reply;
	const struct set_rules rules = policy_sets(c->r->policy);
	size_t opened, n = json_n(list), sample = (n + rules.open_one_in - 1) / rules.open_one_in;
	int status;

	if (n == 0 || n > rules.most || n > SET_MAX)
		return refuse_set(c, "bad-size", "cases", n ? "that is more than a set may have" : "nothing is ticked");
	status = take_cases(c, list, at, &opened);
	if (status == 0 && opened < sample) {
		status = api_refuse(c->call, API_STATE, "not-opened", at[0].record->number,
				    "open it first: classctl open or classctl cat",
				    "%zu of %zu must have been opened since they were proposed, and %zu were", sample, n,
				    opened);
		status = status < 0 ? status : CASE_ANSWERED;
	}
	if (status == 0)
		status = remember(c, at, n);
	cases_done(at);
	if (status)
		return status;
	reply = json_object();
	json_set_int(reply, "cases", (int64_t)n);
	json_set_int(reply, "opened", (int64_t)opened);
	return api_reply(c->call, reply);
}

int record_method_agree_set(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = agree(&c, json_get(api_parameters(call), "cases"));
	return status < 0 ? status : 0;
}

/* ---- deciding ---- */

bool decision_set_names(const char *text, const char *record_id, const char *label)
{
	uint8_t raw[SHA256_BYTES];
	char hash[2 * SHA256_BYTES + 1];
	OWN_MEM char *line = NULL;

	envelope_label_hash(bytes_of_text(label), raw);
	text_hex(raw, sizeof(raw), hash);
	line = text_format("\nrecord %s %s\n", record_id, hash);
	return line && text_starts(text, "classd-set/v1\n") && strstr(text, line);
}

/* It was ticked with the content that is decided now. */
static bool is_agreed(const struct agreed *a, const char *id, const struct decision *d)
{
	char hex[2 * SHA256_BYTES + 1];

	text_hex(d->content.digest, SHA256_BYTES, hex);
	for (size_t i = 0; i < a->n; i++)
		if (text_equal(a->ids[i], id))
			return text_equal(a->digests[i], hex);
	return false;
}

/* With this content rather than with an earlier one. */
static const struct agreed *agreed_with(const struct case_of *c, const struct decision *d, const char *text)
{
	const struct decision_sets *sets = c->r->sets;
	const struct agreed *found = NULL;

	for (size_t i = 0; sets && i < AGREED_MAX; i++) {
		const struct agreed *a = &sets->at[i];
		OWN_BUFFER struct buffer want = {0};
		size_t n = 0, lines = 0;

		if (!text_equal(a->person, c->person->person.id) || a->until_ms < loop_now_ms())
			continue;
		for (const char *at = text; (at = strstr(at, "\nrecord ")); at++)
			lines++;
		for (size_t k = 0; k < a->n; k++) {
			OWN_MEM char *part = text_format("\nrecord %s ", a->ids[k]);

			n += part && strstr(text, part);
		}
		if (n != a->n || lines != n)
			continue;
		if (is_agreed(a, c->record->id, d))
			return a;
		found = a;
	}
	return found;
}

static int check_set_signature(struct case_of *c, const struct decision *d, const char *text, const char *signature)
{
	const struct signature_demand demand = {.space = SET_NAMESPACE,
						.token = d->signed_with >= SIGNED_WITH_TOKEN,
						.present = d->signed_with >= SIGNED_WITH_TOKEN,
						.verified = d->signed_with == SIGNED_WITH_VERIFIED_TOKEN};
	struct ssh_public_key key;
	char fingerprint[FINGERPRINT_TEXT];
	int status = signature_verify(bytes_of_text(text), bytes_of_text(signature), &demand, &key);

	TRY(status);
	if (status)
		return refuse_set(c, "bad-signature", "set", signature_outcome_text(status));
	signature_fingerprint(&key, fingerprint);
	return text_equal(fingerprint, c->next.decider_key)
		   ? 0
		   : refuse_set(c, "other-key", "set", "the set is signed with another key than the decision");
}

int decision_set_take(struct case_of *c, const struct decision *d, struct json_view parameters, struct json **ret)
{
	struct json_view set = json_get(parameters, "set");
	const char *text = json_get_text(set, "text"), *signature = json_get_text(set, "signature");
	const struct agreed *agreed;
	OWN_MEM char *label = NULL;
	const char *why;
	int status;

	*ret = NULL;
	if (!json_is_present(set))
		return 0;
	if (!text || !signature || d->act != ACT_APPROVE)
		return refuse_set(c, "bad-set", "set", "only what is approved as it was proposed stands in a set");
	why = decision_set_excludes(c, c->record);
	if (why)
		return refuse_set(c, "not-in-a-set", c->record->number, why);
	label = text_format("%.*s", (int)d->text.n, (const char *)d->text.at);
	if (!label || !decision_set_names(text, c->record->id, label))
		return refuse_set(c, "not-named", c->record->number, "the set that was signed does not name this label");
	agreed = agreed_with(c, d, text);
	if (!agreed)
		return refuse_set(c, "not-agreed", "set", "no such set was agreed on in the last half hour");
	if (!is_agreed(agreed, c->record->id, d))
		return refuse_set(c, "other-digest", c->record->number,
				  "that is not the content that waits for a decision: look again");
	status = check_set_signature(c, d, text, signature);
	if (status)
		return status;
	*ret = json_object();
	json_set_text(*ret, "text", text);
	json_set_text(*ret, "signature", signature);
	return 0;
}
