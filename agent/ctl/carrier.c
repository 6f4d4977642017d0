/* carrier: records of what is no file. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/fields.h"
#include "ctl/record.h"

static int run_new(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_REPLY struct reply shown = {0};
	OWNED(json) struct json *whole = json_object();
	struct call call = {.method = "Custody.NewCarrier"};

	if (!ctl_text(ctl, "mark"))
		return ctl_missing(ctl, "--mark TEXT");
	if (!ctl_text(ctl, "place"))
		return ctl_missing(ctl, "--place TEXT");
	call.parameters = json_object();
	json_set_text(call.parameters, "carrier", ctl_word(ctl, 0));
	ctl_set(ctl, call.parameters, "mark", "mark");
	ctl_set(ctl, call.parameters, "place", "place");
	ctl_set(ctl, call.parameters, "holder", "holder");
	json_set(call.parameters, "fields", fields_of(ctl));
	DO(ctl_call(ctl, &call, &reply));
	DO(document_find(reply_text(reply.at, "number"), &d));
	DO(document_show(ctl, &d, &shown));
	if (!ctl->json)
		return record_print(ctl, &shown);
	json_set(whole, "record", json_copy(json_get(shown.at, "record")));
	return ctl_print_json(json_look(whole));
}

static int say_carrier(struct ctl *ctl, const struct reply *reply)
{
	struct json_view k = json_get(reply->at, "carrier");
	const char *person = json_get_text(k, "person"), *kind = json_get_text(k, "carrier");

	if (ctl->json)
		return ctl_print_json(reply->at);
	say_field(_("record"), json_get_text(k, "number"));
	say_field(_("carrier"), words_of(kind));
	say_field(_("its number"), json_get_text(k, "mark"));
	say_field(_("title"), json_get_text(k, "title"));
	say_field(_("where"), json_get_text(k, "place"));
	say_field(_("holder"), text_is_empty(person) ? json_get_text(k, "name") : person);
	say_field(_("since"), json_get_text(k, "since"));
	return 0;
}

static int run_show(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Custody.GetCarrier"};

	DO(document_ask(ctl, ctl_word(ctl, 0), &call, &reply));
	return say_carrier(ctl, &reply);
}

static int run_move(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = "Custody.MoveCarrier"};

	if (!ctl_text(ctl, "place"))
		return ctl_missing(ctl, "--place TEXT");
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", ctl_word(ctl, 0));
	json_set_text(call.parameters, "reason", reason);
	ctl_set(ctl, call.parameters, "place", "place");
	ctl_set(ctl, call.parameters, "holder", "holder");
	DO(ctl_call(ctl, &call, &reply));
	return say_carrier(ctl, &reply);
}

/* clang-format off */
#define PLACE_OPTION {"place", 0, OPTION_TEXT, "TEXT", N_("where it is; needed")}
#define HOLDER_OPTION {"holder", 0, OPTION_TEXT, "WHO", N_("who has it: ID, or name:TEXT for somebody of elsewhere")}
/* clang-format on */

static const struct option_row new_options[] = {
    {"mark", 0, OPTION_TEXT, "TEXT", N_("the number that stands on it; needed")},
    PLACE_OPTION,
    HOLDER_OPTION,
    FIELD_VALUES,
    FIELD_DRAFTING,
    {0},
};
static const struct option_row move_options[] = {
    PLACE_OPTION,
    HOLDER_OPTION,
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {0},
};

const struct command carrier_commands[] = {
    {"carrier new", GROUP_DOCUMENT, 1, 1, N_("CARRIER"), N_("draft a record of what is no file: paper, a disc, other media"),
     run_new, new_options,
     N_("It is submitted, decided, reviewed and destroyed like any other; nothing is sealed, and what is signed is the digest\n"
	"of its description."),
     "carrier new paper --mark 'A-2026-17' --title 'Board minutes' --place 'safe 3' --holder li --item 3.2"},
    {"carrier", GROUP_DOCUMENT, 1, 1, N_("NUMBER"), N_("where the carrier of a record is, and who has it"), run_show, NULL, NULL,
     "carrier 2026-000123"},
    {"carrier move", GROUP_DOCUMENT, 1, 1, N_("NUMBER"), N_("say where it is from now on"), run_move, move_options, NULL,
     "carrier move 2026-000123 --place 'archive 2' --holder wang --reason 'end of year'"},
    {0},
};
