/* key: which keys there are, moving files to newer ones, retiring and destroying old ones. */
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/progress.h"
#include "ctl/table.h"

#include <stdio.h>
#include <time.h>

#define WAIT_MS	   500
#define WAIT_STILL 10 /* so many times nothing has moved */

/* ---- what is said ---- */

static void epoch_row(struct table *t, struct json_view e)
{
	const char *state = json_get_text(e, "state");
	OWN_MEM char *since = text_format("%.10s", reply_text(e, "since"));

	table_cell(t, json_get_text(e, "level"));
	table_cell(t, json_get_text(e, "epoch"));
	table_cell(t, json_get_text(e, "key_id"));
	table_cell(t, since);
	table_cell(t, text_is_empty(state) ? "-" : words_of(state));
	table_cell(t, json_get_bool(e, "readable") ? _("yes") : _("no"));
	table_number(t, json_get_int(e, "documents", 0));
	table_number(t, json_get_int(e, "kept", 0));
	table_number(t, json_get_int(e, "copies", 0));
}

static void epoch_head(struct table *t)
{
	table_init(t, (const char *[]){_("level"), _("epoch"), _("key"), _("since"), _("state"), _("readable"),
				       _("documents"), _("kept"), _("copies"), NULL});
}

static int say_epochs(struct json_view epochs)
{
	OWN_TABLE struct table t = {0};

	epoch_head(&t);
	for (size_t i = 0; i < json_n(epochs); i++)
		epoch_row(&t, json_at(epochs, i));
	return table_print(&t, table_width(), stdout);
}

static void say_rotation(struct json_view r)
{
	const char *mode = json_get_text(r, "mode"), *by = reply_text(r, "by");
	OWN_MEM char *who = say_safe(text_equal(by, "-") ? _("the agent") : by);
	OWN_MEM char *head = text_format("%s %s", reply_text(r, "level"), reply_text(r, "epoch"));
	OWN_MEM char *safe = say_safe(head);

	if (!text_is_empty(json_get_text(r, "ended")))
		say(_n("rotation to %s (%s): done %.10s, %lld file moved; begun %.10s by %s",
		       "rotation to %s (%s): done %.10s, %lld files moved; begun %.10s by %s",
		       json_get_int(r, "moved", 0)),
		    safe, text_is_empty(mode) ? "-" : words_of(mode), reply_text(r, "ended"),
		    (long long)json_get_int(r, "moved", 0), reply_text(r, "begun"), who);
	else
		say(_n("rotation to %s (%s): under way, %lld file moved, %lld could not be; begun %.10s by %s",
		       "rotation to %s (%s): under way, %lld files moved, %lld could not be; begun %.10s by %s",
		       json_get_int(r, "moved", 0)),
		    safe, text_is_empty(mode) ? "-" : words_of(mode), (long long)json_get_int(r, "moved", 0),
		    (long long)json_get_int(r, "left", 0), reply_text(r, "begun"), who);
}

static void say_left(struct json_view left)
{
	const char *number = reply_text(left, "number");
	OWN_MEM char *line = text_format("%s%s%s (%s %s): %s", number, number[0] ? " " : "", reply_text(left, "path"),
					 reply_text(left, "level"), reply_text(left, "epoch"), reply_text(left, "why"));

	say_field(_("  not moved"), line);
}

static void say_proposals(struct json_view epochs)
{
	for (size_t i = 0; i < json_n(epochs); i++) {
		struct json_view e = json_at(epochs, i);
		OWN_MEM char *by = say_safe(reply_text(e, "destroy_by"));

		if (by && by[0])
			say(_("%s %s: %s proposed on %s to destroy it; a second security administrator decides"),
			    reply_text(e, "level"), reply_text(e, "epoch"), by, reply_text(e, "destroy_on"));
	}
}

static bool has_old_files(struct json_view epochs)
{
	for (size_t i = 0; i < json_n(epochs); i++) {
		struct json_view e = json_at(epochs, i);

		if (text_equal(json_get_text(e, "state"), "old") &&
		    json_get_int(e, "documents", 0) + json_get_int(e, "kept", 0) + json_get_int(e, "copies", 0) > 0)
			return true;
	}
	return false;
}

