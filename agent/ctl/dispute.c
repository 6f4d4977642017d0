/* dispute, settle, order: what somebody objects to, what each unit claims, what it is then, and what a superior says.
 */
#include "base/text.h"
#include "ctl/decide.h"
#include "ctl/document.h"
#include "ctl/fields.h"
#include "ctl/form.h"
#include "ctl/record.h"
#include "ctl/said.h"
#include "ctl/sign.h"
#include "ctl/table.h"

static int send_claim(struct ctl *ctl, const char *method, bool drops)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = method};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	json_set_text(call.parameters, "reason", reason);
	if (drops)
		json_set_bool(call.parameters, "withdraw", true);
	ctl_set(ctl, call.parameters, "unit", "unit");
	ctl_set(ctl, call.parameters, "level", "level");
	ctl_set(ctl, call.parameters, "term", "term");
	ctl_set(ctl, call.parameters, "document", "document");
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

static int run_dispute(struct ctl *ctl)
{
	return send_claim(ctl, "Records.Dispute", false);
}

static int run_claim(struct ctl *ctl)
{
	return send_claim(ctl, "Records.SetClaim", false);
}

static int run_withdraw(struct ctl *ctl)
{
	return send_claim(ctl, "Records.SetClaim", true);
}

/* What is in force first: that is claimed by whoever decided it. */
static int print_claims(struct json_view record, struct json_view referral)
{
	const char *heads[] = {_("unit"), _("level"), _("term"), _("since"), NULL};
	struct json_view decided = json_get(record, "decided"), claims = json_get(referral, "claims");
	OWN_TABLE struct table table;

	table_init(&table, heads);
	table_cell(&table, _("in force"));
	cell_level(&table, json_get_text(decided, "level"));
	cell_term(&table, json_get_text(decided, "term"));
	table_cell(&table, json_get_text(record, "decided_at"));
	for (size_t i = 0; i < json_n(claims); i++) {
		struct json_view c = json_at(claims, i);

		table_cell(&table, json_get_text(c, "unit"));
		cell_level(&table, json_get_text(c, "level"));
		cell_term(&table, json_get_text(c, "term"));
		table_cell(&table, json_get_text(c, "since"));
	}
	return table_print(&table, table_width(), stdout);
}

static int look(struct ctl *ctl, struct document *d, struct reply *ret)
{
	DO(document_find(ctl_word(ctl, 0), d));
	DO(document_show(ctl, d, ret));
	if (!text_equal(json_get_text(json_get(ret->at, "record"), "state"), "disputed"))
		return say_error(CLASSD_EXIT_STATE, d->number, "classctl help dispute",
				 _("this record is not disputed"));
	return 0;
}

static int run_show(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};

	DO(look(ctl, &d, &reply));
	struct json_view record = json_get(reply.at, "record"), referral = json_get(record, "referral");
	if (ctl->json)
		return ctl_print_json(referral);
	say("%s: %s", _("Record"), d.number);
	form_line(_("Disputed since"), json_get_text(referral, "referred_on"));
	form_line(_("Protected as"), json_get_text(record, "protection"));
	form_line(_("Settled by"), json_get_text(referral, "to"));
	form_line(_("Next step due"), json_get_text(referral, "due"));
	return print_claims(record, referral);
}

/* As if it had been said on the command line. */
static void say_value(struct ctl *ctl, const char *name, const char *value)
{
	struct options *o = &ctl->options;

	if (text_is_empty(value) || ctl_flag(ctl, name) || o->n_given == OPTIONS_MAX)
		return;
	for (const struct option_row *row = ctl->command->options; row->name; row++)
		if (text_equal(row->name, name))
			o->given[o->n_given++] = (struct option_given){row, value};
}

/* The document is marked, and the decision checked, with the level and term of the claim that is named. */
static int take_claim(struct ctl *ctl, struct reply *shown)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	const char *unit = ctl_text(ctl, "claim");

	if (!unit || text_equal(unit, "none"))
		return 0;
	DO(look(ctl, &d, shown));
	struct json_view claims = json_get(json_get(json_get(shown->at, "record"), "referral"), "claims");
	for (size_t i = 0; i < json_n(claims); i++)
		if (text_equal(json_get_text(json_at(claims, i), "unit"), unit)) {
			say_value(ctl, "level", json_get_text(json_at(claims, i), "level"));
			say_value(ctl, "term", json_get_text(json_at(claims, i), "term"));
		}
	return 0; /* a unit that claims nothing is refused by the agent */
}

