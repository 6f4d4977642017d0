/* Declaring a document not secret: alone only when nothing speaks against it. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/unrecorded.h"
#include "registrar/records/hints.h"

#include <stdio.h>
#include <string.h>

/* What speaks against "not secret", and the highest level that it speaks for. */
struct against {
	struct json *list;
	const struct level *level;
};

static void speak(struct case_of *c, struct against *a, const char *before, const char *value, const char *level)
{
	size_t n = strcspn(value, "\n"); /* a mark may have a block below its banner */
	OWN_MEM char *line = text_format("%s%.*s", before, (int)n, value);

	json_append_text(a->list, line ? line : "");
	a->level = level_max(a->level, level_for_protection(c->r->policy, level));
}

#define SAME_SAID 10 /* a template is the content of many */

struct same {
	struct case_of *c;
	struct against *against;
	unsigned n;
};

/* Its own content does not speak against it; of all others with the same any may. */
static int speak_same(const struct store_document *d, void *arg)
{
	struct same *same = arg;
	struct against *a = same->against;
	OWNED(record) struct record *other = NULL;
	const char *level;

	if (text_equal(d->number, same->c->next.number))
		return 0;
	TRY(store_record_load(same->c->r->store, d->number, &other));
	level = other ? record_classification(other)->level : NULL;
	if (!level_is_classified(level_for_protection(same->c->r->policy, level)))
		return 0;
	if (same->n++ < SAME_SAID)
		speak(same->c, a, "the same content is classified as record ", d->number, level);
	a->level = level_max(a->level, level_for_protection(same->c->r->policy, level));
	return 0;
}

static int recall_same(struct case_of *c, struct against *a)
{
	struct same same = {.c = c, .against = a};
	struct store_content content = {.sha256 = c->file.sha256, .size = c->file.size};

	if (!content.sha256)
		return 0;
	TRY(store_document_by_content(c->r->store, &content, speak_same, &same));
	content.sealed = true;
	return store_document_by_content(c->r->store, &content, speak_same, &same);
}

static int take_submit(const struct store_event *event, void *arg)
{
	if (text_equal(event->act, act_name(ACT_SUBMIT)))
		*(bool *)arg = true;
	return 0;
}

/* What a responsible person was asked to classify is not talked down by taking it back (I3). */
static int recall_proposal(struct case_of *c, struct against *a)
{
	const struct level *was = c->record ? record_claims(c->r->policy, c->record) : NULL;
	bool is_other = c->record && regime_is_other(c->record->regime) && !level_is_classified(was);
	bool was_submitted = false;

	if (!level_is_classified(was) && !is_other)
		return 0;
	TRY(store_event_list(c->r->store, c->record->number, take_submit, &was_submitted));
	if (was_submitted && is_other) /* no level speaks for a work secret */
		speak(c, a, "it was proposed before as ", regime_name(c->record->regime), NULL);
	else if (was_submitted)
		speak(c, a, "it was proposed before as ", was->code, was->code);
	return 0;
}

/* A label of another system that is likely to mean a secret. */
static void speak_labels(struct case_of *c, struct against *a)
{
	struct hint hints[HINTS_MAX];
	size_t n = hints_read(c->r->policy, c->file.foreign, hints);

	for (size_t i = 0; i < n; i++)
		if (hints[i].likely && level_is_classified(hints[i].likely)) {
			OWN_MEM char *label = text_format("%s, %s", hints[i].policy,
							  *hints[i].label ? hints[i].label : hints[i].id);

			speak(c, a, "the document carries the label ", label ? label : "", hints[i].likely->code);
		}
}

/* Mark in the text, catalogue hit, known classified content (issue 2, step 2). */
static int collect_contrary(struct case_of *c, struct against *a)
{
	const struct item *item = c->file.item ? catalogue_find(&c->r->policy->catalogue, c->file.item) : NULL;

	enum regime shown = regime_of_mark(c->r->policy, bytes_of_text(c->file.mark));

	if (text_is_empty(c->file.mark_level) && shown != REGIME_NONE)
		speak(c, a, "the document carries the mark of ", regime_name(shown), NULL);
	else if (!text_is_empty(c->file.mark_level))
		speak(c, a, "the document carries the mark ", c->file.mark ? c->file.mark : c->file.mark_level,
		      c->file.mark_level);
	speak_labels(c, a);
	if (item)
		speak(c, a, "its text meets catalogue item ", item->id, item->level->code);
	TRY(recall_proposal(c, a));
	return recall_same(c, a);
}

int record_heed_contrary(struct case_of *c)
{
	struct against a = {.list = json_array()};
	int status = collect_contrary(c, &a);

	json_free(a.list);
	if (c->file.path && !c->file.sha256) /* nobody looked at it: somebody else does */
		a.level = level_max(a.level, &c->r->policy->levels[1]);
	if (status == 0 && level_is_classified(a.level) &&
	    a.level == level_max(a.level, level_for_protection(c->r->policy, c->next.floor)))
		c->next.floor = a.level->code;
	return status;
}

/* Alone it is decided; else it is proposed, and protected like what speaks against it until somebody decided. */
static int write_declaration(struct case_of *c, const struct against *a, bool alone, const char *reason)
{
	int status;

	c->next.state = alone ? RECORD_UNCLASSIFIED : RECORD_PROPOSED;
	if (alone) {
		c->next.decided = c->next.proposed;
		c->next.decided_on = c->today;
		c->next.pack = c->r->policy->id;
		c->next.pack_version = c->r->policy->version;
		c->next.decider_role = "drafter";
	} else if (a->level && a->level == level_max(a->level, level_for_protection(c->r->policy, c->next.floor))) {
		c->next.floor = a->level->code;
	}
	status = case_change(c, ACT_DECLARE, reason, NULL);
	if (status == 0)
		status = record_put_document(c);
	if (status == 0)
		status = unrecorded_settled(c->r, c->file.root, c->file.path, c->next.number);
	if (status == 0 && alone)
		status = record_draw_reread(c);
	return status == 0 && !alone ? jobs_seal(c->r, c->next.number) : status;
}

static int declare(struct case_of *c, struct json_view parameters)
{
	const char *reason = json_get_text(parameters, "reason");
	struct against a = {.list = json_array()};
	struct json *more;
	bool alone = false;
	int status;

	/* Nobody can say what speaks against a content that was not looked at yet: an inspector is at it. */
	if (!c->file.sha256 && !c->record && !c->is_last_try) {
		json_free(a.list);
		return CASE_NOT_SEEN;
	}
	if (!c->file.sha256)
		speak(c, &a, "the content could not be looked at", "", NULL);
	status = collect_contrary(c, &a);
	if (status == 0)
		status = record_declare_draft(c, json_get_text(parameters, "title"), reason);
	if (status == 0)
		status = case_may(c, ACT_DECLARE, &c->next.proposed, NULL);
	if (status == 0) {
		alone = json_n(json_look(a.list)) == 0 && level_unclassified(c->r->policy)->decides_alone;
		status = write_declaration(c, &a, alone, reason);
	}
	if (status) {
		json_free(a.list);
		return status;
	}
	more = json_object();
	json_set_bool(more, "decided", alone);
	json_set(more, "contrary", a.list);
	return case_reply(c, more);
}

int record_method_declare(struct registrar *r, struct api_call *call)
{
	return record_when_seen(r, call, declare);
}
