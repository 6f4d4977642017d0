/* policy install, confirm, rollback, sets: rules that arrive as one file, and the way back. */
#include "base/text.h"
#include "ctl/policy_file.h"
#include "ctl/table.h"

#include <stdio.h>
#include <stdlib.h>

/* The call with the bundle in sealed memory beside it; *ret_fd is to be held until it was sent. */
static int begin_call(struct ctl *ctl, struct call *call, int *ret_fd)
{
	OWN_BUFFER struct buffer whole = {0};

	DO(policy_file_read(ctl_word(ctl, 0), &whole));
	TRY(policy_file_seal(buffer_bytes(&whole), ret_fd));
	call->parameters = json_object();
	json_set_int(call->parameters, "bundle", call_pass(call, *ret_fd));
	return 0;
}

/* ---- install --dry-run ---- */

static void say_changes(struct json_view page)
{
	struct json_view changes = json_get(page, "changes");

	for (size_t i = 0; i < json_n(changes); i++) {
		struct json_view c = json_at(changes, i);
		OWN_MEM char *rule = say_safe(json_get_text(c, "rule"));
		OWN_MEM char *before = say_safe(json_get_text(c, "before"));
		OWN_MEM char *after = say_safe(json_get_text(c, "after"));

		say(_("rule %s: %s, then %s"), rule ? rule : "", before ? before : "", after ? after : "");
	}
}

static void say_touched(struct json_view page)
{
	struct json_view touched = json_get(page, "touched");

	for (size_t i = 0; i < json_n(touched); i++) {
		struct json_view t = json_at(touched, i);
		OWN_MEM char *why = say_safe(json_get_text(t, "why"));

		say(_("record %s: %s"), json_get_text(t, "number"), why ? why : "");
	}
}

static int say_head(struct json_view page)
{
	OWN_MEM char *pack = text_format("%s %s", reply_text(page, "pack"), reply_text(page, "version"));
	OWN_BUFFER struct buffer names = {0};
	struct json_view list = json_get(page, "approved_by");

	for (size_t i = 0; i < json_n(list); i++)
		buffer_add_format(&names, "%s%s", i ? ", " : "", json_as_text(json_at(list, i)));
	OWN_MEM char *approved = buffer_steal_text(&names);
	say_field(_("policy"), pack);
	say_field(_("issuer"), json_get_text(page, "issuer"));
	say_field(_("approved by"), approved);
	say_field(_("effective"), json_get_text(page, "effective"));
	say_field(_("takes over"), json_get_text(page, "starts"));
	say_field(_("digest"), json_get_text(page, "digest"));
	if (json_get_bool(page, "older"))
		say(_("it is not newer than what runs: installing it needs --older and --reason"));
	return 0;
}

struct dry_run {
	struct ctl *ctl;
	bool begun;
	long long touched, total, considered;
};

static int take_page(struct dry_run *d, struct json_view page)
{
	d->touched += (long long)json_n(json_get(page, "touched"));
	d->total = (long long)json_get_int(page, "total", 0);
	d->considered = (long long)json_get_int(page, "considered", 0);
	if (d->ctl->json)
		return ctl_print_json(page);
	if (!d->begun)
		DO(say_head(page));
	d->begun = true;
	say_changes(page);
	say_touched(page);
	return 0;
}

static int dry_run(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_FD int fd = -1;
	struct dry_run d = {.ctl = ctl};
	struct call call = {.method = "Policy.Examine", .more = true};

	DO(begin_call(ctl, &call, &fd));
	DO(ctl_call(ctl, &call, &reply));
	DO(take_page(&d, reply.at));
	while (reply.continues) {
		DO(ctl_next(ctl, &reply));
		DO(take_page(&d, reply.at));
	}
	if (!ctl->json)
		say(_n("%lld rule would change; %lld of %lld records are touched; nothing was installed",
		       "%lld rules would change; %lld of %lld records are touched; nothing was installed", d.total),
		    d.total, d.touched, d.considered);
	return 0;
}

/* ---- install, confirm, rollback ---- */

static int say_proposed(struct ctl *ctl, const struct reply *reply)
{
	if (ctl->json)
		return ctl_print_json(reply->at);
	say(_("set %lld waits for a second security administrator: classctl policy confirm %lld"),
	    (long long)json_get_int(reply->at, "set", 0), (long long)json_get_int(reply->at, "set", 0));
	say_field(_("takes over"), json_get_text(reply->at, "starts"));
	say_field(_("digest"), json_get_text(reply->at, "digest"));
	return 0;
}

