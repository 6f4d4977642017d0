/* answer, met, review: what a review found, an event that has come, and many reviews at once. */
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/decide.h"
#include "ctl/document.h"
#include "ctl/fields.h"
#include "ctl/record.h"
#include "ctl/sign.h"
#include "ctl/table.h"

#include <stdio.h>

static int run_answer(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	uint64_t id = 0;
	struct call call = {.method = "Records.AnswerTask"};

	if (!text_to_u64(ctl_word(ctl, 0), INT64_MAX, &id))
		return say_error(CLASSD_EXIT_USAGE, ctl_word(ctl, 0), "classctl tasks", _("this is not the number of a task"));
	if (!ctl_text(ctl, "outcome"))
		return ctl_missing(ctl, "--outcome OUTCOME");
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	call.parameters = json_object();
	json_set_int(call.parameters, "task", (int64_t)id);
	ctl_set(ctl, call.parameters, "outcome", "outcome");
	json_set_text(call.parameters, "reply", reason);
	if (fields_correct(ctl))
		json_set(call.parameters, "fields", fields_of(ctl));
	ctl_set(ctl, call.parameters, "document", "document");
	ctl_set(ctl, call.parameters, "next", "next");
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

static int run_consult(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Consult"};

	if (!ctl_text(ctl, "with"))
		return ctl_missing(ctl, "--with UNIT");
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	ctl_set(ctl, call.parameters, "with", "with");
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

static int run_met(struct ctl *ctl)
{
	if (!ctl_text(ctl, "reason"))
		return ctl_missing(ctl, "--reason TEXT");
	return decide_act(ctl, "met");
}

static int run_start(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.StartReview", .parameters = json_object()};

	ctl_set_always(ctl, call.parameters, "days", "spread");
	json_set_bool(call.parameters, "dry_run", ctl_flag(ctl, "dry-run"));
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	if (ctl_flag(ctl, "dry-run"))
		say_note("%s", _("nothing was changed; without --dry-run it is done"));
	say(_n("%lld record is to be looked at; %lld left for another time",
	       "%lld records are to be looked at; %lld are left for another time", json_get_int(reply.at, "opened", 0)),
	    (long long)json_get_int(reply.at, "opened", 0), (long long)json_get_int(reply.at, "left", 0));
	return 0;
}

/* ---- many at once ---- */

static int ask_set(struct ctl *ctl, const char *set, struct reply *ret)
{
	struct call call = {.method = "Records.KeepAll", .parameters = json_object()};

	ctl_set(ctl, call.parameters, "item", "item");
	ctl_set(ctl, call.parameters, "level", "level");
	if (set) {
		json_set_text(call.parameters, "set", set);
		ctl_set(ctl, call.parameters, "reason", "reason");
	}
	return ctl_call(ctl, &call, ret);
}

static const char *sample_words(struct json_view e)
{
	if (!json_get_bool(e, "sample"))
		return "";
	return json_get_bool(e, "opened") ? _("opened") : _("to be opened");
}

static int say_set(struct json_view tasks)
{
	OWN_TABLE struct table t = {0};

	table_init(&t, (const char *[]){_("task"), _("record"), _("sample"), NULL});
	for (size_t i = 0; i < json_n(tasks); i++) {
		struct json_view e = json_at(tasks, i);
		OWN_MEM char *id = text_format("%lld", (long long)json_get_int(e, "task", 0));

		table_cell(&t, id);
		table_cell(&t, json_get_text(e, "number"));
		table_cell(&t, sample_words(e));
	}
	return table_print(&t, table_width(), stdout);
}

static int run_keep(struct ctl *ctl)
{
	OWN_REPLY struct reply shown = {0};
	OWN_REPLY struct reply done = {0};

	DO(ask_set(ctl, NULL, &shown));
	if (!ctl_flag(ctl, "apply")) {
		if (ctl->json)
			return ctl_print_json(shown.at);
		DO(say_set(json_get(shown.at, "tasks")));
		say_note(_n("%lld review; %lld to be opened first; %lld left out",
			    "%lld reviews; %lld are to be opened first; %lld are left out",
			    json_n(json_get(shown.at, "tasks"))),
			 (long long)json_n(json_get(shown.at, "tasks")),
			 (long long)json_get_int(shown.at, "to_open", 0), (long long)json_get_int(shown.at, "left", 0));
		return 0;
	}
	if (!ctl_text(ctl, "reason"))
		return ctl_missing(ctl, "--reason TEXT");
	DO(ask_set(ctl, ctl_text(ctl, "set") ? ctl_text(ctl, "set") : json_get_text(shown.at, "set"), &done));
	if (ctl->json)
		return ctl_print_json(done.at);
	say(_n("%lld review is answered: kept", "%lld reviews are answered: kept", json_get_int(done.at, "kept", 0)),
	    (long long)json_get_int(done.at, "kept", 0));
	return 0;
}

static const struct option_row answer_options[] = {
    {"outcome", 0, OPTION_TEXT, "OUTCOME",
     N_("a challenge: upheld, rejected; a review: keep, lower, shorten, narrow, release, publish; needed")},
    FIELD_VALUES,
    {"document", 0, OPTION_TEXT, "TEXT", N_("the paper that it rests on: an order, a reply, a consent")},
    {"next", 0, OPTION_DATE, "DATE", N_("not-met: the day on which it is asked again")},
    {0},
};
static const struct option_row consult_options[] = {
    {"with", 0, OPTION_TEXT, "UNIT", N_("the unit that is asked; needed")},
    {0},
};
static const struct option_row met_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", N_("what has happened; needed")},
    SIGN_OPTION,
    {0},
};
static const struct option_row start_options[] = {
    {"spread", 0, OPTION_NUMBER, "DAYS", N_("over how many days; needed")},
    {"dry-run", 'n', OPTION_FLAG, NULL, N_("only count them; at most 5000 are opened in one go")},
    {0},
};
static const struct option_row keep_options[] = {
    {"item", 'i', OPTION_TEXT, "ID", N_("only of this matter of the catalogue")},
    {"level", 'l', OPTION_TEXT, "LEVEL", N_("only of this level")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed with --apply")},
    {"set", 0, OPTION_TEXT, "NAME", N_("the set as --json showed it; it must still be the same")},
    {"apply", 0, OPTION_FLAG, NULL, N_("answer them; without it they are only shown")},
    {0},
};

const struct command review_commands[] = {
    {"answer", GROUP_DECIDE, 1, 1, N_("TASK"), N_("answer a challenge, or say what a review found"), run_answer,
     answer_options,
     N_("keep notes that the record was looked at and stays. lower, shorten and narrow ask for a change (with --level, --term or\n"
	"--scope), extend for a longer term before the end, release and publish for that: it is decided as always, by somebody\n"
	"else, and tasks --answered shows what was asked for. upheld alone changes nothing. An event that has not come yet is\n"
	"answered not-met, with the day on which it is asked again; that it has come says classctl met."),
     "answer 812 --outcome keep --reason 'still in use'\n"
     "answer 813 --outcome lower --level confidential --reason 'the site is public'\n"
     "answer 814 --outcome not-met --next 2027-03-01 --reason 'the talks go on'"},
    {"consult", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("ask a unit that made a joint document with yours"), run_consult,
     consult_options,
     N_("Before the document is decided. The unit that leads decides when each has answered; the answer is entered with\n"
	"answer, agreed or objected, and the document that it came by."),
     "consult 2026-000123 --with 'Ministry of Ports'"},
    {"met", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("decide that the event has come that ends the term"), run_met, met_options,
     N_("Signed by whoever may decide it; the record expires by this decision alone, never by the check date."),
     "met 2026-000123 --reason 'the agreement was signed'"},
    {"review start", GROUP_OVERSIGHT, 0, 0, NULL, N_("have everything in force looked at, the riskiest first"), run_start,
     start_options, N_("Each record gets a task with an owner and a day, spread evenly; a late one is a finding."),
     "review start --spread 90"},
    {"review keep", GROUP_DECIDE, 0, 0, NULL, N_("answer many of your reviews with keep"), run_keep, keep_options,
     N_("Shows the set, and the sample of it that the agent drew. Only when you have opened all of the sample since its review\n"
	"began does --apply answer them: each is a decision of its own. The pack says how many at once."),
     "review keep --item 3.2\nreview keep --item 3.2 --apply --reason 'the project goes on'"},
    {0},
};
