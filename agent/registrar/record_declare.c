/* Declaring a document not secret: alone only when nothing speaks against it. */
#include "registrar/record_methods.h"

#include "base/text.h"
#include "registrar/jobs.h"

#include <stdio.h>

static void contrary(struct json *list, const char *before, const char *value)
{
	OWN_MEM char *line = text_format("%s%s", before, value);

	json_append_text(list, line ? line : "");
}

struct known {
	const char *sha256;
	const char *number; /* of this record: its own content does not speak against it */
	char other[STORE_NUMBER_MAX];
};

static int same_content(const struct store_document *d, void *arg)
{
	struct known *known = arg;

	if (!text_equal(d->sha256, known->sha256) || text_equal(d->number, known->number))
		return 0;
	(void)snprintf(known->other, sizeof(known->other), "%s", d->number);
	return 1;
}

/* Mark in the text, catalogue hit, known classified content (issue 2, step 2). */
static int collect_contrary(struct case_of *c, struct json *list)
{
	struct known known = {.sha256 = c->file.sha256, .number = c->next.number};
	OWNED(record) struct record *other = NULL;

	if (!c->file.sha256)
		contrary(list, "", "the content has not been looked at yet; try again in a moment");
	if (!text_is_empty(c->file.mark_level))
		contrary(list, "the document carries the mark ", c->file.mark ? c->file.mark : c->file.mark_level);
	if (!text_is_empty(c->file.item))
		contrary(list, "its text meets catalogue item ", c->file.item);
	if (!c->file.sha256)
		return 0;
	TRY(store_document_list(c->r->store, NULL, STORE_NO_LIMIT, same_content, &known));
	if (known.other[0] && store_record_load(c->r->store, known.other, &other) == 0 &&
	    level_is_classified(level_for_protection(c->r->policy, record_classification(other)->level)))
		contrary(list, "the same content is classified as record ", known.other);
	return 0;
}

static int declare(struct case_of *c, struct json_view parameters)
{
	const char *reason = json_get_text(parameters, "reason");
	const char *title = json_get_text(parameters, "title");
	struct json *list = json_array();
	const struct level *none = level_unclassified(c->r->policy);
	struct json *more;
	bool alone;
	int status = collect_contrary(c, list);

	if (status < 0) {
		json_free(list);
		return status;
	}
	alone = json_n(json_look(list)) == 0 && none->decides_alone;
	status = record_declare_draft(c, title, reason);
	if (status == 0)
		status = case_may(c, ACT_DECLARE, &c->next.proposed, NULL);
	if (status == 0) {
		c->next.state = alone ? RECORD_UNCLASSIFIED : RECORD_PROPOSED;
		if (alone) {
			c->next.decided = c->next.proposed;
			c->next.decided_on = c->today;
			c->next.decider_role = "drafter";
		}
		status = case_change(c, ACT_DECLARE, reason, NULL);
	}
	if (status == 0)
		status = record_put_document(c);
	if (status) {
		json_free(list);
		return status;
	}
	more = json_object();
	json_set_bool(more, "decided", alone);
	json_set(more, "contrary", list);
	return case_reply(c, more);
}

int record_method_declare(struct registrar *r, struct api_call *call)
{
	return record_when_seen(r, call, declare);
}