static int run_install(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_FD int fd = -1;
	struct call call = {.method = "Policy.Install"};

	if (ctl_flag(ctl, "dry-run"))
		return dry_run(ctl);
	DO(begin_call(ctl, &call, &fd));
	json_set_bool(call.parameters, "older", ctl_flag(ctl, "older"));
	ctl_set(ctl, call.parameters, "reason", "reason");
	DO(ctl_call(ctl, &call, &reply));
	return say_proposed(ctl, &reply);
}

/* "41" or "set-41". */
static int take_set(struct ctl *ctl, struct json *parameters)
{
	const char *word = ctl_word(ctl, 0);
	uint64_t id;

	if (!word)
		return 0;
	if (!text_to_u64(text_starts(word, "set-") ? word + 4 : word, INT64_MAX, &id))
		return say_error(CLASSD_EXIT_INPUT, NULL, _("classctl policy sets lists them"),
				 _("a set is named by its number"));
	json_set_int(parameters, "set", (int64_t)id);
	return 0;
}

static int run_confirm(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWNED(json) struct json *parameters = json_object();
	struct call call = {.method = "Policy.Confirm"};

	DO(take_set(ctl, parameters));
	call.parameters = steal(&parameters);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	if (json_get_bool(reply.at, "drops"))
		say(_("dropped; what ruled before rules again"));
	else
		say(_("confirmed; it takes over on %s"), json_get_text(reply.at, "starts"));
	say_note(_("whoever answers for a record that this touches has a task: classctl tasks --all"));
	return 0;
}

static int run_rollback(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	OWNED(json) struct json *parameters = json_object();
	struct call call = {.method = "Policy.Drop"};

	DO(take_set(ctl, parameters));
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	json_set_text(parameters, "reason", reason);
	call.parameters = steal(&parameters);
	DO(ctl_call(ctl, &call, &reply));
	return say_proposed(ctl, &reply);
}

/* ---- sets ---- */

static int run_sets(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	struct call call = {.method = "Policy.Sets"};

	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	table_init(&t, (const char *[]){_("set"), _("state"), _("version"), _("takes over"), _("issuer"), _("by"),
					_("confirmed by"), _("reason"), NULL});
	struct json_view sets = json_get(reply.at, "sets");
	for (size_t i = 0; i < json_n(sets); i++) {
		struct json_view set = json_at(sets, i);
		OWN_MEM char *id = text_format("%lld", (long long)json_get_int(set, "set", 0));
		OWN_MEM char *drops = text_format(_("without set %lld"), (long long)json_get_int(set, "drops", 0));
		OWN_MEM char *version = text_format("%s %s", reply_text(set, "pack"), reply_text(set, "version"));

		table_cell(&t, id);
		table_cell(&t, json_get_text(set, "state"));
		table_cell(&t, json_get_int(set, "drops", 0) ? drops : version);
		table_cell(&t, json_get_text(set, "starts"));
		table_cell(&t, json_get_text(set, "issuer"));
		table_cell(&t, json_get_text(set, "by"));
		table_cell(&t, json_get_text(set, "confirmed_by"));
		table_cell(&t, json_get_text(set, "reason"));
	}
	DO(table_print(&t, table_width(), stdout));
	if (text_equal(json_get_text(reply.at, "running"), "folder"))
		say(_("what runs is the pack that came with the program"));
	return 0;
}

static const struct option_row install_options[] = {
    {"dry-run", 0, OPTION_FLAG, NULL, N_("only say what would happen: differences, and the records that are touched")},
    {"older", 0, OPTION_FLAG, NULL, N_("also when it is older than what runs; needs --reason")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; goes into the journal")},
    {0},
};
static const struct option_row rollback_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; goes into the journal")},
    {0},
};

const struct command policy_install_commands[] = {
    {"policy install", GROUP_AGENT, 1, 1, N_("BUNDLE"), N_("bring in a set of rules that arrived as one file"),
     run_install, install_options,
     N_("For security administrators: one installs, another confirms. The bundle must be for this unit and approved by two "
	"persons whose keys root named in classd.yaml(5). A set that begins later is held until its day."),
     "policy install cn-2027.bundle --dry-run\npolicy install cn-2027.bundle"},
    {"policy confirm", GROUP_AGENT, 1, 1, N_("SET"), N_("agree to a set, or a way back, that another proposed"),
     run_confirm, NULL, N_("Look at it first: classctl policy diff set-SET, classctl policy impact set-SET."),
     "policy confirm 41"},
    {"policy rollback", GROUP_AGENT, 0, 1, N_("[SET]"), N_("drop the set that runs, or SET; what ruled before rules again"),
     run_rollback, rollback_options, N_("It counts when another security administrator has confirmed it."),
     "policy rollback --reason 'item 3.2 cannot be applied'"},
    {"policy sets", GROUP_AGENT, 0, 0, NULL, N_("the sets that arrived, and where they stand"), run_sets, NULL, NULL,
     "policy sets"},
    {0},
};
