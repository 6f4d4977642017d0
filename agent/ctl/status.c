/* status and whoami: what the agent sees, and what it sees in the caller. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/pages.h"
#include "ctl/said.h"
#include "ctl/waiting.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 50 };

static void say_count(const char *label, struct json_view at, const char *key)
{
	OWN_MEM char *text = text_format("%lld", (long long)json_get_int(at, key, 0));

	say_field(label, text);
}

/* Why not by fanotify, where that is not what the configuration wants. */
static void say_back_ends(struct json_view roots)
{
	for (size_t i = 0; i < json_n(roots); i++) {
		struct json_view root = json_at(roots, i);
		OWN_MEM char *path = say_safe(json_get_text(root, "path"));
		OWN_MEM char *why = words_say(json_get_text(root, "watched_by_why"));

		if (text_equal(json_get_text(root, "kind"), "documents") && !text_is_empty(why) &&
		    !text_equal(json_get_text(root, "watched_by_why"), "as configured"))
			say(_("%s is watched by inotify: %s"), path ? path : "", why);
	}
}

/* How far the running scan is; else nothing. */
static char *progress(struct json_view root)
{
	if (!json_get_bool(root, "scanning"))
		return NULL;
	OWN_MEM char *seen = words_files_in(json_get_int(root, "listed", 0), json_get_int(root, "folders", 0));
	long long left = (long long)json_get_int(root, "folders_left", 0);

	return text_format(_n("scanning: %s, %lld folder to go", "scanning: %s, %lld folders to go", left),
			   seen ? seen : "", left);
}

/* A rule of the site may hide documents: how many names, is never silent. */
static void say_ignored(struct json_view roots)
{
	for (size_t i = 0; i < json_n(roots); i++) {
		struct json_view root = json_at(roots, i);
		OWN_MEM char *path = say_safe(json_get_text(root, "path"));
		long long n = (long long)json_get_int(root, "ignored_by_site", 0);

		if (n > 0)
			say(_n("%s: %lld name is ignored by rules of the configuration",
			       "%s: %lld names are ignored by rules of the configuration", n),
			    path ? path : "", n);
	}
}

static int say_roots(struct json_view roots)
{
	OWN_TABLE struct table t = {0};

	table_init(&t, (const char *[]){_("root"), _("mode"), _("files"), _("no record"), _("sealed"), _("watched by"),
					"", NULL});
	for (size_t i = 0; i < json_n(roots); i++) {
		struct json_view root = json_at(roots, i);

		if (!text_equal(json_get_text(root, "kind"), "documents"))
			continue;
		table_cell(&t, json_get_text(root, "path"));
		table_cell(&t, words_of(json_get_text(root, "mode")));
		table_number(&t, json_get_int(root, "files", 0));
		table_number(&t, json_get_int(root, "unrecorded", 0));
		table_number(&t, json_get_int(root, "sealed", 0));
		table_cell(&t, json_get_text(root, "watched_by"));
		OWN_MEM char *scan = progress(root);
		table_cell(&t, scan);
	}
	if (t.n_cells)
		say("%s", "");
	DO(table_print(&t, table_width(), stdout));
	say_back_ends(roots);
	say_ignored(roots);
	return 0;
}

/* What is said for a folder need not be said once more for the role that found it. */
static bool is_said_of_root(struct json_view list, const char *code)
{
	const char *what = code ? strchr(code, '/') : NULL;

	if (!what || !(text_starts(code, "watcher.") || text_starts(code, "registrar.")))
		return false;
	for (size_t i = 0; i < json_n(list); i++) {
		const char *other = json_get_text(json_at(list, i), "code");

		if (other && text_starts(other, "root.") && text_ends(other, what))
			return true;
	}
	return false;
}

