/* refer: what is unclear, or beyond anybody's authority here; its printed form, that it went out, and the answer. */
#include "base/text.h"
#include "ctl/decide.h"
#include "ctl/document.h"
#include "ctl/fields.h"
#include "ctl/form.h"
#include "ctl/record.h"
#include "ctl/said.h"
#include "ctl/sign.h"

#include <stdio.h>

static int run_unclear(struct ctl *ctl)
{
	return decide_act(ctl, "refer-unclear");
}

static int run_answer(struct ctl *ctl)
{
	if (!ctl_text(ctl, "document"))
		return ctl_missing(ctl, "--document TEXT");
	return decide_act(ctl, "answer");
}

static int run_authority(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Refer"};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	json_set(call.parameters, "fields", fields_of(ctl));
	ctl_set(ctl, call.parameters, "reason", "reason");
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

static int run_sent(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Report"};

	if (!ctl_text(ctl, "document"))
		return ctl_missing(ctl, "--document TEXT");
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	ctl_set(ctl, call.parameters, "document", "document");
	ctl_set(ctl, call.parameters, "received", "received");
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

static void form_scope(struct json_view scope)
{
	OWN_BUFFER struct buffer line = {0};
	OWN_MEM char *text = NULL;

	for (size_t i = 0; i < json_n(scope); i++) {
		const char *entry = json_as_text(json_at(scope, i));

		buffer_add_text(&line, i ? ", " : "");
		buffer_add_text(&line, entry ? entry : "");
	}
	text = buffer_steal_text(&line);
	form_line(_("Who may know"), text);
}

static void form_claims(struct json_view referral)
{
	struct json_view claims = json_get(referral, "claims");

	OWN_MEM char *claimed = said_term(json_get_text(referral, "claimed_term"));

	form_line(_("Level claimed"), said_level(json_get_text(referral, "claimed")));
	form_line(_("Term claimed"), claimed);
	for (size_t i = 0; i < json_n(claims); i++) {
		struct json_view c = json_at(claims, i);
		const char *level = said_level(json_get_text(c, "level"));
		OWN_MEM char *term = said_term(json_get_text(c, "term"));
		OWN_MEM char *line =
		    text_format("%s: %s, %s, %s", reply_text(c, "unit"), text_is_empty(level) ? "-" : level,
				text_is_empty(term) ? "-" : term, reply_text(c, "since"));

		form_line(_("Claim of a unit"), line);
	}
}

/* To be printed and sent: what is known is filled in, the rest is a line to write on. */
static void say_form(const char *unit, struct json_view r, struct json_view referral)
{
	bool unclear = text_equal(json_get_text(r, "state"), "provisional");
	bool disputed = text_equal(json_get_text(r, "state"), "disputed");
	struct json_view what = json_get(r, disputed ? "decided" : "proposed");

	say("%s\n", disputed  ? _("Report of a disputed matter")
		    : unclear ? _("Report of an unclear matter")
			      : _("Report of a matter beyond our authority"));
	form_line(_("To"), json_get_text(referral, "to"));
	form_line(_("From"), unit);
	form_blank(_("Our document number"));
	form_line(_("To be reported by"), json_get_text(referral, "due"));
	say("\n%s: %s", _("Record"), reply_text(r, "number"));
	form_line(_("Title"), json_get_text(r, "title"));
	form_line(_("Drafter"), json_get_text(r, "drafter"));
	form_line(_("Responsible person"), json_get_text(r, "responsible"));
	form_line(disputed  ? _("Level in force")
		  : unclear ? _("Level, provisional")
			    : _("Level, proposed"),
		  said_level(json_get_text(what, "level")));
	if (disputed)
		form_claims(referral);
	OWN_MEM char *term = said_term(json_get_text(what, "term"));
	form_line(_("Term"), term);
	form_scope(json_get(what, "scope"));
	form_line(_("Why"), json_get_text(what, "reason"));
	say("\n%s", disputed ? _("It is protected by the highest level that the rules ask for meanwhile.")
			     : _("It has been protected accordingly since it was proposed."));
	form_blank(_("Signature"));
	form_blank(_("Date"));
	say("\n%s", _("Answer"));
	form_blank(_("Level"));
	form_blank(_("Term"));
	form_blank(_("Who may know"));
	form_blank(_("Received on"));
	form_blank(_("Signature and date"));
}

static int run_form(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_REPLY struct reply status = {0};
	struct call call = {.method = "Agent.GetStatus"};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_show(ctl, &d, &reply));
	struct json_view r = json_get(reply.at, "record");
	struct json_view referral = json_get(r, "referral");
	if (!json_is_present(referral))
		return say_error(CLASSD_EXIT_STATE, d.number, "classctl help refer",
				 _("this record is not referred to anybody"));
	if (ctl->json)
		return ctl_print_json(referral);
	DO(ctl_call(ctl, &call, &status));
	say_form(json_get_text(status.at, "unit"), r, referral);
	return 0;
}

static const struct option_row unclear_options[] = {FIELD_VALUES, SIGN_OPTION, {0}};
static const struct option_row authority_options[] = {FIELD_VALUES, {0}};
static const struct option_row sent_options[] = {
    {"document", 0, OPTION_TEXT, "TEXT", N_("number that the report went out under; needed")},
    {"received", 0, OPTION_DATE, "DATE", N_("the day they had it (else today); the answer is due from there")},
    {0},
};
static const struct option_row answer_options[] = {
    {"document", 0, OPTION_TEXT, "TEXT", N_("the written answer; needed")},
    {"on", 0, OPTION_DATE, "DATE", N_("the day of the answer (else today)")},
    FIELD_VALUES,
    SIGN_OPTION,
    {0},
};

const struct command refer_commands[] = {
    {"refer unclear", GROUP_DECIDE, 1, 1, N_("DOCUMENT"),
     N_("sign provisional level, term and scope of a matter that no item covers"), run_unclear, unclear_options,
     N_("The document is protected as signed until the answer comes. The pack says to whom it is reported, and how "
	"soon."),
     "refer unclear 2026-000123 --level secret --term 5y --scope dept:planning --reason 'not in the catalogue'"},
    {"refer authority", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("send on what nobody here has the authority to decide"),
     run_authority, authority_options,
     N_("Open to every drafter, also where nobody is appointed. The document is protected with these values at once."),
     "refer authority 2026-000123 --item 1.2 --reason 'top secret is beyond our unit'"},
    {"refer form", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("the report of a referral, to be printed"), run_form, NULL,
     NULL, "refer form 2026-000123 | lp"},
    {"refer sent", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("the report went out"), run_sent, sent_options,
     N_("From the day of receipt runs the time for the answer; without one it is a finding."),
     "refer sent 2026-000123 --document 'PL 15/2026' --received 2026-03-04"},
    {"refer answer", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("enter the written answer, which decides"), run_answer,
     answer_options,
     N_("Level, term and scope are the provisional ones unless the answer says otherwise; --level with the lowest "
	"level\n"
	"when it is not secret. Whoever answered had the authority; it is signed here by who enters it."),
     "refer answer 2026-000123 --document 'Reply 3/2026' --on 2026-03-10 --level confidential"},
    {0},
};
