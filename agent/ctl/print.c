/*
 * print: numbered copies, each for its holder. They are in the register before the content is asked for; the content goes
 * through pipes, never through a file of ours. What the printing service keeps is in the manual page.
 */
#include "base/text.h"
#include "ctl/child.h"
#include "ctl/content.h"
#include "ctl/marking.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#define COPIES_MAX 99 /* in one go, as the agent has it */

struct printing {
	struct ctl *ctl;
	const char *number;
	struct bytes content;
	const char *name; /* of the document */
	struct json *printed;
	size_t n_failed;
};

/* ---- what a copy carries ---- */

/* "份号 000002\n机密★10年\n2026-000123 copy 2/3, li": the pack's mark for that copy, and whose it is. */
static char *copy_mark(const struct printing *p, struct json_view copy, const char *words)
{
	const char *person = json_get_text(copy, "person");
	const char *holder = text_is_empty(person) ? json_get_text(copy, "name") : person;

	return text_format("%s%s%s %s %lld/%lld, %s", words, text_is_empty(words) ? "" : "\n", p->number, _("copy"),
			   (long long)json_get_int(copy, "n", 0), (long long)json_get_int(copy, "of", 0),
			   holder ? holder : "");
}

static char *cover_sheet(const struct printing *p, struct json_view copy, const char *mark)
{
	const char *due = json_get_text(copy, "due");

	return text_format("%s\n\n%s: %s\n%s: %s\n%s%s%s\n%s\n\f", mark, _("record"), p->number, _("printed"),
			   reply_text(copy, "made"), text_is_empty(due) ? "" : _("to be returned by"),
			   text_is_empty(due) ? "" : ": ", due ? due : "", _("Received (name, date):"));
}

static bool is_plain_text(const char *name, struct bytes content)
{
	return text_ends(name, ".txt") && text_is_utf8(content);
}

/* The copy as it is sent, with its number in it; cover: what goes before it as a job of its own, NULL: nothing. */
static int make_copy(const struct printing *p, struct json_view copy, const char *mark, struct buffer *ret, char **ret_cover)
{
	OWN_MEM char *cover = cover_sheet(p, copy, mark);
	int r;

	if (!cover)
		return FAULT(ENOMEM, "a copy");
	if (is_plain_text(p->name, p->content)) {
		buffer_add_text(ret, cover);
		buffer_add_bytes(ret, p->content);
		return buffer_check(ret);
	}
	r = text_ends(p->name, ".pdf") ? MARK_WRITE_NO_PLACE
				       : mark_bytes(p->content, &(struct mark_text){.text = mark}, ret);
	TRY(r);
	if (r) { /* in a PDF the mark is not on the paper: the sheet before it says it */
		ret->n = 0;
		buffer_add_bytes(ret, p->content);
		*ret_cover = steal(&cover);
	}
	return buffer_check(ret);
}

/* ---- the printer ---- */

static int feed(int to, struct bytes content, bool *ret_taken)
{
	*ret_taken = true;
	while (content.n) {
		ssize_t n = write(to, content.at, content.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*ret_taken = false;
			return errno == EPIPE ? 0 : FAULT(errno, "write to the printer");
		}
		content.at += n;
		content.n -= (size_t)n;
	}
	return 0;
}

/* The mark as the head of each page, where the printing service does that. */
static int send_job(const struct printing *p, struct bytes job, const char *title, const char *label, bool *ret_done)
{
	const char *printer = ctl_text(p->ctl, "printer");
	OWN_MEM char *option = text_format("page-label=%s", label);
	const char *const argv[] = {"lp", "-s", "-t", title, "-o", option, printer ? "-d" : NULL, printer, NULL};
	struct child child;
	int ends[2], status = 0, result;
	bool taken = false;

	*ret_done = false;
	if (!option)
		return FAULT(ENOMEM, "a print job");
	if (pipe2(ends, O_CLOEXEC) != 0)
		return FAULT(errno, "a pipe to the printer");
	result = child_start(argv, &(struct child_ends){ends[0], -1, -1}, &child);
	(void)close(ends[0]);
	if (result == 0 && !child.is_missing)
		result = feed(ends[1], job, &taken);
	(void)close(ends[1]);
	TRY(result);
	TRY(child_wait(&child, &status));
	*ret_done = taken && status == 0;
	return 0;
}

