/* sweep, due, findings, dismiss. */
#include "base/text.h"
#include "ctl/pages.h"
#include "ctl/said.h"

#include <stdio.h>

static void lines_head(struct table *t)
{
	table_init(t, (const char *[]){_("date"), _("record"), _("what"), "", NULL});
}

static void line_row(struct table *t, struct json_view l)
{
	table_cell(t, json_get_text(l, "date"));
	table_cell(t, json_get_text(l, "number"));
	table_cell(t, words_of(json_get_text(l, "kind")));
	cell_words(t, json_get_text(l, "what"));
}

static int say_lines(struct json_view lines)
{
	OWN_TABLE struct table t = {0};

	lines_head(&t);
	for (size_t i = 0; i < json_n(lines); i++)
		line_row(&t, json_at(lines, i));
	return table_print(&t, table_width(), stdout);
}

static int say_report(struct json_view r)
{
	struct json_view skipped = json_get(r, "skipped");

	DO(say_lines(json_get(r, "lines")));
	if (json_get_bool(r, "rehearsal"))
		say(_("rehearsal as of %s: nothing was changed"), reply_text(r, "as_of"));
	say(_("considered %lld, due %lld, acted %lld, failed %lld"), (long long)json_get_int(r, "considered", 0),
	    (long long)json_get_int(r, "due", 0), (long long)json_get_int(r, "acted", 0),
	    (long long)json_get_int(r, "failed", 0));
	for (size_t i = 0; i < json_n(skipped); i++) {
		struct json_view s = json_at(skipped, i);
		OWN_MEM char *why = say_safe(json_get_text(s, "why"));

		say(_("skipped %lld: %s"), (long long)json_get_int(s, "count", 0), words_of(why));
	}
	return 0;
}

static int run_sweep(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Oversight.Sweep", .parameters = json_object()};

	ctl_set(ctl, call.parameters, "as_of", "as-of");
	ctl_set(ctl, call.parameters, "limit", "limit");
	DO(ctl_call(ctl, &call, &reply));
	struct json_view report = json_get(reply.at, "report");
	DO(ctl->json ? ctl_print_json(reply.at) : say_report(report));
	return json_get_int(report, "failed", 0) ? CLASSD_EXIT_FINDINGS : 0;
}

static void due_row(struct table *t, struct json_view l)
{
	const char *told = json_get_text(l, "told");

	line_row(t, l);
	table_cell(t, json_get_text(l, "owner"));
	table_cell(t, words_of(told));
}

static void say_counts(struct json_view counts)
{
	for (size_t i = 0; i < json_n(counts); i++) {
		struct json_view e = json_at(counts, i);
		const char *kind = json_get_text(e, "kind");

		say(_("%s: %lld, %lld of them late"), words_of(kind), (long long)json_get_int(e, "n", 0),
		    (long long)json_get_int(e, "late", 0));
	}
}

static int run_due(struct ctl *ctl)
{
	struct pages p = {.key = "lines", .row = due_row};
	struct call call = {.method = "Oversight.Due", .parameters = json_object()};

	ctl_set(ctl, call.parameters, "until", "until");
	ctl_set(ctl, call.parameters, "mine", "mine");
	OWN_REPLY struct reply last = {0};
	table_init(&p.table, (const char *[]){_("date"), _("record"), _("what"), "", _("owner"), _("told"), NULL});
	int result = pages_print(ctl, &call, &p, &last);
	table_done(&p.table);
	if (result == 0 && json_get_bool(last.at, "truncated"))
		say_note(_("the first %zu are shown; an earlier day with --until has fewer"), p.n);
	if (result == 0 && !ctl->json && !p.n)
		say_note("%s", _("nothing that you may see is due until then"));
	if (result == 0 && !ctl->json)
		say_counts(json_get(last.at, "counts"));
	return result;
}