static bool is_under_way(struct json_view at)
{
	struct json_view rotations = json_get(at, "rotations");

	for (size_t i = 0; i < json_n(rotations); i++)
		if (text_is_empty(json_get_text(json_at(rotations, i), "ended")))
			return true;
	return false;
}

static int say_status(struct json_view at)
{
	struct json_view epochs = json_get(at, "epochs"), rotations = json_get(at, "rotations");
	struct json_view left = json_get(at, "left");

	DO(say_epochs(epochs));
	say_field(_("escrow key"), json_get_text(at, "escrow"));
	say_field(_("files counted"), json_get_text(at, "scanned"));
	if (json_get_bool(at, "incomplete"))
		say_note("%s", _("some folders could not be looked at: there may be more files"));
	for (size_t i = 0; i < json_n(rotations); i++)
		say_rotation(json_at(rotations, i));
	for (size_t i = 0; i < json_n(left); i++)
		say_left(json_at(left, i));
	say_proposals(epochs);
	if (has_old_files(epochs) && !json_get_bool(at, "rewrap_by_itself") && !is_under_way(at))
		say_note("%s", _("files stay on the key they were sealed to until: classctl key rotate"));
	return 0;
}

/* ---- status, files ---- */

static int call_status(struct ctl *ctl, bool scan, struct reply *ret)
{
	struct call call = {.method = "Keys.Status", .parameters = json_object()};

	reply_done(ret);
	*ret = (struct reply){0};
	json_set_bool(call.parameters, "scan", scan);
	return ctl_call(ctl, &call, ret);
}

static int run_status(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};

	DO(call_status(ctl, ctl_flag(ctl, "scan"), &reply));
	return ctl->json ? ctl_print_json(reply.at) : say_status(reply.at);
}

static int call_files(struct ctl *ctl, struct reply *ret)
{
	struct call call = {.method = "Keys.Files", .parameters = json_object()};

	json_set_text(call.parameters, "level", ctl_word(ctl, 0));
	json_set_text(call.parameters, "epoch", ctl_word(ctl, 1));
	ctl_set(ctl, call.parameters, "limit", "limit");
	return ctl_call(ctl, &call, ret);
}

static int say_files(struct json_view at)
{
	OWN_TABLE struct table t = {0};
	struct json_view files = json_get(at, "files");

	table_init(&t, (const char *[]){_("record"), _("what"), _("path"), NULL});
	for (size_t i = 0; i < json_n(files); i++) {
		struct json_view f = json_at(files, i);
		const char *kind = json_get_text(f, "kind");

		table_cell(&t, json_get_text(f, "number"));
		table_cell(&t, text_is_empty(kind) ? "-" : words_of(kind));
		table_cell(&t, json_get_text(f, "path"));
	}
	DO(table_print(&t, table_width(), stdout));
	say(_n("%lld file is sealed to it", "%lld files are sealed to it", json_get_int(at, "total", 0)),
	    (long long)json_get_int(at, "total", 0));
	return 0;
}

static int run_files(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};

	DO(call_files(ctl, &reply));
	return ctl->json ? ctl_print_json(reply.at) : say_files(reply.at);
}

/* ---- rotate ---- */

static int64_t moved_of(struct json_view at)
{
	struct json_view rotations = json_get(at, "rotations");
	int64_t moved = 0;

	for (size_t i = 0; i < json_n(rotations); i++)
		if (text_is_empty(json_get_text(json_at(rotations, i), "ended")))
			moved += json_get_int(json_at(rotations, i), "moved", 0);
	return moved;
}

/* For a while nothing moves any more, and something could not be moved: whoever waits wants to know. */
static bool is_stuck(struct json_view at, int64_t *moved, unsigned *still)
{
	bool stands = json_n(json_get(at, "left")) > 0 && moved_of(at) == *moved;

	*still = stands ? *still + 1 : 0;
	*moved = moved_of(at);
	return *still > WAIT_STILL;
}

