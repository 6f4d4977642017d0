/* org.classd.Oversight: sweeps, what is due, and the table of its methods. */
#include "base/text.h"
#include "registrar/oversight/caller.h"
#include "registrar/oversight/incidents.h"
#include "registrar/oversight/statistics.h"
#include "registrar/oversight/sweep.h"
#include "registrar/pack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LINES_MAX 5000	 /* of a sweep, which is answered once */

struct lines {
	struct registrar *r;
	const struct caller *c;
	struct json *to;
	int64_t limit;
	int64_t n;
};

static void add_line(const struct sweep_line *line, void *arg)
{
	struct lines *l = arg;

	if (l->n >= l->limit || !oversight_sees(l->r, l->c, line->number))
		return;
	l->n++;
	json_append(l->to, oversight_line_json(line));
}

static struct json *report_json(const struct sweep_report *report, struct json *lines)
{
	struct json *to = json_object();
	struct json *skipped = json_array();

	json_set_date(to, "as_of", report->as_of);
	json_set_bool(to, "rehearsal", report->rehearsal);
	json_set_int(to, "considered", report->considered);
	json_set_int(to, "due", report->due);
	json_set_int(to, "acted", report->acted);
	json_set_int(to, "failed", report->failed);
	for (int k = 0; k < SWEEP_SKIPS; k++) {
		struct json *skip;

		if (!report->skipped[k])
			continue;
		skip = json_object();
		json_set_text(skip, "why", sweep_skip_text((enum sweep_skip)k));
		json_set_int(skip, "count", report->skipped[k]);
		json_append(skipped, skip);
	}
	json_set(to, "skipped", skipped);
	json_set_int(to, "milliseconds", (int64_t)(report->seconds * 1000 + 0.5));
	json_set(to, "lines", lines);
	return to;
}

/* It works on everything that is due, so it is for those who answer for that: not for each drafter. */
static bool may_sweep(const struct caller *c)
{
	return caller_has(c, RIGHT_COUNTS) || (c->person && c->person->n_appointments > 0);
}

/* A sweep that somebody asked for, while it is under way. */
struct sweeping {
	struct sweep *sweep;
	struct lines lines; /* its caller is of this turn */
	bool is_root;
};

static void sweeping_free(void *arg)
{
	struct sweeping *s = arg;

	sweep_free(s->sweep);
	json_free(s->lines.to);
	free(s);
}

static int next_of_sweep(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CALLER struct caller c = {NULL};
	struct sweeping *s = arg;
	struct json *reply;
	bool done = false;
	int status = caller_of(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (!s->is_root && !may_sweep(&c))
		return caller_refuse(call);
	s->lines.c = &c;
	if (!r->policy || sweep_step(s->sweep, &done))
		return api_refuse(call, API_FAILED, "sweep-failed", "store", "classctl status; the log says more",
				  "the sweep could not end");
	if (!done)
		return 0;
	reply = json_object();
	json_set(reply, "report", report_json(sweep_report(s->sweep), steal(&s->lines.to)));
	return api_reply(call, reply);
}

static int sweep_in_steps(struct registrar *r, struct api_call *call, struct date as_of)
{
	static const struct api_pages pages = {next_of_sweep, sweeping_free};
	struct sweeping *s = calloc(1, sizeof(*s));
	int64_t limit = json_get_int(api_parameters(call), "limit", 100);

	if (!s)
		return FAULT(ENOMEM, "sweep");
	s->is_root = api_uid(call) == 0;
	if (limit < 0 || limit > LINES_MAX)
		limit = LINES_MAX;
	s->lines = (struct lines){.r = r, .to = json_array(), .limit = s->is_root ? 0 : limit};
	if (sweep_new(r, &(struct sweep_order){.as_of = as_of, .line = add_line, .arg = &s->lines}, &s->sweep)) {
		sweeping_free(s);
		return FAULT(ENOMEM, "sweep");
	}
	return api_stream(call, &pages, s);
}

static int sweep(struct registrar *r, struct api_call *call)
{
	OWN_CALLER struct caller c = {NULL};
	const char *text = json_get_text(api_parameters(call), "as_of");
	struct date as_of = {0};
	int status = caller_of(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (api_uid(call) != 0 && !may_sweep(&c))
		return caller_refuse(call);
	if (!text && registrar_may_work(r))
		TRY(pack_follow(r));
	if (!r->policy || !r->meta_key)
		return api_refuse(call, API_BUSY, "not-ready", "agent", "classctl status says what is missing",
				  "the agent has no policy or no key yet");
	if (text && !date_parse(text, &as_of))
		return api_refuse(call, API_INPUT, "bad-date", "as_of", "write it as 2037-01-01",
				  "there is no day \"%s\"", text);
	if (date_is_set(as_of) && date_compare(as_of, registrar_today(r)) < 0)
		return api_refuse(call, API_INPUT, "past-date", "as_of", "rehearse today or a later day",
				  "the day %s is over", text);
	return sweep_in_steps(r, call, as_of);
}

const struct api_method oversight_methods[] = {
    {"org.classd.Oversight.Sweep", sweep, API_MUTATES | API_ANYONE},
    {"org.classd.Oversight.Bell", oversight_bell, API_STREAM},
    {"org.classd.Oversight.Due", oversight_due, API_STREAM},
    {"org.classd.Oversight.Findings", oversight_findings, API_STREAM},
    {"org.classd.Oversight.Statistics", oversight_statistics, 0},
    {"org.classd.Oversight.Ledger", oversight_ledger, 0},
    {"org.classd.Oversight.EnterIncident", oversight_incident, API_MUTATES},
    {"org.classd.Oversight.Incidents", oversight_incidents, 0},
    {"org.classd.Oversight.ReportIncident", oversight_report_incident, API_MUTATES},
    {"org.classd.Oversight.CloseIncident", oversight_close_incident, API_MUTATES},
    {"org.classd.Oversight.Dismiss", oversight_dismiss, API_MUTATES},
    {0},
};
