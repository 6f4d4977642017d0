/* key escrow: status and confirmation; what is made and tried is in escrow_create.c and escrow_drill.c. */
#include "ctl/escrow.h"

#include "base/text.h"
#include "ctl/ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define LINE_MAX_BYTES ((size_t)4096)

/* More than its heading: something is used for swapping. Unreadable: not known, and said as if it were. */
static bool is_swapping(void)
{
	char line[256];
	FILE *f = fopen("/proc/swaps", "re");
	int lines = 0;

	while (f && fgets(line, sizeof(line), f))
		lines++;
	if (f)
		(void)fclose(f); /* only read */
	return lines != 1;
}

int escrow_guard(void)
{
	TRY(sodium_start());
	if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return FAULT(errno, "keep the memory of this program from others");
	if (is_swapping())
		say_note(_("this machine swaps: keys are kept out of it, but what is drawn or typed may pass through; "
			   "swapoff -a before, or take a machine without"));
	return 0;
}

int escrow_status(struct ctl *ctl, struct reply *ret)
{
	struct call call = {.method = "Escrow.GetStatus"};

	return ctl_call(ctl, &call, ret);
}

int escrow_check_may(const struct reply *status, const char *act)
{
	struct json_view may = json_get(status->at, "may");

	for (size_t i = 0; i < json_n(may); i++)
		if (text_equal(json_as_text(json_at(may, i)), act))
			return 0;
	return say_error(CLASSD_EXIT_AUTHORITY, NULL, _("classctl whoami says what you may do"),
			 _("this belongs to another role"));
}

/* Byte by byte, so that nothing of the next line is taken and no copy stays in a buffer of the C library. */
static int read_line(uint8_t *at, size_t *n, void *context)
{
	bool *ended = context;
	size_t used = 0;
	uint8_t c = 0;

	while (used < *n) {
		ssize_t got = read(STDIN_FILENO, &c, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return FAULT(errno, "read a line");
		*ended = got == 0;
		if (got == 0 || c == '\n')
			break;
		at[used++] = c;
	}
	*n = used;
	return 0;
}

int escrow_read_line(const char *question, struct secret **ret)
{
	bool ended = false;

	(void)fprintf(stderr, "%s: ", question);
	(void)fflush(stderr);
	TRY(secret_new_filled(LINE_MAX_BYTES, read_line, &ended, ret));
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !ended)
		(void)fprintf(stderr, "\033[1A\033[2K\r"); /* the line goes from the screen */
	if (!ended || secret_length(*ret) > 0)
		return 0;
	secret_free(steal(ret));
	return say_error(CLASSD_EXIT_USAGE, NULL, NULL, _("no answer; nothing was changed"));
}

/* ---- status ---- */

static void say_number(const char *label, struct json_view at, const char *key)
{
	OWN_MEM char *text = text_format("%lld", (long long)json_get_int(at, key, 0));

	if (json_get_int(at, key, 0) != 0)
		say_field(label, text);
}

static void say_shares(struct json_view at)
{
	OWN_MEM char *text = text_format(_("%lld, any %lld open"), (long long)json_get_int(at, "shares", 0),
					 (long long)json_get_int(at, "threshold", 0));

	say_field(_("shares"), json_get_int(at, "shares", 0) ? text : _("none: one file, made by classd --init"));
}

static void say_proposal(struct json_view at)
{
	if (!json_is_object(at))
		return;
	say_field(_("new escrow"), _("waits: classctl key escrow confirm, by another security administrator"));
	say_field(_("  recipient"), json_get_text(at, "recipient"));
	say_field(_("  by"), json_get_text(at, "by"));
	say_shares(at);
}

