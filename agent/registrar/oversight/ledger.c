/* How many records there are, in what state, due when: at the end of any day since the first. */
#include "registrar/oversight/statistics.h"

#include "base/text.h"
#include "registrar/store/tallies.h"

#include <stdio.h>
#include <string.h>

struct ledger {
	struct json *rows;
	struct date at;
	char regime[24], level[40], state[24], due[8];
	int64_t n;
};

/* "overdue", a month of the year to come, or the year in which the term is over; "" : it has no day. */
static void due_of(const struct ledger *l, const char *until, char ret[8])
{
	struct date over;

	ret[0] = '\0';
	if (!until[0] || !date_parse(until, &over))
		return;
	if (date_compare(over, l->at) < 0)
		memcpy(ret, "overdue", 8);
	else
		(void)snprintf(ret, 8, "%.*s", date_to_days(over) - date_to_days(l->at) < 366 ? 7 : 4, until);
}

static void put_group(struct ledger *l)
{
	struct json *to;

	if (l->n == 0)
		return;
	to = json_object();
	json_set_text(to, "regime", l->regime);
	json_set_text(to, "level", l->level);
	json_set_text(to, "state", l->state);
	json_set_text(to, "due", l->due);
	json_set_int(to, "n", l->n);
	json_append(l->rows, to);
	l->n = 0;
}

/* In the order of regime, level, state and day, so that a group comes in one go. */
static int add_holding(const struct store_holding *h, void *arg)
{
	struct ledger *l = arg;
	bool held = annual_is_held(h->state);
	char due[8] = "";

	if (held)
		due_of(l, h->until, due);
	if (!text_equal(l->regime, h->regime) || !text_equal(l->level, h->level) || !text_equal(l->state, h->state) ||
	    !text_equal(l->due, due)) {
		put_group(l);
		(void)snprintf(l->regime, sizeof(l->regime), "%s", h->regime);
		(void)snprintf(l->level, sizeof(l->level), "%s", h->level);
		(void)snprintf(l->state, sizeof(l->state), "%s", h->state);
		memcpy(l->due, due, sizeof(due));
	}
	l->n += h->n;
	return 0;
}

int ledger_make(struct registrar *r, struct date at, struct json **ret)
{
	OWNED(json) struct json *to = json_object();
	struct ledger l = {.rows = json_array(), .at = at};

	int status = store_holdings(r->store, at, add_holding, &l);

	put_group(&l);
	json_set_date(to, "at", at);
	json_set(to, "rows", l.rows);
	TRY(status);
	*ret = steal(&to);
	return 0;
}

/* ---- methods ---- */

static int may_count(struct registrar *r, struct api_call *call, struct caller *c)
{
	int status = caller_of(r, call, c);

	if (status)
		return status;
	if (!r->policy || !r->meta_key)
		status = api_refuse(call, API_BUSY, "not-ready", "agent", "classctl status says what is missing",
				    "the agent has no policy or no key yet");
	else if (!caller_has(c, RIGHT_COUNTS))
		status = caller_refuse(call);
	else
		return 0;
	return status < 0 ? status : CALLER_ANSWERED;
}

int oversight_ledger(struct registrar *r, struct api_call *call)
{
	OWN_CALLER struct caller c = {NULL};
	const char *text = json_get_text(api_parameters(call), "at");
	struct date at = registrar_today(r);
	struct json *reply = NULL;
	int status = may_count(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (text && !date_parse(text, &at))
		return api_refuse(call, API_INPUT, "bad-date", "at", "write it as 2037-01-01",
				  "there is no day \"%s\"", text);
	if (date_compare(at, registrar_today(r)) > 0)
		return api_refuse(call, API_INPUT, "date-ahead", "at",
				  "classctl due --until DATE says what falls due until then",
				  "the day %s has not come", text);
	TRY(ledger_make(r, at, &reply));
	return api_reply(call, reply);
}

int oversight_statistics(struct registrar *r, struct api_call *call)
{
	OWN_CALLER struct caller c = {NULL};
	int this_year = registrar_today(r).year;
	int64_t year = json_get_int(api_parameters(call), "year", this_year);
	struct json *reply = NULL;
	int status = may_count(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (year < 1900 || year > this_year)
		return api_refuse(call, API_INPUT, "bad-year", "year", "name a year up to the present one",
				  "there are no statistics of the year %lld", (long long)year);
	TRY(statistics_make(r, (int)year, caller_has(&c, RIGHT_INSPECT), &reply));
	return api_reply(call, reply);
}