static int run_settle(struct ctl *ctl)
{
	OWN_REPLY struct reply shown = {0};

	if (!ctl_text(ctl, "reason"))
		return ctl_missing(ctl, "--reason TEXT");
	DO(take_claim(ctl, &shown));
	return decide_act(ctl, "settle");
}

static int run_order(struct ctl *ctl)
{
	OWN_REPLY struct reply shown = {0};

	if (!ctl_text(ctl, "document"))
		return ctl_missing(ctl, "--document TEXT");
	DO(take_claim(ctl, &shown));
	return decide_act(ctl, "order");
}

#define CLAIM_OPTION                                                                                                   \
	{                                                                                                              \
		"claim", 0, OPTION_TEXT, "UNIT", N_("whose claim that is; none: nobody's")                             \
	}

static const struct option_row dispute_options[] = {
    {"unit", 0, OPTION_TEXT, "UNIT", N_("the unit that says so (else your department)")},
    {"level", 'l', OPTION_TEXT, "LEVEL", N_("the level that it should have")},
    {"term", 't', OPTION_TEXT, "TERM", N_("the term that it should have")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {"document", 0, OPTION_TEXT, "TEXT", N_("the objection, where it came on paper")},
    {0},
};
static const struct option_row withdraw_options[] = {
    {"unit", 0, OPTION_TEXT, "UNIT", N_("the unit that says so (else your department)")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {"document", 0, OPTION_TEXT, "TEXT", N_("that unit's paper")},
    {0},
};
static const struct option_row settle_options[] = {FIELD_VALUES, CLAIM_OPTION, SIGN_OPTION, {0}};
static const struct option_row order_options[] = {
    {"document", 0, OPTION_TEXT, "TEXT", N_("the order; needed")},
    {"on", 0, OPTION_DATE, "DATE", N_("the day of the order (else today)")},
    FIELD_VALUES,
    CLAIM_OPTION,
    SIGN_OPTION,
    {0},
};

const struct command dispute_commands[] = {
    {"dispute", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("object to what was decided"), run_dispute, dispute_options,
     N_("Until it is settled nothing is changed, extended or released, and nothing expires; the pack says whether the\n"
	"highest level that is claimed, for the longest term, protects it. refer form and refer sent take it further "
	"up."),
     "dispute 2026-000123 --level secret --reason 'names the site' --document 'Letter 7/2026'"},
    {"dispute claim", GROUP_DECIDE, 1, 1, N_("DOCUMENT"),
     N_("what another unit claims in a dispute, or claims from now on"), run_claim, dispute_options,
     N_("All that is claimed counts until it is withdrawn or the dispute is settled. Where the record would be "
	"protected\n"
	"less than now, the unit's paper is named."),
     "dispute claim 2026-000123 --unit 'Office of Ports' --level secret --term 20y --reason 'names the berth'"},
    {"dispute withdraw", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("a unit claims nothing any more"), run_withdraw,
     withdraw_options, N_("The dispute goes on until it is settled, also when nobody claims anything any more."),
     "dispute withdraw 2026-000123 --unit 'Office of Ports' --document 'Letter 9/2026' --reason 'the berth is public'"},
    {"dispute show", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("who claims what"), run_show, NULL, NULL,
     "dispute show 2026-000123"},
    {"settle", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("decide a dispute"), run_settle, settle_options,
     N_("Level, term and scope stay unless options say otherwise; it is decided and signed like a classification. "
	"With\n"
	"--claim they are those that the unit claims; history says for whom it was settled."),
     "settle 2026-000123 --reason 'the site is published'\nsettle 2026-000123 --claim 'Office of Ports' --reason 'the "
     "berth is named'"},
    {"order", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("enter what a superior, or the body asked, has decided"),
     run_order, order_options,
     N_("It is entered from the document and not refused; whoever disagrees disputes it then. No ceiling counts, "
	"because it\n"
	"was decided above."),
     "order 2026-000123 --document 'Order 9/2026' --on 2026-03-10 --level confidential --reason 'by order'"},
    {0},
};
