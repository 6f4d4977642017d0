/* dispute, settle, order: what somebody objects to, what it is then, and what a superior says it is. */
#include "base/text.h"
#include "ctl/decide.h"
#include "ctl/document.h"
#include "ctl/fields.h"
#include "ctl/record.h"
#include "ctl/sign.h"

static int run_dispute(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = "Records.Dispute"};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	json_set_text(call.parameters, "reason", reason);
	ctl_set(ctl, call.parameters, "level", "level");
	ctl_set(ctl, call.parameters, "term", "term");
	ctl_set(ctl, call.parameters, "document", "document");
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

static int run_settle(struct ctl *ctl)
{
	if (!ctl_text(ctl, "reason"))
		return ctl_missing(ctl, "--reason TEXT");
	return decide_act(ctl, "settle");
}

static int run_order(struct ctl *ctl)
{
	if (!ctl_text(ctl, "document"))
		return ctl_missing(ctl, "--document TEXT");
	return decide_act(ctl, "order");
}

static const struct option_row dispute_options[] = {
    {"level", 'l', OPTION_TEXT, "LEVEL", N_("the level that it should have")},
    {"term", 't', OPTION_TEXT, "TERM", N_("the term that it should have")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {"document", 0, OPTION_TEXT, "TEXT", N_("the objection, where it came on paper")},
    {0},
};
static const struct option_row settle_options[] = {FIELD_VALUES, SIGN_OPTION, {0}};
static const struct option_row order_options[] = {
    {"document", 0, OPTION_TEXT, "TEXT", N_("the order; needed")},
    {"on", 0, OPTION_DATE, "DATE", N_("the day of the order (else today)")},
    FIELD_VALUES,
    SIGN_OPTION,
    {0},
};

const struct command dispute_commands[] = {
    {"dispute", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("object to what was decided"), run_dispute, dispute_options,
     N_("Until it is settled nothing is changed, extended or released, and nothing expires; the pack says whether the\n"
	"highest level that is claimed, for the longest term, protects it. refer form and refer sent take it further up."),
     "dispute 2026-000123 --level secret --reason 'names the site' --document 'Letter 7/2026'"},
    {"settle", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("decide a dispute"), run_settle, settle_options,
     N_("Level, term and scope stay unless options say otherwise; it is decided and signed like a classification."),
     "settle 2026-000123 --reason 'the site is published'"},
    {"order", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("enter what a superior, or the body asked, has decided"), run_order,
     order_options,
     N_("It is entered from the document and not refused; whoever disagrees disputes it then. No ceiling counts, because it\n"
	"was decided above."),
     "order 2026-000123 --document 'Order 9/2026' --on 2026-03-10 --level confidential --reason 'by order'"},
    {0},
};