static void say_degraded(struct json_view list)
{
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view d = json_at(list, i);

		if (is_said_of_root(list, json_get_text(d, "code")))
			continue;
		OWN_MEM char *code = say_safe(json_get_text(d, "code"));
		OWN_MEM char *detail = say_safe(json_get_text(d, "detail"));
		OWN_MEM char *since = say_safe(json_get_text(d, "since"));

		OWN_MEM char *times = text_format(_n(", %lld time", ", %lld times", json_get_int(d, "count", 1)),
						  (long long)json_get_int(d, "count", 1));

		say("%s: %s (%s %s%s)", code ? code : "", detail ? detail : "", _("since"), since ? since : "",
		    json_get_int(d, "count", 1) > 1 && times ? times : "");
	}
}

/* Rules that arrived and do not count yet. */
static void say_sets(struct json_view at)
{
	long long waiting = (long long)json_get_int(at, "policy_waiting", 0);
	OWN_MEM char *line = NULL;

	if (waiting) {
		line = text_format(_("set %lld waits for a second person: classctl policy sets"), waiting);
		say_field(_("new policy"), line);
	}
	if (!text_is_empty(json_get_text(at, "policy_next"))) {
		OWN_MEM char *next = text_format(_("%s takes over on %s"), reply_text(at, "policy_next"),
						 reply_text(at, "policy_next_on"));

		say_field(_("next policy"), next);
	}
}

static void say_incidents(struct json_view at)
{
	int64_t n = json_get_int(at, "incidents", 0), late = json_get_int(at, "incidents_late", 0);
	OWN_MEM char *line = text_format(_("%lld open, %lld of them late to be reported"), (long long)n, (long long)late);

	if (n)
		say_field(_("leaks, losses"), line);
}

static int say_agent(struct ctl *ctl, struct json_view at)
{
	int64_t waiting;
	OWN_MEM char *safe_pack = say_safe(json_get_text(at, "pack"));
	OWN_MEM char *safe_version = say_safe(json_get_text(at, "pack_version"));
	OWN_MEM char *pack = text_format("%s %s", safe_pack ? safe_pack : "", safe_version ? safe_version : "");
	OWN_MEM char *day =
	    text_format("%s (%s)%s", reply_text(at, "today"), reply_text(at, "zone"),
			text_equal(reply_text(at, "clock"), "suspect") ? _(", the clock is suspect") : "");

	DO(waiting_count(ctl, &waiting));
	OWN_MEM char *number = text_format("%lld", (long long)waiting);
	say_field(_("agent"), json_get_bool(at, "trial") ? _("running, for trial only") : _("running"));
	say_field(_("unit"), json_get_text(at, "unit"));
	say_field(_("policy"), pack);
	say_sets(at);
	say_field(_("today"), day);
	say_count(_("records"), at, "records");
	say_count(_("findings"), at, "findings");
	say_incidents(at);
	if (waiting >= 0)
		say_field(_("waiting for you"), number);
	say_degraded(json_get(at, "degraded"));
	return say_roots(json_get(at, "roots"));
}

static void document_head(struct table *t)
{
	table_init(t, (const char *[]){_("document"), _("state"), _("owner"), _("type"), _("record"), _("level"),
				       _("suggested"), _("sealing"), NULL});
}

/* "3.2 SECRET": what the catalogue's signals say; else "label SECRET", what a label of another system is likely to
 * mean. */
static char *suggestion(struct json_view d)
{
	const char *item = json_get_text(d, "suggested_item");
	const char *level = json_get_text(d, "suggested_level");
	struct json_view labels = json_get(d, "labels");

	for (size_t i = 0; !item && i < json_n(labels); i++)
		if (!text_is_empty(json_get_text(json_at(labels, i), "likely")))
			return text_format("%s %s", _("label"), json_get_text(json_at(labels, i), "likely"));
	return text_format("%s%s%s", item ? item : "", item && level ? " " : "", level ? level : "");
}

/* The type as people call it; what has no such name is shown as it is. */
static const char *type_name(const char *type)
{
	static const char *const names[][2] = {
	    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
	    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
	    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"},
	    {"application/vnd.oasis.opendocument.text", "odt"},
	    {"application/vnd.oasis.opendocument.spreadsheet", "ods"},
	    {"application/vnd.oasis.opendocument.presentation", "odp"},
	    {"application/msword", "doc"},
	    {"application/pdf", "pdf"},
	    {"text/plain", "text"},
	};

	for (size_t i = 0; i < array_n(names); i++)
		if (text_equal(type, names[i][0]))
			return names[i][1];
	return type;
}