static int print_copy(const struct printing *p, struct json_view copy, bool *ret_done)
{
	OWN_BUFFER struct buffer job = {0};
	OWN_MEM char *cover = NULL;
	OWN_WANTED struct wanted wanted = {0};
	OWN_MEM char *title = text_format("%s %lld/%lld", p->number, (long long)json_get_int(copy, "n", 0),
					  (long long)json_get_int(copy, "of", 0));

	DO(marking_ask(p->ctl, p->number, &(struct mark_of){.copy = json_get_int(copy, "n", 0)}, &wanted));
	OWN_MEM char *mark = copy_mark(p, copy, wanted.words ? wanted.words : "");
	OWN_MEM char *line = text_copy(mark);
	if (!title || !mark || !line)
		return FAULT(ENOMEM, "a copy");
	for (char *at = line; (at = strchr(at, '\n'));)
		*at = ' ';
	TRY(make_copy(p, copy, mark, &job, &cover));
	*ret_done = true;
	if (cover)
		TRY(send_job(p, bytes_of_text(cover), title, line, ret_done));
	return *ret_done ? send_job(p, buffer_bytes(&job), title, line, ret_done) : 0;
}

/* ---- the register ---- */

static int tell(struct printing *p, struct json_view copy, bool done)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Custody.MoveCopy", .parameters = json_object()};

	json_set_text(call.parameters, "number", p->number);
	json_set_int(call.parameters, "n", json_get_int(copy, "n", 0));
	json_set_text(call.parameters, "to", done ? "printed" : "failed");
	DO(ctl_call(p->ctl, &call, &reply));
	json_append(p->printed, json_copy(json_get(reply.at, "copy")));
	return 0;
}

static int print_all(struct printing *p, struct json_view copies)
{
	for (size_t i = 0; i < json_n(copies); i++) {
		bool done = false;
		int result = p->n_failed ? 0 : print_copy(p, json_at(copies, i), &done);

		p->n_failed += !done;
		DO(tell(p, json_at(copies, i), done));
		TRY(result);
	}
	return 0;
}

static int give_up(struct printing *p, struct json_view copies, int result)
{
	for (size_t i = 0; i < json_n(copies); i++)
		DO(tell(p, json_at(copies, i), false));
	return result;
}

/* One a copy: as they were named, then the first of them again, or who prints. */
static void add_holders(const struct ctl *ctl, struct json *list, const char *me)
{
	size_t wanted = (size_t)options_number(&ctl->options, "copies", 1), n = 0;
	OWN_MEM char *first = options_part(&ctl->options, "to", 0);

	for (char *one; (one = options_part(&ctl->options, "to", n)); n++) {
		json_append_text(list, one);
		free(one);
	}
	for (; n < wanted && n <= COPIES_MAX; n++)
		json_append_text(list, first ? first : me);
}

static int who_am_i(struct ctl *ctl, char **ret)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Agent.WhoAmI"};
	const char *id;

	DO(ctl_call(ctl, &call, &reply));
	id = json_get_text(reply.at, "person");
	*ret = text_copy(id ? id : "");
	return *ret ? 0 : FAULT(ENOMEM, "a name");
}

static int make_copies(struct ctl *ctl, const char *number, struct reply *ret)
{
	OWN_MEM char *me = NULL;
	struct json *holders;
	struct call call = {.method = "Custody.MakeCopies"};

	DO(who_am_i(ctl, &me));
	holders = json_array();
	add_holders(ctl, holders, me);
	call.parameters = json_object();
	json_set_text(call.parameters, "number", number);
	json_set_text(call.parameters, "how", text_equal(ctl->command->name, "print") ? "print" : "copy");
	json_set(call.parameters, "holders", holders);
	ctl_set(ctl, call.parameters, "due", "due");
	ctl_set(ctl, call.parameters, "reason", "reason");
	return ctl_call(ctl, &call, ret);
}