static int run_status(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};

	DO(escrow_status(ctl, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_field(_("escrow"), json_get_text(reply.at, "recipient"));
	say_field(_("key"), json_get_text(reply.at, "key"));
	say_shares(reply.at);
	say_field(_("since"), json_get_text(reply.at, "since"));
	if (!json_get_bool(reply.at, "moved"))
		say_field(_("place"), _("perhaps on this machine still: classctl key escrow confirm --moved"));
	if (!json_get_bool(reply.at, "installed"))
		say_field(_("keeper"), _("does not have it yet"));
	say_number(_("documents"), reply.at, "documents");
	say_number(_("on earlier"), reply.at, "earlier");
	say_number(_("unknown"), reply.at, "unknown");
	say_number(_("keys waiting"), reply.at, "keys_waiting");
	say_field(_("last drill"), json_get_text(reply.at, "drilled"));
	if (json_get_bool(reply.at, "drill_failed"))
		say_field(_("drill"), _("the last one failed"));
	say_field(_("drill due"), json_get_text(reply.at, "drill_due"));
	say_proposal(json_get(reply.at, "proposal"));
	return 0;
}

/* ---- confirm ---- */

static int confirm_moved(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Escrow.ConfirmMoved"};

	DO(ask_sure(_("Is the file of the escrow identity off this machine, and no copy left?")));
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_note(_("escrow %s is off this machine, as you say; see that it is kept well"),
		 json_get_text(reply.at, "key"));
	return 0;
}

static int run_confirm(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *recipient = text_copy(ctl_word(ctl, 0));
	struct call call = {.method = "Escrow.Confirm"};

	if (ctl_flag(ctl, "moved") && recipient)
		return say_error(CLASSD_EXIT_USAGE, recipient, "classctl help key escrow confirm",
				 _("either a recipient or --moved"));
	if (ctl_flag(ctl, "moved"))
		return confirm_moved(ctl);
	if (!recipient)
		DO(ask_text(_("The line of a printed page that begins with age1"), NULL, "AGE1…", &recipient));
	call.parameters = json_object();
	json_set_text(call.parameters, "recipient", recipient);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	if (json_get_bool(reply.at, "installed"))
		say_note(_("from now on everything is sealed to the new escrow"));
	else
		say_note(_("confirmed; the keeper takes it when it is back"));
	if (json_get_int(reply.at, "keys_waiting", 0) > 0)
		say_note(_n("%lld level key follows when its persons unlock it",
			    "%lld level keys follow when their persons unlock them",
			    json_get_int(reply.at, "keys_waiting", 0)),
			 (long long)json_get_int(reply.at, "keys_waiting", 0));
	if (json_get_int(reply.at, "earlier", 0) > 0)
		say_note(_n("%lld document opens with the earlier escrow until classctl key rotate; keep its pages "
			    "until then",
			    "%lld documents open with the earlier escrow until classctl key rotate; keep its pages "
			    "until then",
			    json_get_int(reply.at, "earlier", 0)),
			 (long long)json_get_int(reply.at, "earlier", 0));
	return 0;
}

static const struct option_row confirm_options[] = {
    {"moved", 0, OPTION_FLAG, NULL, N_("the file that classd --init made is off this machine")},
    {0},
};

const struct command escrow_commands[] = {
    {"key escrow status", GROUP_KEYS, 0, 0, NULL, N_("the escrow: who opens everything when all else is lost"),
     run_status, NULL, NULL, "key escrow status"},
    {"key escrow create", GROUP_KEYS, 0, 0, NULL, N_("make a new escrow and print its shares"), escrow_run_create,
     escrow_create_options,
     N_("Makes a key on this machine, splits it, checks that the shares give it back, and prints one page for each. "
	"The agent only gets the public half, when you have shown that the pages are readable; another security "
	"administrator confirms it from the paper. The pages say how documents are opened without this program."),
     "key escrow create\nkey escrow create --shares 5 --threshold 3 --out /media/stick\nkey escrow create --print"},
    {"key escrow confirm", GROUP_KEYS, 0, 1, N_("[AGE1…]"), N_("say that a new escrow is the one on the paper"),
     run_confirm, confirm_options,
     N_("Another security administrator than the one who made the escrow reads the line that begins with age1 from a "
	"printed page. From then on everything is sealed to it."),
     "key escrow confirm\nkey escrow confirm --moved"},
    {"key escrow drill", GROUP_KEYS, 0, 0, NULL, N_("open a document with the shares, as in an emergency"),
     escrow_run_drill, escrow_drill_options,
     N_("The holders enter their shares; the agent chooses a sealed document at random, age opens it, and the agent "
	"compares the digest of what came out. Nobody sees the content; what was done is in the journal."),
     "key escrow drill\nkey escrow drill --share lines.001 --share lines.003 --share lines.005 --holder li "
     "--holder wang --holder zhao"},
    {0},
};
