/* Items of the catalogue in use: what people suggest about them, and which cause corrections, referrals and disputes.
 */
#include "base/text.h"
#include "domain/policy.h"
#include "registrar/oversight/findings.h"
#include "registrar/oversight/policy_methods.h"
#include "registrar/records/case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUGGESTION_MAX 200

/* Who suggests about which item: one of each at a time. A person's name has no blank. */
static char *subject_of(const char *item, const char *person)
{
	return text_format("item %s by %s", item, person);
}

/* The item of a subject; false: it is none of ours. */
static bool item_of_subject(const char *subject, char ret[CATALOGUE_ID_MAX + 1], const char **ret_person)
{
	const char *end = subject && strncmp(subject, "item ", 5) == 0 ? strstr(subject + 5, " by ") : NULL;
	size_t n = end ? (size_t)(end - subject - 5) : 0;

	if (n == 0 || n > CATALOGUE_ID_MAX)
		return false;
	memcpy(ret, subject + 5, n);
	ret[n] = '\0';
	*ret_person = end + 4;
	return true;
}

static bool is_kind(const char *kind)
{
	static const char *const kinds[] = {"too-general", "disputed", "outdated"};

	for (size_t i = 0; i < array_n(kinds); i++)
		if (text_equal(kinds[i], kind))
			return true;
	return false;
}

/* What is wrong with a suggestion, or NULL. */
static const char *fault_of(const struct policy *p, const char *item, const char *kind, const char *text)
{
	if (!catalogue_find(&p->catalogue, item))
		return "the catalogue has no such item";
	if (!is_kind(kind))
		return "the kind is none of too-general, disputed, outdated";
	if (text_is_empty(text) || !text_is_line(text, SUGGESTION_MAX))
		return "the text is not one line of at most 200 bytes";
	return NULL;
}

int policy_method_suggest(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view parameters = api_parameters(call);
	const char *item = json_get_text(parameters, "item");
	const char *kind = json_get_text(parameters, "kind");
	const char *text = json_get_text(parameters, "text");
	struct findings_count count = {0};
	const char *fault;
	int status = r->policy ? case_begin(r, call, &c) : policy_refuse_none(call);

	if (status || !r->policy)
		return status < 0 ? status : 0;
	if (!right_is_granted(c.person->person.roles, RIGHT_DRAFT))
		return api_refuse(call, API_AUTHORITY, "wrong-role", "item", right_belongs(RIGHT_DRAFT),
				  "this belongs to another part");
	fault = fault_of(r->policy, item, kind, text);
	if (fault)
		return api_refuse(call, API_INPUT, "bad-suggestion", "item", "classctl policy search WORDS lists items",
				  "%s", fault);
	OWN_MEM char *subject = subject_of(item, c.person->person.id);
	OWN_MEM char *evidence = text_format("%s: %s", kind, text);
	if (!subject || !evidence)
		return FAULT(ENOMEM, "a suggestion");
	status = findings_set(
	    r,
	    &(struct findings_other){
		.code = FINDING_SUGGESTION, .about = {.subject = subject}, .evidence = evidence, .is_true = true},
	    &count);
	TRY(status);
	if (count.opened == 0)
		return api_refuse(call, API_STATE, "suggested-already", "item", "the secrecy office answers it first",
				  "you have an open suggestion on this item");
	return api_reply(call, json_object());
}

/* ---- statistics ---- */

enum count { APPROVED, CORRECTED, RETURNED, REFERRED, DISPUTED, SUGGESTED, COUNTS };

struct line {
	const struct item *item;
	int64_t n[COUNTS];
	struct json *suggestions, *whys;
};

struct statistics {
	const struct policy *p;
	struct line *lines; /* one for each item, in the order of the catalogue */
};

static struct line *line_of_item(struct statistics *s, const char *id)
{
	const struct item *item = catalogue_find(&s->p->catalogue, id);

	return item ? &s->lines[item - s->p->catalogue.items] : NULL;
}

static int add_count(const char *item, const char *act, int64_t n, void *arg)
{
	static const struct {
		const char *act;
		enum count count;
	} acts[] = {
	    {"approve", APPROVED},	 {"correct", CORRECTED},	{"return", RETURNED},
	    {"refer-unclear", REFERRED}, {"refer-authority", REFERRED}, {"dispute", DISPUTED},
	};
	struct line *line = line_of_item(arg, item);

	for (size_t i = 0; line && i < array_n(acts); i++)
		if (text_equal(acts[i].act, act))
			line->n[acts[i].count] += n;
	return 0;
}

