/* person: the register of people, entered by one security administrator and confirmed by another. */
#include "ctl/person.h"

#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/pages.h"
#include "ctl/said.h"
#include "format/label.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

/* word: how each is said; NULL: as it is. */
static char *joined(struct json_view list, const char *(*word)(const char *))
{
	OWN_BUFFER struct buffer b = {0};

	for (size_t i = 0; i < json_n(list); i++) {
		const char *text = json_as_text(json_at(list, i));

		buffer_add_format(&b, "%s%s", i ? ", " : "", word ? word(text) : text);
	}
	return buffer_steal_text(&b);
}

static void say_appointments(struct json_view list)
{
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view a = json_at(list, i);
		OWN_MEM char *levels = joined(json_get(a, "levels"), said_level);
		OWN_MEM char *departments = joined(json_get(a, "departments"), NULL);
		OWN_MEM char *matters = joined(json_get(a, "matters"), NULL);
		OWN_MEM char *line = text_format(
		    "%lld %s: %s; %s; %s; %s – %s%s", (long long)json_get_int(a, "id", 0),
		    words_of(reply_text(a, "kind")), levels, departments, matters, reply_text(a, "from"),
		    reply_text(a, "until"), json_get_bool(a, "confirmed") ? "" : _(" (waits for a second person)"));

		say_field(i ? "" : _("appointments"), line);
	}
}

static void say_rest(struct json_view p)
{
	struct json_view trainings = json_get(p, "trainings");
	struct json_view keys = json_get(p, "keys");

	for (size_t i = 0; i < json_n(trainings); i++) {
		struct json_view t = json_at(trainings, i);
		const char *until = reply_text(t, "valid_until");
		OWN_MEM char *line =
		    text_format("%s: %s (%lld h)%s%s", reply_text(t, "held"), reply_text(t, "content"),
				(long long)json_get_int(t, "hours", 0), *until ? _(", valid until ") : "", until);
		say_field(i ? "" : _("trainings"), line);
	}
	for (size_t i = 0; i < json_n(keys); i++) {
		struct json_view k = json_at(keys, i);
		const char *state = json_get_text(k, "state");
		OWN_MEM char *line = text_format("%s %s", reply_text(k, "fingerprint"), words_of(state));

		say_field(i ? "" : _("keys"), line);
	}
}

int person_print(struct ctl *ctl, const struct reply *reply)
{
	struct json_view p = json_get(reply->at, "person");
	OWN_MEM char *departments = joined(json_get(p, "departments"), NULL);
	OWN_MEM char *roles = joined(json_get(p, "roles"), words_of);
	const char *state = json_get_text(p, "state");

	if (ctl->json)
		return ctl_print_json(reply->at);
	say_field(_("person"), json_get_text(p, "id"));
	say_field(_("name"), json_get_text(p, "name"));
	say_field(_("login"), json_get_text(p, "login"));
	say_field(_("state"), words_of(state));
	if (!text_is_empty(json_get_text(p, "change")))
		say_field(_("change"), json_get_text(p, "change"));
	say_field(_("departments"), departments);
	say_field(_("roles"), roles);
	say_field(_("category"), json_get_text(p, "category"));
	say_field(_("cleared until"), json_get_text(p, "cleared_until"));
	say_field(_("undertaking"), json_get_text(p, "undertaking"));
	say_field(_("until"), json_get_text(p, "until"));
	say_appointments(json_get(p, "appointments"));
	say_rest(p);
	return 0;
}

int person_call(struct ctl *ctl, struct call *call)
{
	OWN_REPLY struct reply reply = {0};

	if (!call->parameters)
		call->parameters = json_object();
	json_set_text(call->parameters, "id", ctl_word(ctl, 0));
	DO(ctl_call(ctl, call, &reply));
	return person_print(ctl, &reply);
}

static void set_common(struct ctl *ctl, struct json *to)
{
	ctl_set(ctl, to, "category", "category");
	ctl_set(ctl, to, "cleared_until", "cleared-until");
	ctl_set(ctl, to, "undertaking", "undertaking");
	ctl_set(ctl, to, "until", "until");
}

/* The agent looks up no names: it is told uid and login together. "1001:li" is taken as it is. */
static char *with_uid(const char *login)
{
	const struct passwd *user = strchr(login, ':') ? NULL : getpwnam(login);

	return user ? text_format("%u:%s", (unsigned)user->pw_uid, login) : text_copy(login);
}

static int run_add(struct ctl *ctl)
{
	OWN_MEM char *name = NULL;
	OWN_MEM char *login = NULL;
	struct call call = {.method = "Persons.Add"};

	DO(ctl_need(ctl, "name", _("Name"), &name));
	DO(ctl_need(ctl, "login", _("Login"), &login));
	OWN_MEM char *both = with_uid(login);
	if (both && !strchr(both, ':')) {
		OWN_MEM char *where = say_safe(login);
		return say_error(CLASSD_EXIT_NOT_FOUND, where, _("name a login of this machine, or give UID:LOGIN"),
				 _("there is no such user here"));
	}
	call.parameters = json_object();
	json_set_text(call.parameters, "name", name);
	json_set_text(call.parameters, "login", both);
	ctl_set_always(ctl, call.parameters, "departments", "department");
	ctl_set_always(ctl, call.parameters, "roles", "role");
	set_common(ctl, call.parameters);
	return person_call(ctl, &call);
}