/* Relative where it lies below the working folder. */
static const char *shown_path(const char *path)
{
	char here[PATH_MAX];
	size_t n = getcwd(here, sizeof(here)) ? strlen(here) : 0;

	return n && strncmp(path, here, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

static void document_row(struct table *t, struct json_view d)
{
	const char *record = json_get_text(d, "record");
	const char *sealing = json_get_text(d, "sealing");
	OWN_MEM char *hint = suggestion(d);

	table_cell(t, shown_path(reply_text(d, "path")));
	table_cell(t, words_of(json_get_text(d, "state")));
	table_cell(t, json_get_text(d, "owner"));
	table_cell(t, type_name(json_get_text(d, "type")));
	table_cell(t, text_is_empty(record) ? _("no record") : record);
	cell_level(t, json_get_text(d, "level"));
	table_cell(t, hint);
	table_cell(t, text_equal(sealing, "none") ? "" : words_of(sealing));
}

/* On a terminal the first few, and that there are more; all of them where they were asked for, and for programs. */
static int list_unrecorded(struct ctl *ctl, struct json_view status)
{
	bool all = ctl_flag(ctl, "all");
	size_t otherwise = all || ctl->json ? 0 : SHOWN;
	struct pages p = {.key = "documents",
			  .row = document_row,
			  .heading = all ? _("Documents") : _("Documents without a record"),
			  .last_key = "status",
			  .last_value = status,
			  .most = (size_t)options_number(&ctl->options, "limit", otherwise)};
	struct call call = {.method = "Documents.List", .parameters = json_object()};

	json_set_bool(call.parameters, "unrecorded", !all);
	if (p.most)
		json_set_int(call.parameters, "limit", (int64_t)p.most + !ctl_flag(ctl, "limit"));
	document_head(&p.table);
	int result = pages_print(ctl, &call, &p, NULL);
	table_done(&p.table);
	if (result == 0 && p.is_cut)
		say_note(_("the first %zu are shown; --limit N shows more"), p.n);
	return result;
}

static int find_named(struct ctl *ctl, struct table *t, struct json *list)
{
	for (size_t i = 0; i < ctl->options.n_words; i++) {
		OWN_DOCUMENT struct document d = {.fd = -1};
		OWN_REPLY struct reply reply = {0};
		struct call call = {.method = "Documents.Find"};

		DO(document_find(ctl_word(ctl, i), &d));
		document_refer(&d, &call, "document");
		DO(ctl_call(ctl, &call, &reply));
		document_row(t, json_get(reply.at, "document"));
		json_append(list, json_copy(json_get(reply.at, "document")));
	}
	return 0;
}

static int print_whole(struct json_view status, struct json *list)
{
	OWNED(json) struct json *whole = json_object();

	json_set(whole, "status", json_copy(status));
	json_set(whole, "documents", list);
	return ctl_print_json(json_look(whole));
}

/* Without its key or any rules the agent shows no documents and no rights; that it has none, it does say. */
static bool is_blind(struct json_view status)
{
	struct json_view list = json_get(status, "degraded");

	if (text_is_empty(json_get_text(status, "pack")))
		return true;

	for (size_t i = 0; i < json_n(list); i++)
		if (text_equal(json_get_text(json_at(list, i), "code"), "no-key"))
			return true;
	return false;
}

static int say_named(struct ctl *ctl, struct json_view status)
{
	OWNED(json) struct json *list = json_array();
	OWN_TABLE struct table t = {0};

	document_head(&t);
	DO(find_named(ctl, &t, list));
	return ctl->json ? print_whole(status, steal(&list)) : table_print(&t, table_width(), stdout);
}

/* Who is no person of the register is told the numbers and no documents; the system administrator is none on purpose.
 */
static int say_documents(struct ctl *ctl, struct json_view status)
{
	OWN_REPLY struct reply me = {0};
	struct call call = {.method = "Agent.WhoAmI"};
	bool knows = !is_blind(status);

	if (knows)
		DO(ctl_call(ctl, &call, &me));
	if (json_get_text(me.at, "person"))
		return list_unrecorded(ctl, status);
	if (ctl->json)
		return print_whole(status, json_array());
	if (knows && json_get_int(me.at, "uid", -1) != 0)
		say("\n%s", _("You are not in the register of persons, so no documents are shown. A security "
			      "administrator enters you: classctl person add."));
	return 0;
}

static int run_status(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Agent.GetStatus"};

	DO(ctl_call(ctl, &call, &reply));
	if (!ctl->json && !ctl->options.n_words)
		DO(say_agent(ctl, reply.at));
	DO(ctl->options.n_words ? say_named(ctl, reply.at) : say_documents(ctl, reply.at));
	return ctl_flag(ctl, "exit-code") && json_n(json_get(reply.at, "degraded")) ? CLASSD_EXIT_DEGRADED : 0;
}

/* "a, b, c" */
static char *joined(struct json_view list)
{
	OWN_BUFFER struct buffer b = {0};

	for (size_t i = 0; i < json_n(list); i++)
		buffer_add_format(&b, "%s%s", i ? ", " : "", json_as_text(json_at(list, i)));
	return buffer_steal_text(&b);
}

/* Acts that are refused for one reason share its line. */
static void say_may_not(struct json_view no)
{
	for (size_t i = 0; i < json_n(no);) {
		const char *why = reply_text(json_at(no, i), "why");
		OWN_BUFFER struct buffer line = {0};

		for (size_t first = i; i < json_n(no) && text_equal(reply_text(json_at(no, i), "why"), why); i++)
			buffer_add_format(&line, "%s%s", i == first ? "" : ", ", reply_text(json_at(no, i), "act"));
		buffer_add_format(&line, ": %s", words_of(why));
		OWN_MEM char *text = buffer_steal_text(&line);
		say_field(_("may not"), text);
	}
}

static int run_whoami(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Agent.WhoAmI"};

	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	OWN_MEM char *departments = joined(json_get(reply.at, "departments"));
	OWN_MEM char *roles = joined(json_get(reply.at, "roles"));
	OWN_MEM char *may = joined(json_get(reply.at, "may"));
	const char *person = json_get_text(reply.at, "person");

	say_field(_("person"), person ? person : _("not in the register of persons"));
	say_field(_("name"), json_get_text(reply.at, "name"));
	say_field(_("login"), json_get_text(reply.at, "login"));
	say_count(_("uid"), reply.at, "uid");
	say_field(_("departments"), departments);
	say_field(_("roles"), roles);
	say_field(_("may"), may);
	say_may_not(json_get(reply.at, "may_not"));
	return 0;
}

static const struct option_row status_options[] = {
    {"all", 'a', OPTION_FLAG, NULL, N_("show every document you may know of, not only those without a record")},
    {"limit", 'n', OPTION_NUMBER, "N", N_("at most N documents (else 50, with --all and --json all)")},
    {"exit-code", 0, OPTION_FLAG, NULL, N_("exit with 9 when something is degraded")},
    {0},
};

const struct command status_commands[] = {
    {"status", GROUP_AGENT, 0, WORDS_ANY, N_("[DOCUMENT…]"),
     N_("what the agent sees: its state, and documents without a record"), run_status, status_options,
     N_("With documents: what is known of each. A suggested level comes from words of the catalogue in the text; it is "
	"a hint and decides nothing."),
     "status\nstatus report.docx\nstatus --all --json\nstatus --exit-code"},
    {"whoami", GROUP_AGENT, 0, 0, NULL, N_("who you are to the agent, what you may do, and why not the rest"),
     run_whoami, NULL, NULL, "whoami"},
    {0},
};
