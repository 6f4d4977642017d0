/* A record in the words of other systems' labels; the client writes them. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "domain/due.h"

#include <stdio.h>

#define DAY_TEXT 24

/* The beginning of that day, as labels write it. "" where there is none. */
static void add_day(struct json *to, const char *key, struct date day)
{
	char text[11], whole[DAY_TEXT] = "";

	date_format(day, text);
	if (*text)
		(void)snprintf(whole, sizeof(whole), "%sT00:00:00Z", text);
	json_set_text(to, key, whole);
}

/* From that day on it is not classified, where nobody has to do anything for it. */
static struct date ends_on(const struct case_of *c)
{
	const struct policy *p = c->r->policy;
	const struct record *r = c->record;

	if (!date_is_set(r->declassify_on) || !due_ends_by_itself(p, r))
		return (struct date){0};
	return p->edge == TERM_OVER_ON_DAY ? r->declassify_on : date_add_days(r->declassify_on, 1);
}

static struct date look_again_on(const struct case_of *c)
{
	const struct record *r = c->record;
	struct date check = term_check(&r->decided.term, r->start, c->r->policy->leap);

	return date_is_set(r->next_review) ? r->next_review : check;
}

/* The Microsoft label that the site has for that level: a row with an id. */
static void add_msip(const struct policy *p, const struct level *level, struct json *to)
{
	const struct equivalent *found = NULL;

	for (size_t i = 0; i < p->labels.equivalents.n && !found; i++)
		if (p->labels.equivalents.at[i].id && p->labels.equivalents.at[i].level == level)
			found = &p->labels.equivalents.at[i];
	json_set_text(to, "msip_site", found ? found->policy : "");
	json_set_text(to, "msip_id", found ? found->id : "");
	json_set_text(to, "msip_name", found && found->label ? found->label : "");
}

static int show_label(struct case_of *c)
{
	const struct policy *p = c->r->policy;
	const struct level *level = level_find(p, c->record->decided.level ? c->record->decided.level : "");
	char value[LEVEL_CODE_MAX + 1], successor[LEVEL_CODE_MAX + 1];
	OWN_BUFFER struct buffer mark = {0};
	struct json *to;

	if (!record_is_in_force(c->record) || !level)
		return case_refuse(c, API_STATE, "not-in-force", "classctl show NUMBER tells where it stands",
				   "only a record in force has a label for others");
	policy_label_of(level, value);
	policy_label_of(level_unclassified(p), successor);
	record_make_mark(c, &c->record->decided, &mark);
	OWN_MEM char *text = buffer_steal_text(&mark);
	to = json_object();
	json_set_text(to, "policy", policy_label_name(p));
	json_set_text(to, "oid", p->labels.oid ? p->labels.oid : "");
	json_set_text(to, "level", value);
	json_set_text(to, "name", level->name.official);
	json_set_text(to, "mark", text ? text : "");
	add_day(to, "created", c->record->decided_on);
	add_day(to, "review", look_again_on(c));
	add_day(to, "succession", ends_on(c));
	json_set_text(to, "successor", successor);
	add_msip(p, level, to);
	return api_reply(c->call, to);
}

int record_method_label(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load(&c, json_get_text(api_parameters(call), "number"));
	if (status == 0)
		status = show_label(&c);
	return status < 0 ? status : 0;
}