static int say_printed(struct printing *p)
{
	struct json_view list = json_look(p->printed);

	if (p->ctl->json) {
		OWNED(json) struct json *whole = json_object();

		json_set(whole, "copies", json_copy(list));
		DO(ctl_print_json(json_look(whole)));
	}
	for (size_t i = 0; i < json_n(list) && !p->ctl->json; i++) {
		struct json_view k = json_at(list, i);
		const char *person = json_get_text(k, "person"), *state = json_get_text(k, "state");
		OWN_MEM char *holder = say_safe(text_is_empty(person) ? json_get_text(k, "name") : person);

		say("%s %lld/%lld  %s  %s", p->number, (long long)json_get_int(k, "n", 0),
		    (long long)json_get_int(k, "of", 0), holder ? holder : "", words_of(state));
	}
	return p->n_failed ? say_error(CLASSD_EXIT_FAILED, "lp", _("see lpstat -t, then print again: those numbers are void"),
				       _("not every copy was printed"))
			   : 0;
}

static int run_print(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply made = {0};
	OWN_CONTENT struct content content = {0};
	OWN_BUFFER struct buffer bytes = {0};
	OWNED(json) struct json *printed = json_array();
	const struct content_order order = {.purpose = "print", .reason = ctl_text(ctl, "reason"), .to = -1, .keep = &bytes};
	struct json_view copies;

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	DO(make_copies(ctl, d.number, &made));
	copies = json_get(made.at, "copies");
	struct printing p = {.ctl = ctl, .number = d.number, .printed = printed};
	int result = content_read(ctl, &d, &order, &content);
	if (result == 0 && bytes.n == 0)
		result = say_error(CLASSD_EXIT_INPUT, d.number, _("export it, and register each copy with classctl copies add"),
				   _("it is empty or too large to be printed in one go"));
	if (result)
		return give_up(&p, copies, result);
	p.content = buffer_bytes(&bytes);
	p.name = content.name;
	(void)signal(SIGPIPE, SIG_IGN); /* a printer that takes nothing is said */
	DO(print_all(&p, copies));
	return say_printed(&p);
}

/* ---- made elsewhere ---- */

static int run_add(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply made = {0};
	OWNED(json) struct json *list = NULL;

	if (!ctl_text(ctl, "to"))
		return ctl_missing(ctl, "--to HOLDER");
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	DO(make_copies(ctl, d.number, &made));
	list = json_copy(json_get(made.at, "copies"));
	return say_printed(&(struct printing){.ctl = ctl, .number = d.number, .printed = list});
}

/* clang-format off */
#define TO_OPTION {"to", 0, OPTION_LIST, "HOLDER", N_("who holds it: ID, or name:TEXT for somebody of elsewhere")}
#define COPIES_OPTION {"copies", 'n', OPTION_NUMBER, "N", N_("how many; the first holder gets those beyond the others")}
#define DUE_OPTION {"due", 0, OPTION_DATE, "DATE", N_("to be returned by that day")}
#define REASON_OPTION {"reason", 0, OPTION_TEXT, "TEXT", N_("why")}
/* clang-format on */

static const struct option_row print_options[] = {
    COPIES_OPTION,
    TO_OPTION,
    DUE_OPTION,
    REASON_OPTION,
    {"printer", 'd', OPTION_TEXT, "NAME", N_("which printer; else the usual one")},
    {0},
};
static const struct option_row add_options[] = {COPIES_OPTION, TO_OPTION, DUE_OPTION, REASON_OPTION, {0}};

const struct command printing_commands[] = {
    {"print", GROUP_READ, 1, 1, N_("DOCUMENT"), N_("print numbered copies, each for its holder"), run_print, print_options,
     N_("Each copy is registered first: n of m, who holds it, when it is to come back. Its number stands in the document's\n"
	"mark, or on a sheet before it. Where the policy asks for it the originator's consent is used up: classctl consent."),
     "print 2026-000123 --copies 3 --to li --to wang --due 2026-12-31"},
    {"copies add", GROUP_READ, 1, 1, N_("DOCUMENT"), N_("register copies that are made elsewhere, a photocopy or a disc"),
     run_add, add_options, NULL, "copies add 2026-000123 --to li --reason 'for the board'"},
    {0},
};