static void say_finding(struct json_view f)
{
	const char *title = json_get_text(f, "title");
	const char *number = json_get_text(f, "number");
	const char *severity = json_get_text(f, "severity");
	const char *next = json_get_text(f, "next");
	OWN_MEM char *safe = say_safe(words_of(title));

	say("%lld  %s  %s (%s)", (long long)json_get_int(f, "id", 0), reply_text(f, "code"), safe ? safe : "",
	    text_is_empty(severity) ? "-" : words_of(severity));
	say_field(_("  document"), text_is_empty(number) ? json_get_text(f, "path") : number);
	say_words(_("  evidence"), json_get_text(f, "evidence"));
	say_field(_("  owner"), words_of(json_get_text(f, "owner")));
	say_field(_("  due"), json_get_text(f, "due"));
	say_words(_("  next"), next);
}

static void finding_row(struct table *t, struct json_view f)
{
	(void)t; /* lines of their own */
	say_finding(f);
}

static int run_findings(struct ctl *ctl)
{
	struct pages p = {.key = "findings", .row = finding_row};
	struct call call = {.method = "Oversight.Findings", .parameters = json_object()};

	ctl_set(ctl, call.parameters, "state", "state");
	ctl_set(ctl, call.parameters, "code", "code");
	ctl_set(ctl, call.parameters, "number", "number");
	ctl_set(ctl, call.parameters, "limit", "limit");
	DO(pages_print(ctl, &call, &p, NULL));
	if (!ctl->json && !p.n)
		say_note("%s", _("no findings"));
	return 0;
}

static int run_dismiss(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	uint64_t id;
	struct call call = {.method = "Oversight.Dismiss"};

	if (!text_to_u64(ctl_word(ctl, 0), INT64_MAX, &id)) {
		OWN_MEM char *where = say_safe(ctl_word(ctl, 0));
		return say_error(CLASSD_EXIT_USAGE, where, "classctl findings",
				 _("this is not the number of a finding"));
	}
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	call.parameters = json_object();
	json_set_int(call.parameters, "id", (int64_t)id);
	json_set_text(call.parameters, "reason", reason);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_finding(json_get(reply.at, "finding"));
	return 0;
}

static const struct option_row sweep_options[] = {
    {"as-of", 0, OPTION_DATE, "DATE", N_("rehearse that day; nothing is changed")},
    {"limit", 'n', OPTION_NUMBER, "N", N_("show at most N lines")},
    {0},
};
static const struct option_row due_options[] = {
    {"until", 0, OPTION_DATE, "DATE", N_("due until that day")},
    {"mine", 0, OPTION_FLAG, NULL, N_("your own, and what has come to you because its day nears or is over")},
    {0},
};
static const struct option_row findings_options[] = {
    {"state", 0, OPTION_TEXT, "STATE", N_("open (else), corrected or dismissed")},
    {"code", 'c', OPTION_TEXT, "CODE", N_("only findings of this code, as D05")},
    {"number", 0, OPTION_TEXT, "NUMBER", N_("only findings of this record")},
    {"limit", 'n', OPTION_NUMBER, "N", N_("at most N")},
    {0},
};
static const struct option_row dismiss_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why it is none; needed")},
    {0},
};

const struct command oversight_commands[] = {
    {"sweep", GROUP_OVERSIGHT, 0, 0, NULL, N_("find what is due, and do what the rules say"), run_sweep, sweep_options,
     N_("Exits with 10 when something failed."), "sweep\nsweep --as-of 2037-01-01"},
    {"due", GROUP_OVERSIGHT, 0, 0, NULL, N_("what is due, and what soon"), run_due, due_options, NULL,
     "due\ndue --until 2027-01-01"},
    {"findings", GROUP_OVERSIGHT, 0, 0, NULL, N_("what is wrong: code, evidence, owner, what to do"), run_findings,
     findings_options, NULL, "findings\nfindings --code D05 --json"},
    {"dismiss", GROUP_OVERSIGHT, 1, 1, N_("ID"), N_("say with a reason why a finding is none"), run_dismiss,
     dismiss_options, NULL, "dismiss 14 --reason 'a template, not a document'"},
    {0},
};