static void show_progress(struct progress *p, struct json_view at)
{
	struct json_view epochs = json_get(at, "epochs");
	int64_t moved = moved_of(at), left = 0;

	for (size_t i = 0; i < json_n(epochs); i++)
		if (text_equal(json_get_text(json_at(epochs, i), "state"), "old"))
			left += json_get_int(json_at(epochs, i), "documents", 0);
	progress_show(p,
		      _n("%lld moved, %lld document on older keys", "%lld moved, %lld documents on older keys", left),
		      (long long)moved, (long long)left);
}

static int wait_for_rotation(struct ctl *ctl, struct reply *reply)
{
	const struct timespec pause = {.tv_nsec = (long)WAIT_MS * 1000000};
	struct progress p;
	int64_t moved = -1;
	unsigned still = 0;
	int result = call_status(ctl, false, reply);

	progress_start(&p, !ctl->json);
	while (result == 0 && is_under_way(reply->at) && !is_stuck(reply->at, &moved, &still)) {
		show_progress(&p, reply->at);
		(void)nanosleep(&pause, NULL); /* a signal ends the program, or only this pause */
		result = call_status(ctl, false, reply);
	}
	progress_end(&p);
	return result;
}

static int run_rotate(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Keys.Rotate", .parameters = json_object()};
	struct json *levels = json_array();

	for (size_t i = 0; i < ctl->options.n_words; i++)
		json_append_text(levels, ctl_word(ctl, i));
	json_set(call.parameters, "levels", levels);
	ctl_set(ctl, call.parameters, "all", "all");
	ctl_set(ctl, call.parameters, "incident", "incident");
	ctl_set(ctl, call.parameters, "reencrypt", "reencrypt");
	ctl_set(ctl, call.parameters, "reason", "reason");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl_flag(ctl, "wait")) {
		DO(wait_for_rotation(ctl, &reply));
		DO(ctl->json ? ctl_print_json(reply.at) : say_status(reply.at));
		return is_under_way(reply.at) ? CLASSD_EXIT_FINDINGS : 0;
	}
	if (ctl->json)
		return ctl_print_json(reply.at);
	for (size_t i = 0; i < json_n(json_get(reply.at, "rotations")); i++)
		say_rotation(json_at(json_get(reply.at, "rotations"), i));
	return 0;
}

/* ---- retire, destroy ---- */

static int say_epoch(struct json_view at)
{
	OWN_TABLE struct table t = {0};

	epoch_head(&t);
	epoch_row(&t, json_get(at, "epoch"));
	return table_print(&t, table_width(), stdout);
}

static void set_epoch(struct ctl *ctl, struct json *parameters)
{
	json_set_text(parameters, "level", ctl_word(ctl, 0));
	json_set_text(parameters, "epoch", ctl_word(ctl, 1));
}

static int run_retire(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Keys.Retire", .parameters = json_object()};

	set_epoch(ctl, call.parameters);
	ctl_set(ctl, call.parameters, "undo", "undo");
	ctl_set(ctl, call.parameters, "reason", "reason");
	DO(ctl_call(ctl, &call, &reply));
	return ctl->json ? ctl_print_json(reply.at) : say_epoch(reply.at);
}

/* Whoever makes files unreadable types how many they are: here, or in the option. */
static int take_count(struct ctl *ctl, uint64_t *ret)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *typed = NULL;

	if (ctl_text(ctl, "files")) {
		*ret = options_number(&ctl->options, "files", 0);
		return 0;
	}
	if (ctl->json || !ask_is_possible())
		return say_error(CLASSD_EXIT_USAGE, "--files N", "classctl key files", _("an option is missing"));
	DO(call_files(ctl, &reply));
	DO(say_files(reply.at));
	DO(ask_text(_("These files become unreadable for ever. Type how many they are"), NULL, "--files N", &typed));
	if (!text_to_u64(typed, INT64_MAX, ret) || (int64_t)*ret != json_get_int(reply.at, "total", -1))
		return say_error(CLASSD_EXIT_USAGE, NULL, NULL, _("that is not their number; nothing was changed"));
	return 0;
}

