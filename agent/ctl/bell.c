/* bell: what calls for the caller; with --follow it rings when it comes, in the terminal or on the desktop. */
#include "base/text.h"
#include "ctl/bell_heard.h"
#include "ctl/child.h"
#include "ctl/command.h"
#include "ctl/table.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#define AGAIN_MAX_S 30

struct bell {
	struct ctl *ctl;
	struct heard heard;
	struct buffer now;	  /* keys of a whole list */
	size_t n_new;		  /* of one answer, without the urgent ones */
	bool notifies, has_heard; /* since it was connected last */
};

static void bell_done(struct bell *b)
{
	heard_done(&b->heard);
	buffer_done(&b->now);
}
#define OWN_BELL __attribute__((cleanup(bell_done)))

static bool is_urgent(struct json_view ring)
{
	return json_get_int(ring, "task", 0) > 0;
}

static char *key_of(struct json_view ring)
{
	return text_format("%s %s %s %lld", reply_text(ring, "kind"), reply_text(ring, "number"),
			   reply_text(ring, "step"), (long long)json_get_int(ring, "task", 0));
}

/* On the desktop of who runs this: a kind and a number, because anybody may look over his shoulder. */
static int notify(struct bell *b, const char *urgency, const char *text)
{
	OWN_MEM char *how = text_format("--urgency=%s", urgency);
	const char *const argv[] = {"notify-send", "--app-name=classd", how, "--", text, NULL};
	int status = 0;

	if (!b->notifies)
		return 0;
	if (!how)
		return FAULT(ENOMEM, "a notification");
	DO(child_run(argv, -1, -1, &status));
	if (status != CHILD_NOT_FOUND)
		return 0; /* no desktop is there just now: the line was printed all the same */
	b->notifies = false;
	say_note("%s", _("notify-send is not installed: nothing rings on the desktop"));
	return 0;
}

static char *line_of(struct json_view ring)
{
	const char *number = reply_text(ring, "number"), *step = reply_text(ring, "step");

	if (is_urgent(ring) && !*number)
		return text_format("%s: %s %lld", _("URGENT"), words_of(reply_text(ring, "kind")),
				   (long long)json_get_int(ring, "task", 0));
	if (is_urgent(ring))
		return text_format("%s: %s", _("URGENT"), number);
	return text_format("%s%s%s (%s)", words_of(reply_text(ring, "kind")), *number ? " " : "", number,
			   words_of(step));
}

static int ring(struct bell *b, struct json_view ring)
{
	OWN_MEM char *line = line_of(ring);
	OWN_MEM char *safe = say_safe(line);

	if (!safe)
		return FAULT(ENOMEM, "a line");
	if (b->ctl->json)
		DO(ctl_print_json(ring));
	else
		say("%s%s", isatty(STDOUT_FILENO) ? "\a" : "", safe);
	b->n_new += !is_urgent(ring);
	return is_urgent(ring) ? notify(b, "critical", safe) : 0;
}

static int take_ring(struct bell *b, struct json_view at)
{
	OWN_MEM char *key = key_of(at);

	if (!key || !text_is_line(key, 500))
		return 0;
	buffer_add_format(&b->now, "%s\n", key);
	if (heard_has(&b->heard, key))
		return 0;
	DO(ring(b, at));
	return heard_add(&b->heard, key);
}

static int take_answer(struct bell *b, struct json_view at)
{
	struct json_view rings = json_get(at, "rings");
	OWN_MEM char *sum = NULL;

	b->has_heard = true;
	buffer_clear(&b->now);
	b->n_new = 0;
	for (size_t i = 0; i < json_n(rings); i++)
		DO(take_ring(b, json_at(rings, i)));
	DO(say_flush());
	if (json_get_bool(at, "whole")) /* what calls no more is forgotten, and rings when it comes again */
		DO(heard_set(&b->heard, buffer_bytes(&b->now)));
	if (!b->n_new)
		return 0;
	sum = text_format(
	    _n("%zu thing calls for you: classctl bell", "%zu things call for you: classctl bell", b->n_new), b->n_new);
	return sum ? notify(b, "normal", sum) : FAULT(ENOMEM, "a line");
}

/* Until the agent goes away, or refuses. */
static int listen_on(struct bell *b)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Oversight.Bell", .more = true};

	DO(ctl_call(b->ctl, &call, &reply));
	for (;;) {
		DO(take_answer(b, reply.at));
		if (!reply.continues)
			return 0;
		DO(ctl_next(b->ctl, &reply));
	}
}

static void rest(unsigned seconds)
{
	struct timespec t = {.tv_sec = seconds};

	(void)nanosleep(&t, NULL); /* woken early only asks earlier */
}

static int follow(struct ctl *ctl)
{
	OWN_BELL struct bell b = {.ctl = ctl, .heard = {.fd = -1}, .notifies = ctl_flag(ctl, "notify")};
	unsigned wait = 1;

	DO(heard_open(&b.heard));
	for (;;) {
		int result = listen_on(&b);

		client_free(ctl->client);
		ctl->client = NULL;
		if (result != CLASSD_EXIT_NO_AGENT && result != CLASSD_EXIT_BUSY)
			return result;
		wait = b.has_heard ? 1 : wait * 2 < AGAIN_MAX_S ? wait * 2 : AGAIN_MAX_S;
		b.has_heard = false;
		rest(wait);
	}
}

static int print_table(struct json_view rings)
{
	OWN_TABLE struct table t = {0};

	table_init(&t, (const char *[]){_("what"), _("record"), _("as"), NULL});
	for (size_t i = 0; i < json_n(rings); i++) {
		struct json_view at = json_at(rings, i);

		table_cell(&t, is_urgent(at) && *reply_text(at, "number") ? _("URGENT")
									  : words_of(json_get_text(at, "kind")));
		table_cell(&t, json_get_text(at, "number"));
		table_cell(&t, words_of(json_get_text(at, "step")));
	}
	return table_end(&t, _("nothing calls for you"));
}

static int run_bell(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Oversight.Bell"};

	if (ctl_flag(ctl, "follow"))
		return follow(ctl);
	if (ctl_flag(ctl, "notify"))
		return ctl_missing(ctl, "--follow");
	DO(ctl_call(ctl, &call, &reply));
	return ctl->json ? ctl_print_json(reply.at) : print_table(json_get(reply.at, "rings"));
}

static const struct option_row bell_options[] = {
    {"follow", 0, OPTION_FLAG, NULL, N_("wait, and ring when something comes")},
    {"notify", 0, OPTION_FLAG, NULL, N_("ring on the desktop, too (notify-send)")},
    {0},
};

const struct command bell_commands[] = {
    {"bell", GROUP_DECIDE, 0, 0, NULL,
     N_("what calls for you: urgent cases, and what has come to you because its day nears"), run_bell, bell_options,
     N_("Rings with kinds and numbers alone. With --follow nothing rings twice and nothing is lost when the agent or "
	"this\n"
	"command starts again; the user unit classd-bell.service runs it for a desktop."),
     "bell\nbell --follow --notify"},
    {0},
};