static int run_change(struct ctl *ctl)
{
	struct call call = {.method = "Persons.Change", .parameters = json_object()};

	ctl_set(ctl, call.parameters, "name", "name");
	ctl_set(ctl, call.parameters, "departments", "department");
	ctl_set(ctl, call.parameters, "roles", "role");
	set_common(ctl, call.parameters);
	return person_call(ctl, &call);
}

/* What waits is shown first, and is what is confirmed. */
static int take_change(struct ctl *ctl, struct json *parameters)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Persons.Show", .parameters = json_object()};
	const char *change;

	json_set_text(call.parameters, "id", ctl_word(ctl, 0));
	DO(ctl_call(ctl, &call, &reply));
	change = json_get_text(json_get(reply.at, "person"), "change");
	if (text_is_empty(change))
		return 0;
	OWN_MEM char *safe = say_safe(change);
	say_note("%s", safe);
	json_set_text(parameters, "which", change);
	return ask_sure(_("Confirm this change?"));
}

static int run_confirm(struct ctl *ctl)
{
	static const char *const kinds[] = {"key", "appointment"};
	struct call call = {.method = "Persons.Confirm", .parameters = json_object()};
	const char *what = ctl_flag(ctl, "change") ? "change" : "person";

	for (size_t i = 0; i < array_n(kinds); i++)
		if (ctl_flag(ctl, kinds[i])) {
			what = kinds[i];
			json_set_text(call.parameters, "which", ctl_text(ctl, what));
		}
	json_set_text(call.parameters, "what", what);
	if (ctl_flag(ctl, "change")) {
		int r = take_change(ctl, call.parameters);

		if (r) {
			json_free(call.parameters);
			return r;
		}
	}
	return person_call(ctl, &call);
}

static int run_show(struct ctl *ctl)
{
	struct call call = {.method = "Persons.Show"};

	return person_call(ctl, &call);
}

static void list_row(struct table *t, struct json_view p)
{
	OWN_MEM char *departments = joined(json_get(p, "departments"), NULL);
	OWN_MEM char *roles = joined(json_get(p, "roles"), words_of);

	table_cell(t, json_get_text(p, "id"));
	table_cell(t, json_get_text(p, "name"));
	table_cell(t, json_get_text(p, "login"));
	table_cell(t, departments);
	table_cell(t, roles);
	table_cell(t, words_of(json_get_text(p, "state")));
}

static int run_list(struct ctl *ctl)
{
	struct pages p = {.key = "persons", .row = list_row};
	struct call call = {.method = "Persons.List", .parameters = json_object()};

	ctl_set(ctl, call.parameters, "pending", "pending");
	table_init(&p.table, (const char *[]){_("person"), _("name"), _("login"), _("departments"), _("roles"),
					      _("state"), NULL});
	int result = pages_print(ctl, &call, &p, NULL);
	table_done(&p.table);
	return result;
}

/* YYYY-MM-DD of a revocation as the last second of that day, the way ssh-keygen reads it: the day itself still counts.
 */
static void add_end(const char *revoked, struct buffer *line)
{
	buffer_add_text(line, "valid-before=\"");
	for (; *revoked; revoked++)
		if (*revoked != '-')
			buffer_u8(line, (uint8_t)*revoked);
	buffer_add_text(line, "235959\",");
}

static void add_signer(const char *id, struct json_view key, struct json *lines)
{
	OWN_BUFFER struct buffer line = {0};
	OWN_MEM char *text = NULL;
	const char *revoked = json_get_text(key, "revoked");

	if (text_equal(json_get_text(key, "state"), "pending"))
		return; /* nobody has said that it is his */
	buffer_add_format(&line, "%s ", id);
	if (!text_is_empty(revoked))
		add_end(revoked, &line);
	buffer_add_format(&line, "namespaces=\"" LABEL_NAMESPACE "," ISSUE_NAMESPACE "," SET_NAMESPACE "\" %s",
			  reply_text(key, "line"));
	text = buffer_steal_text(&line);
	json_append_text(lines, text ? text : "");
}

static int add_signers(struct json_view person, void *arg)
{
	struct json_view keys = json_get(person, "keys");

	for (size_t k = 0; k < json_n(keys); k++)
		add_signer(reply_text(person, "id"), json_at(keys, k), arg);
	return 0;
}

