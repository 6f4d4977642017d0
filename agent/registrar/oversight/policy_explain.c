/* Policy.Explain: the rules of the pack in words, or those that count for one record. */
#include "domain/policy_explain.h"
#include "base/text.h"
#include "domain/record_explain.h"
#include "registrar/oversight/findings_facts.h"
#include "registrar/oversight/policy_methods.h"
#include "registrar/records/case.h"

#include <string.h>

static void add_row(struct json *rows, const char *rule, const char *value, const char *article)
{
	struct json *row = json_object();

	json_set_text(row, "rule", rule);
	json_set_text(row, "value", value);
	json_set_text(row, "article", article ? article : "");
	json_append(rows, row);
}

static void add_rule(const struct rule_line *line, void *arg)
{
	add_row(arg, line->path, line->value, line->article);
}

static int explain_record(struct registrar *r, struct api_call *call, const char *number)
{
	OWN_CASE struct case_of c = {0};
	OWN_FINDINGS_FACTS struct findings_facts facts = {0};
	struct json *reply, *rows;
	int status = case_begin(r, call, &c);

	if (!status)
		status = case_load(&c, number);
	if (status)
		return status < 0 ? status : 0;
	TRY(findings_facts_gather(r, c.record, &facts));
	reply = json_object();
	rows = json_array();
	record_explain(&facts.facts, add_rule, rows);
	json_set(reply, "rows", rows);
	return api_reply(call, reply);
}

static int explain_pack(struct registrar *r, struct api_call *call, const char *what)
{
	OWN_BUFFER struct buffer words = {0};
	OWN_MEM char *text = NULL;
	const struct level *level = level_find(r->policy, what);
	OWN_MEM char *path = level ? text_format("levels.%s", level->code) : text_format("appointments.%s", what);
	const char *article = text_is_empty(what) || !path ? NULL : policy_source_of(r->policy, path);
	struct json *reply, *rows;
	char *rest, *line;

	if (policy_explain(r->policy, what, &words))
		return api_refuse(call, API_NOT_FOUND, "unknown-rule", "what",
				  "name a record, a level, a kind of appointment or an item; nothing gives all",
				  "the pack %s has nothing called \"%.64s\"", r->policy->id, what);
	rest = text = buffer_steal_text(&words);
	reply = json_object();
	rows = json_array();
	while (rest && (line = strsep(&rest, "\n")))
		if (*line)
			add_row(rows, "", line, article);
	json_set(reply, "rows", rows);
	return api_reply(call, reply);
}

int policy_method_explain(struct registrar *r, struct api_call *call)
{
	const char *what = json_get_text(api_parameters(call), "what");

	if (!r->policy)
		return policy_refuse_none(call);
	/* "2026-000123": a record; an item never looks like that */
	if (what && strlen(what) >= 6 && what[4] == '-' && strspn(what, "0123456789-") == strlen(what))
		return explain_record(r, call, what);
	return explain_pack(r, call, what ? what : "");
}
