/* change, extend, release, publish: what is asked for about a record in force. Deciding it is approve, as for a proposal. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/fields.h"
#include "ctl/record.h"

/* The command's name is the kind of the request. */
static int run_request(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = "Records.Request"};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	json_set_text(call.parameters, "kind", ctl->command->name);
	json_set_text(call.parameters, "reason", reason);
	if (!text_equal(ctl->command->name, "release") && !text_equal(ctl->command->name, "publish"))
		json_set(call.parameters, "fields", fields_of(ctl));
	ctl_set(ctl, call.parameters, "document", "document");
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

/* clang-format off */
#define DOCUMENT_OPTION {"document", 0, OPTION_TEXT, "TEXT", N_("the paper that it rests on: an order, a reply, a consent")}
/* clang-format on */

static const struct option_row change_options[] = {
    FIELD_VALUES,
    FIELD_REGIME,
    {"from", 0, OPTION_LIST, "NUMBER", N_("source records that this document is derived from")},
    DOCUMENT_OPTION,
    {0},
};
static const struct option_row extend_options[] = {FIELD_VALUES, DOCUMENT_OPTION, {0}};
static const struct option_row release_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    DOCUMENT_OPTION,
    {0},
};

const struct command request_commands[] = {
    {"change", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("propose another level, term or scope for a record in force"),
     run_request, change_options,
     N_("It is decided like a classification, with approve; return refuses it, withdraw takes it back. Until then the\n"
	"document is protected by the higher of both levels, and the record stays as it is. --regime: it is to be another\n"
	"kind of secret; what was a state secret is given away only by who may decide at its level."),
     "change 2026-000123 --level secret --reason 'names the site now'\n"
     "change 2026-000123 --scope dept:planning,person:li --reason 'li joins the project'"},
    {"extend", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("propose a longer term, before the present one is over"),
     run_request, extend_options,
     N_("The new term counts from where the old one began. Where the pack says that an extension is a whole new\n"
	"decision, level and scope may be given, too. Once the term is over it is too late."),
     "extend 2026-000123 --term 15y --reason 'still in use'"},
    {"release", GROUP_DECIDE, 1, 1, N_("DOCUMENT"),
     N_("propose an earlier release, which is decided like a classification"), run_request, release_options,
     N_("A long-term item needs the document of the body that issued the catalogue where the pack says so."),
     "release 2026-000123 --reason 'published by the ministry'"},
    {"publish", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("propose to publish what is released, expired or not secret"), run_request,
     release_options,
     N_("Released is not public: whoever the pack says looks at it once more and decides, with approve."),
     "publish 2026-000123 --reason 'for the yearbook'"},
    {0},
};