/* What an outsider needs to verify signatures with ssh-keygen alone: its list of allowed signers. */
static int run_signers(struct ctl *ctl)
{
	OWNED(json) struct json *to = json_object();
	struct call call = {.method = "Persons.List", .parameters = json_object()};
	struct json *lines = json_array();

	int result = pages_each(ctl, &call, "persons", add_signers, lines);
	json_set(to, "signers", lines);
	DO(result);
	if (ctl->json)
		return ctl_print_json(json_look(to));
	struct json_view said = json_get(json_look(to), "signers");
	for (size_t i = 0; i < json_n(said); i++)
		if (puts(json_as_text(json_at(said, i))) < 0)
			return FAULT(errno, "standard output");
	return 0;
}

static int with_reason(struct ctl *ctl, struct call *call)
{
	OWN_MEM char *reason = NULL;

	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	call->parameters = json_object();
	json_set_text(call->parameters, "reason", reason);
	ctl_set(ctl, call->parameters, "lift", "lift");
	if (ctl_word(ctl, 1))
		json_set_text(call->parameters, "fingerprint", ctl_word(ctl, 1));
	return person_call(ctl, call);
}

static int run_suspend(struct ctl *ctl)
{
	struct call call = {.method = "Persons.Suspend"};

	return with_reason(ctl, &call);
}

static int run_revoke_key(struct ctl *ctl)
{
	struct call call = {.method = "Persons.RevokeKey"};

	return with_reason(ctl, &call);
}

#define PERSON_OPTIONS                                                                                                 \
	{"name", 0, OPTION_TEXT, "TEXT", N_("name of the person")},                                                    \
	    {"department", 'd', OPTION_LIST, "NAME", N_("department")},                                                \
	    {"role", 0, OPTION_LIST, "ROLE",                                                                           \
	     N_("drafter, responsible, secrecy-office, security-administrator, auditor or head")},                     \
	    {"category", 0, OPTION_TEXT, "POST", N_("category of the post: core, important, general or none")},        \
	    {"cleared-until", 0, OPTION_DATE, "DATE", N_("last day of the clearance")},                                \
	    {"undertaking", 0, OPTION_DATE, "DATE", N_("day the undertaking was signed")},                             \
	{                                                                                                              \
		"until", 0, OPTION_DATE, "DATE", N_("last day in this register")                                       \
	}

static const struct option_row add_options[] = {
    {"login", 0, OPTION_TEXT, "LOGIN", N_("login of this machine, or UID:LOGIN")}, PERSON_OPTIONS, {0}};
static const struct option_row change_options[] = {PERSON_OPTIONS, {0}};
static const struct option_row confirm_options[] = {
    {"key", 0, OPTION_TEXT, "FINGERPRINT", N_("confirm this key, after comparing it with the person")},
    {"appointment", 0, OPTION_TEXT, "ID", N_("confirm this appointment")},
    {"change", 0, OPTION_FLAG, NULL, N_("confirm the change that waits")},
    {0},
};
static const struct option_row list_options[] = {
    {"pending", 0, OPTION_FLAG, NULL, N_("only what waits for a second person")},
    {0},
};
static const struct option_row suspend_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {"lift", 0, OPTION_FLAG, NULL, N_("end the suspension")},
    {0},
};
static const struct option_row revoke_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {0},
};

const struct command person_commands[] = {
    {"person add", GROUP_REGISTER, 1, 1, N_("ID"), N_("enter a person; another administrator confirms"), run_add,
     add_options, NULL,
     "person add li --name 'Li Wei' --login li --department planning --role drafter,responsible --category important"},
    {"person change", GROUP_REGISTER, 1, 1, N_("ID"), N_("change what is entered of a person"), run_change,
     change_options, NULL, "person change li --cleared-until 2028-12-31"},
    {"person confirm", GROUP_REGISTER, 1, 1, N_("ID"), N_("confirm what another administrator entered"), run_confirm,
     confirm_options, NULL, "person confirm li\nperson confirm li --appointment 3\nperson confirm li --key SHA256:…"},
    {"person show", GROUP_REGISTER, 1, 1, N_("ID"), N_("one person, with appointments, trainings and keys"), run_show,
     NULL, NULL, "person show li"},
    {"person list", GROUP_REGISTER, 0, 0, NULL, N_("the register"), run_list, list_options, NULL,
     "person list --pending"},
    {"person signers", GROUP_REGISTER, 0, 0, NULL, N_("keys of all persons, as ssh-keygen -Y verify reads them"),
     run_signers, NULL, NULL, "person signers >allowed_signers"},
    {"person suspend", GROUP_REGISTER, 1, 1, N_("ID"), N_("suspend a person, or lift it"), run_suspend, suspend_options,
     NULL, "person suspend li --reason 'investigation 7'\nperson suspend li --lift --reason 'closed'"},
    {"person revoke-key", GROUP_REGISTER, 2, 2, N_("ID FINGERPRINT"), N_("a key of this person counts no longer"),
     run_revoke_key, revoke_options, NULL, "person revoke-key li SHA256:… --reason 'laptop lost'"},
    {0},
};
