/* org.classd.Policy: the running pack, for clients that fill in forms. */
#include "registrar/oversight/policy_impact.h"
#include "registrar/oversight/policy_methods.h"
#include "registrar/policy/install_methods.h"
#include "registrar/records/usual_term.h"
#include "base/text.h"
#include "domain/policy.h"

#define SEARCH_MAX 100

static struct json *level_json(const struct level *level)
{
	struct json *to = json_object();
	char period[32] = "";

	if (period_is_set(level->max_term))
		period_format(level->max_term, period);
	json_set_text(to, "code", level->code);
	json_set_text(to, "name", level->name.official);
	json_set_text(to, "name_en", level->name.english);
	json_set_int(to, "rank", level->rank);
	json_set_text(to, "longest_term", period);
	return to;
}

static struct json *texts_json(struct texts texts)
{
	struct json *list = json_array();

	for (size_t i = 0; i < texts.n; i++)
		json_append_text(list, texts.at[i]);
	return list;
}

static struct json *item_json(const struct item *item)
{
	struct json *to = json_object();
	char term[TERM_TEXT_MAX];

	term_format_cli(&item->term, term);
	json_set_text(to, "id", item->id);
	json_set_text(to, "title", item->title.official);
	json_set_text(to, "title_en", item->title.english);
	json_set_text(to, "level", item->level->code);
	json_set_text(to, "term", item->term.kind == TERM_NONE ? "" : term);
	json_set_bool(to, "long_term", item->long_term);
	json_set_bool(to, "prohibited", item->prohibited);
	json_set(to, "scope", texts_json(item->scope));
	return to;
}

static struct json *reasons_json(const struct policy *p)
{
	struct json *list = json_array();

	for (size_t i = 0; i < p->returns.n; i++) {
		struct json *to = json_object();

		json_set_text(to, "code", p->returns.at[i].code);
		json_set_text(to, "text", p->returns.at[i].text.official);
		json_set_text(to, "text_en", p->returns.at[i].text.english);
		json_append(list, to);
	}
	return list;
}

int policy_refuse_none(struct api_call *call)
{
	return api_refuse(call, API_BUSY, "no-policy", "agent", "classctl status says why", "no policy pack is loaded");
}

/* Document types are kept in every record for fair statistics (DESIGN 2); the list is the design's. */
static const char *const document_types[] = {"speech", "briefing", "report", "minutes",
					     "data",   "plan",	   "letter", "other"};

static int get(struct registrar *r, struct api_call *call)
{
	const struct policy *p = r->policy;
	struct json *reply, *levels, *types, *kinds;
	char effective[11];

	if (!p)
		return policy_refuse_none(call);
	reply = json_object();
	levels = json_array();
	types = json_array();
	kinds = json_array();
	for (size_t i = 0; i < p->n_levels; i++)
		json_append(levels, level_json(&p->levels[i]));
	for (size_t i = 0; i < array_n(document_types); i++)
		json_append_text(types, document_types[i]);
	for (int kind = APPOINTMENT_NONE + 1; kind < APPOINTMENT_KINDS; kind++)
		if (p->kinds[kind].is_used)
			json_append_text(kinds, appointment_kind_name((enum appointment_kind)kind));
	date_format(p->effective, effective);
	json_set_text(reply, "pack", p->id);
	json_set_text(reply, "version", p->version);
	json_set_text(reply, "effective", effective);
	json_set(reply, "levels", levels);
	json_set(reply, "types", types);
	json_set(reply, "appointment_kinds", kinds);
	json_set(reply, "return_reasons", reasons_json(p));
	json_set_int(reply, "items", (int64_t)p->catalogue.n);
	return api_reply(call, reply);
}

static int search(struct registrar *r, struct api_call *call)
{
	struct catalogue_hit hits[SEARCH_MAX];
	struct json_view parameters = api_parameters(call);
	int64_t limit = json_get_int(parameters, "limit", 10);
	const char *text = json_get_text(parameters, "text");
	struct json *reply, *items;
	size_t n;

	if (!r->policy)
		return policy_refuse_none(call);
	if (limit < 1 || limit > SEARCH_MAX)
		return api_refuse(call, API_INPUT, "bad-limit", "limit", "give 1 to 100",
				  "the limit is not from 1 to 100");
	n = catalogue_search(&r->policy->catalogue, text, hits, (size_t)limit);
	reply = json_object();
	items = json_array();
	for (size_t i = 0; i < n; i++)
		json_append(items, item_json(hits[i].item));
	json_set(reply, "items", items);
	return api_reply(call, reply);
}

static int item(struct registrar *r, struct api_call *call)
{
	const char *id = json_get_text(api_parameters(call), "id");
	const struct item *found;
	struct usual_term usual;
	char term[TERM_TEXT_MAX];
	struct json *reply;

	if (!r->policy)
		return policy_refuse_none(call);
	found = catalogue_find(&r->policy->catalogue, id);
	if (!found)
		return api_refuse(call, API_NOT_FOUND, "unknown-item", "id", "classctl policy search WORDS lists items",
				  "the catalogue of pack %s has no item \"%s\"", r->policy->id, id);
	TRY(usual_term(r, found, found->level, NULL, &usual));
	reply = json_object();
	json_set(reply, "item", item_json(found));
	term_format_cli(&usual.term, term);
	json_set_text(reply, "usual_term", usual.term.kind == TERM_NONE ? "" : term);
	json_set_int(reply, "of", (int64_t)usual.n);
	json_set(reply, "signals", texts_json(found->signals));
	return api_reply(call, reply);
}

int policy_method_equivalent(struct registrar *r, struct api_call *call)
{
	struct json_view parameters = api_parameters(call);
	const struct level *level;
	struct json *reply;

	if (!r->policy)
		return policy_refuse_none(call);
	level = policy_equivalent(r->policy, json_get_text(parameters, "policy"), json_get_text(parameters, "label"),
				  json_get_text(parameters, "id"));
	reply = json_object();
	json_set_text(reply, "level", level ? level->code : "");
	json_set_text(reply, "name", level ? level->name.official : "");
	return api_reply(call, reply);
}

const struct api_method policy_methods[] = {
    {"org.classd.Policy.Get", get, API_ANYONE},
    {"org.classd.Policy.Search", search, 0},
    {"org.classd.Policy.Item", item, 0},
    {"org.classd.Policy.Equivalent", policy_method_equivalent, 0},
    {"org.classd.Policy.Explain", policy_method_explain, 0},
    {"org.classd.Policy.Diff", policy_method_diff, 0},
    {"org.classd.Policy.Impact", policy_method_impact, 0},
    {"org.classd.Policy.Suggest", policy_method_suggest, API_MUTATES},
    {"org.classd.Policy.Statistics", policy_method_statistics, 0},
    {"org.classd.Policy.Examine", policy_method_examine, API_STREAM | API_DESCRIPTORS},
    {"org.classd.Policy.Install", policy_method_install, API_MUTATES | API_DESCRIPTORS},
    {"org.classd.Policy.Drop", policy_method_drop, API_MUTATES},
    {"org.classd.Policy.Confirm", policy_method_confirm, API_MUTATES},
    {"org.classd.Policy.Sets", policy_method_sets, 0},
    {0},
};
