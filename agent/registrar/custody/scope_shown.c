/* Who may know a record, beside the decision: as it is shown. */
#include "registrar/custody/custody.h"

#include "registrar/records/record_methods.h"

static struct json *line_json(const char *line)
{
	struct json *to = json_object();
	struct scope_entry e;

	if (!scope_entry_parse(line, &e))
		return to;
	OWN_MEM char *who = text_format("%.*s", (int)e.who.n, (const char *)e.who.at);
	OWN_MEM char *unit = text_format("%.*s", (int)e.unit.n, (const char *)e.unit.at);
	json_set_text(to, "what", scope_part_name(e.part));
	json_set_text(to, "who", who ? who : "");
	json_set_text(to, "unit", unit ? unit : "");
	return to;
}

struct json *custody_scope_json(const struct case_of *c, const struct record *record)
{
	const struct texts scope = record_classification(record)->scope;
	struct json *to = json_object(), *entries = json_array(), *lines = json_array(), *by_name = json_array();

	for (size_t i = 0; i < scope.n; i++) {
		json_append_text(entries, scope.at[i]);
		if (scope_is_by_name(c->r->policy, record, scope.at[i]))
			json_append_text(by_name, scope.at[i]);
	}
	for (size_t i = 0; i < record->admissions.n; i++)
		json_append(lines, line_json(record->admissions.at[i]));
	json_set_text(to, "number", record->number);
	json_set_text(to, "level", record_protection(c->r->policy, record)->code);
	json_set(to, "scope", entries);
	json_set(to, "lines", lines);
	json_set(to, "by_name", by_name);
	return to;
}

int custody_get_scope(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json *reply;
	int status = custody_begin(r, call, &c);

	if (status == 0)
		status = record_check_not_blind(&c);
	if (status)
		return status < 0 ? status : 0;
	reply = json_object();
	json_set(reply, "scope", custody_scope_json(&c, c.record));
	return api_reply(call, reply);
}