static int run_destroy(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = "Keys.Destroy"};
	uint64_t n = 0;

	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	if (ctl_flag(ctl, "shred"))
		DO(take_count(ctl, &n));
	call.parameters = json_object();
	set_epoch(ctl, call.parameters);
	json_set_text(call.parameters, "reason", reason);
	ctl_set(ctl, call.parameters, "shred", "shred");
	if (ctl_flag(ctl, "shred"))
		json_set_int(call.parameters, "files", (int64_t)n);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	if (text_equal(json_get_text(reply.at, "phase"), "proposed"))
		say("%s", _("proposed: another security administrator runs the same command, today or tomorrow"));
	else
		say("%s", _("destroyed here. Backups and copies of the key directory still have wraps, and the escrow "
			    "opens them; a disk may keep old blocks: see classd(8), Keys of levels"));
	return say_epoch(reply.at);
}

static const struct option_row status_options[] = {
    {"scan", 0, OPTION_FLAG, NULL, N_("look into every sealed file anew")},
    {0},
};
static const struct option_row files_options[] = {
    {"limit", 'n', OPTION_NUMBER, "N", N_("show at most N lines")},
    {0},
};
static const struct option_row rotate_options[] = {
    {"all", 0, OPTION_FLAG, NULL, N_("every level")},
    {"incident", 0, OPTION_TEXT, "WORD",
     N_("a key may be known: files are encrypted anew; WORD is part of the epoch's name")},
    {"reencrypt", 0, OPTION_FLAG, NULL, N_("encrypt the files anew, not only their headers")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed with --incident")},
    {"wait", 0, OPTION_FLAG, NULL, N_("until no file is on an older key, or some cannot be moved")},
    {0},
};
static const struct option_row retire_options[] = {
    {"undo", 0, OPTION_FLAG, NULL, N_("it opens files again")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why")},
    {0},
};
static const struct option_row destroy_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {"shred", 0, OPTION_FLAG, NULL, N_("although files are sealed to it: they become unreadable")},
    {"files", 0, OPTION_NUMBER, "N", N_("with --shred: how many they are")},
    {0},
};

const struct command key_commands[] = {
    {"key status", GROUP_KEYS, 0, 0, NULL, N_("keys of every level, and how many files are sealed to each"),
     run_status, status_options, NULL, "key status\nkey status --scan --json"},
    {"key files", GROUP_KEYS, 2, 2, N_("LEVEL EPOCH"), N_("which files are still sealed to an older key"), run_files,
     files_options, NULL, "key files SECRET 2026"},
    {"key rotate", GROUP_KEYS, 0, WORDS_ANY, N_("[LEVEL…]"),
     N_("a new key for a level; its files move to it in the background"), run_rotate, rotate_options,
     N_("A header is written anew and the content copied bit for bit; with --reencrypt or --incident all is encrypted\n"
	"anew. Users' work goes first; a restart goes on where it was. Exits with 10 when --wait ends with files "
	"left."),
     "key rotate SECRET --wait\nkey rotate --all\nkey rotate SECRET --incident leak --reason 'laptop 7 was stolen'"},
    {"key retire", GROUP_KEYS, 2, 2, N_("LEVEL EPOCH"),
     N_("an old key that no file is sealed to opens nothing any more"), run_retire, retire_options, NULL,
     "key retire SECRET 2026\nkey retire SECRET 2026 --undo"},
    {"key destroy", GROUP_KEYS, 2, 2, N_("LEVEL EPOCH"), N_("remove an old key for ever; two security administrators"),
     run_destroy, destroy_options,
     N_("The first proposes it, the second does it with the same command, today or tomorrow. Only a retired key, or "
	"with\n"
	"--shred one whose files are to become unreadable."),
     "key destroy SECRET 2026 --reason 'retired a year ago'\n"
     "key destroy SECRET 2024 --shred --files 12 --reason 'order 7/2026'"},
    {0},
};