static int add_why(const char *item, const char *code, int64_t n, void *arg)
{
	struct statistics *s = arg;
	const struct return_reason *reason = policy_return_reason(s->p, code);
	struct line *line = line_of_item(s, item);
	struct json *to;

	if (!line)
		return 0;
	to = json_object();
	json_set_text(to, "code", code);
	json_set_text(to, "text", reason ? reason->text.official : code); /* of a pack that ruled before */
	json_set_int(to, "count", n);
	if (!line->whys)
		line->whys = json_array();
	json_append(line->whys, to);
	return 0;
}

static int add_suggestion(const struct store_finding *f, void *arg)
{
	char id[CATALOGUE_ID_MAX + 1], day[11];
	const char *person;
	struct line *line = item_of_subject(f->subject, id, &person) ? line_of_item(arg, id) : NULL;
	struct json *to;

	if (!line)
		return 0;
	to = json_object();
	date_format(f->since, day);
	json_set_text(to, "by", person);
	json_set_text(to, "since", day);
	json_set_text(to, "text", f->evidence ? f->evidence : "");
	if (!line->suggestions)
		line->suggestions = json_array();
	json_append(line->suggestions, to);
	line->n[SUGGESTED]++;
	return 0;
}

/* What tells against the item. */
static int64_t trouble(const struct line *l)
{
	return l->n[CORRECTED] + l->n[RETURNED] + l->n[REFERRED] + l->n[DISPUTED] + l->n[SUGGESTED];
}

static int by_trouble(const void *left, const void *right)
{
	int64_t a = trouble(left), b = trouble(right);

	return a == b ? 0 : a < b ? 1 : -1;
}

static struct json *line_json(struct line *l)
{
	static const char *const names[COUNTS] = {"approved", "corrected", "returned",
						  "referred", "disputed",  "suggested"};
	struct json *to = json_object();

	json_set_text(to, "id", l->item->id);
	json_set_text(to, "title", l->item->title.official);
	for (int i = 0; i < COUNTS; i++)
		json_set_int(to, names[i], l->n[i]);
	json_set(to, "reasons", l->whys ? steal(&l->whys) : json_array());
	json_set(to, "suggestions", l->suggestions ? steal(&l->suggestions) : json_array());
	return to;
}

/* Only items that something tells against; wanted: that one in any case. */
static struct json *lines_json(struct statistics *s, const char *wanted)
{
	struct json *list = json_array();
	size_t n = s->p->catalogue.n;

	for (size_t i = 0; i < n; i++)
		s->lines[i].item = &s->p->catalogue.items[i];
	qsort(s->lines, n, sizeof(*s->lines), by_trouble);
	for (size_t i = 0; i < n; i++)
		if (text_is_empty(wanted) ? trouble(&s->lines[i]) > 0 : text_equal(s->lines[i].item->id, wanted))
			json_append(list, line_json(&s->lines[i]));
	for (size_t i = 0; i < n; i++) {
		json_free(s->lines[i].suggestions);
		json_free(s->lines[i].whys);
	}
	return list;
}

int policy_method_statistics(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	const char *wanted = json_get_text(api_parameters(call), "item");
	const struct store_finding_filter open = {.state = "open", .code = FINDING_SUGGESTION, .limit = STORE_NO_LIMIT};
	OWN_MEM struct line *lines = NULL;
	struct json *reply;
	int status = r->policy ? case_begin(r, call, &c) : policy_refuse_none(call);

	if (status || !r->policy)
		return status < 0 ? status : 0;
	if (!right_is_granted(c.person->person.roles, RIGHT_INSPECT))
		return api_refuse(call, API_AUTHORITY, "wrong-role", "policy", right_belongs(RIGHT_INSPECT),
				  "this belongs to another part");
	lines = calloc(r->policy->catalogue.n + 1, sizeof(*lines));
	if (!lines)
		return FAULT(ENOMEM, "statistics of the catalogue");
	struct statistics s = {r->policy, lines};
	status = store_item_counts(r->store, add_count, &s);
	if (status >= 0)
		status = store_item_whys(r->store, add_why, &s);
	if (status >= 0)
		status = store_finding_list(r->store, &open, add_suggestion, &s);
	reply = json_object();
	json_set(reply, "items", lines_json(&s, wanted));
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(call, reply);
}
