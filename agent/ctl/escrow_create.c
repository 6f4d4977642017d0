/*
 * A new escrow. The private half is made here, in the hands of the person who
 * prints it, and never reaches the agent: it is split, proved, printed and
 * forgotten; the agent hears of the public half when the pages have been shown
 * to be readable.
 */
#include "ctl/ask.h"
#include "ctl/child.h"
#include "ctl/content.h"
#include "ctl/escrow.h"
#include "ctl/escrow_page.h"
#include "ctl/escrow_share.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SUBSETS_MAX 1000 /* of more only some are tried, each share among them */
#define PIPE_BYTES  (256 << 10)

struct creation {
	struct ctl *ctl;
	struct secret *text; /* AGE-SECRET-KEY-1… LF, which is what is split */
	char recipient[RECIPIENT_TEXT];
	char key[9];
	size_t n, threshold;
	struct share shares[SHARES_MAX];
	struct reply agent; /* its unit and day */
	int dir;	    /* --out; -1 */
};

static void creation_done(struct creation *c)
{
	secret_free(c->text);
	shares_done(c->shares, c->n);
	reply_done(&c->agent);
	close_fd(&c->dir);
}
#define OWN_CREATION __attribute__((cleanup(creation_done)))

/* ---- proof ---- */

static int combines(const struct creation *c, const struct share *some, size_t n, bool *ret)
{
	OWNED(secret) struct secret *got = NULL;
	int r = shares_combine(some, n, &got);

	*ret = r == 0 && secret_equal(got, c->text);
	return r < 0 ? r : 0;
}

/* The next subset in order; false: that was the last. */
static bool next_subset(size_t *index, size_t k, size_t n)
{
	size_t i = k;

	while (i-- > 0)
		if (index[i] < n - k + i) {
			index[i]++;
			for (size_t j = i + 1; j < k; j++)
				index[j] = index[j - 1] + 1;
			return true;
		}
	return false;
}

static int try_subset(const struct creation *c, const size_t *index, size_t n, bool wanted)
{
	struct share some[SHARES_MAX];
	bool gives;

	for (size_t i = 0; i < n; i++)
		some[i] = c->shares[index[i]];
	TRY(combines(c, some, n, &gives));
	return gives == wanted ? 0 : FAULT(EBADMSG, "the shares were proved and do not hold");
}

/* Neighbours in a ring: every share is in some of them. */
static int try_neighbours(const struct creation *c, size_t n, bool wanted)
{
	size_t index[SHARES_MAX];

	for (size_t first = 0; first < c->n; first++) {
		for (size_t i = 0; i < n; i++)
			index[i] = (first + i) % c->n;
		TRY(try_subset(c, index, n, wanted));
	}
	return 0;
}

/* Any threshold of them gives the key, one less does not. */
static int prove(const struct creation *c)
{
	size_t index[SHARES_MAX], tried = 0;

	for (size_t i = 0; i < c->threshold; i++)
		index[i] = i;
	do
		TRY(try_subset(c, index, c->threshold, true));
	while (++tried < SUBSETS_MAX && next_subset(index, c->threshold, c->n));
	TRY(try_neighbours(c, c->threshold, true));
	return try_neighbours(c, c->threshold - 1, false);
}

static int make(struct creation *c)
{
	OWNED(secret) struct secret *identity = NULL;
	struct recipient public;
	int r;

	TRY(identity_new(&identity));
	TRY(identity_recipient(identity, &public));
	recipient_to_text(&public, c->recipient);
	identity_key_id(&public, c->key);
	TRY(identity_to_text(identity, &c->text));
	r = shares_split(c->text, c->n, c->threshold, c->shares);
	return r > 0 ? FAULT(EINVAL, "shares") : r; /* the numbers were checked */
}

/* ---- where pages go ---- */

static int write_out(struct bytes at, void *fd)
{
	return content_write(*(int *)fd, at);
}

static int to_file(const struct creation *c, unsigned number, const char *end, const struct secret *page)
{
	OWN_MEM char *name = text_format("escrow-%s-share-%u.%s", c->key, number, end);
	OWN_FD int fd = name ? openat(c->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;

	if (!name)
		return FAULT(ENOMEM, "a page");
	if (fd < 0)
		return say_error(CLASSD_EXIT_FAILED, name, _("destroy the pages that are there and begin again"), "%s",
				 strerror(errno));
	TRY(secret_lend(page, write_out, &fd));
	return fsync(fd) == 0 ? 0 : FAULT(errno, "write %s", name);
}

/* Through a pipe, so that no file of ours is on a disk; what the printing service keeps is in the manual page. */
static int to_printer(const struct creation *c, unsigned number, const struct secret *page)
{
	OWN_MEM char *title = text_format("escrow %s, share %u", c->key, number);
	const char *const argv[] = {"lp", "-s", "-t", title, NULL};
	int ends[2], status, r;

	if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)
		return FAULT(errno, "a pipe to the printer");
	r = secret_length(page) < PIPE_BYTES ? secret_lend(page, write_out, &ends[1]) : FAULT(EMSGSIZE, "a page");
	(void)close(ends[1]);
	if (r == 0)
		r = child_run(argv, ends[0], -1, &status);
	(void)close(ends[0]);
	TRY(r);
	return status == 0 ? 0
			   : say_error(CLASSD_EXIT_FAILED, "lp", _("see lpstat -t; or use --out DIR"),
				       _("the page was not printed"));
}

static int to_terminal(const struct secret *lines, const struct qrcode *square)
{
	OWNED(secret) struct secret *text = NULL;
	OWNED(secret) struct secret *line = NULL;
	int out = STDOUT_FILENO;

	TRY(escrow_page_text(lines, square, true, &text));
	TRY(secret_lend(text, write_out, &out));
	DO(escrow_read_line(_("Enter, when the page is on paper"), &line));
	return content_write(out, bytes_of_text("\033[H\033[2J\033[3J")); /* also what scrolled away */
}

static int put_page(const struct creation *c, const struct escrow_page *page)
{
	OWN_QRCODE struct qrcode square = {0};
	OWNED(secret) struct secret *lines = NULL;
	OWNED(secret) struct secret *pdf = NULL;
	OWNED(secret) struct secret *text = NULL;

	TRY(escrow_page_lines(page, &lines));
	TRY(escrow_page_square(page, &square));
	if (c->dir < 0 && !ctl_flag(c->ctl, "print"))
		return to_terminal(lines, &square);
	TRY(escrow_page_pdf(lines, &square, &pdf));
	if (ctl_flag(c->ctl, "print"))
		DO(to_printer(c, page->share.number, pdf));
	if (c->dir < 0)
		return 0;
	TRY(escrow_page_text(lines, &square, false, &text));
	DO(to_file(c, page->share.number, "pdf", pdf));
	return to_file(c, page->share.number, "txt", text);
}

static int put_pages(const struct creation *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct escrow_page page = {.unit = reply_text(c->agent.at, "unit"),
						 .day = reply_text(c->agent.at, "today"),
						 .key = c->key,
						 .recipient = c->recipient,
						 .shares = (unsigned)c->n,
						 .threshold = (unsigned)c->threshold,
						 .share = c->shares[i]};

		DO(put_page(c, &page));
	}
	return 0;
}

/* ---- are they readable? ---- */

struct asking {
	const struct creation *c;
	const struct share *share;
	size_t line;
	const struct secret *typed;
	bool right;
};

static int compare(struct bytes typed, void *context)
{
	struct asking *a = context;
	OWN_SHARE_ENTRY struct share_entry e = {0};
	int r;

	TRY(share_entry_new(a->c->key, a->share->number, &e));
	r = share_entry_line(&e, a->line, typed);
	a->right = r == 0;
	return r < 0 ? r : 0;
}

/* A line of every page, read from the paper: what cannot be read today cannot be read when it matters. */
static int ask_back(const struct creation *c)
{
	for (size_t i = 0; i < c->n;) {
		struct asking a = {.c = c, .share = &c->shares[i]};
		OWNED(secret) struct secret *typed = NULL;
		OWN_MEM char *question = NULL;
		uint8_t random;

		random_bytes(&random, 1);
		a.line = random % SHARE_LINES;
		question =
		    text_format(_("Type line %c of share %zu as it is on the paper"), (char)('a' + a.line), i + 1);
		if (!question)
			return FAULT(ENOMEM, "a question");
		DO(escrow_read_line(question, &typed));
		TRY(secret_lend(typed, compare, &a));
		if (a.right)
			i++;
		else
			say_note(_("that is not line %c of share %zu: look again, and throw nothing away yet"),
				 (char)('a' + a.line), i + 1);
	}
	return 0;
}

/* ---- the command ---- */

static int check_places(struct creation *c)
{
	const char *out = ctl_text(c->ctl, "out");

	if (!out && !ctl_flag(c->ctl, "print") && (!isatty(STDOUT_FILENO) || c->ctl->json))
		return say_error(CLASSD_EXIT_USAGE, "--out", _("--out DIR, --print, or run it on a terminal"),
				 _("say where the pages go"));
	if (!ctl_flag(c->ctl, "yes") && !ask_is_possible())
		return say_error(CLASSD_EXIT_USAGE, "--yes",
				 _("run it on a terminal, or give --yes when you looked yourself"),
				 _("nobody is there to read a line of each page"));
	if (!out)
		return 0;
	c->dir = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return c->dir >= 0
		   ? 0
		   : say_error(CLASSD_EXIT_USAGE, out, _("give a directory that is there, not on this machine's disk"),
			       "%s", strerror(errno));
}

static int check_numbers(struct creation *c)
{
	uint64_t n = options_number(&c->ctl->options, "shares", 5);
	uint64_t threshold = options_number(&c->ctl->options, "threshold", 3);

	if (threshold < 2 || threshold > n || n > SHARES_MAX)
		return say_error(
		    CLASSD_EXIT_USAGE, threshold < 2 || threshold > n ? "--threshold" : "--shares",
		    _("as in --shares 5 --threshold 3"),
		    _("the threshold is at least 2 and at most the number of shares, which is at most 255"));
	c->n = (size_t)n;
	c->threshold = (size_t)threshold;
	return 0;
}

static int ask_agent(struct creation *c)
{
	OWN_REPLY struct reply status = {0};
	struct call call = {.method = "Agent.GetStatus"};

	DO(escrow_status(c->ctl, &status));
	DO(escrow_check_may(&status, "create"));
	return ctl_call(c->ctl, &call, &c->agent);
}

static int propose(struct creation *c)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Escrow.Propose", .parameters = json_object()};
	int r;

	json_set_text(call.parameters, "recipient", c->recipient);
	json_set_int(call.parameters, "shares", (int64_t)c->n);
	json_set_int(call.parameters, "threshold", (int64_t)c->threshold);
	r = ctl_call(c->ctl, &call, &reply);
	if (r != 0) {
		say_note(_("the agent does not know this escrow: destroy the pages of key %s"), c->key);
		return r;
	}
	if (c->ctl->json)
		return ctl_print_json(json_get(reply.at, "proposal"));
	say_note(_("the pages are printed, and the agent knows the public half of key %s"), c->key);
	say_note(_("next: another security administrator types the line that begins with age1 from a page:\n"
		   "  classctl key escrow confirm"));
	if (c->dir >= 0)
		say_note(_("the files of the pages open everything when they are together: print them, then remove "
			   "them"));
	return 0;
}

int escrow_run_create(struct ctl *ctl)
{
	OWN_CREATION struct creation c = {.ctl = ctl, .dir = -1};

	DO(check_numbers(&c));
	DO(check_places(&c));
	DO(ask_agent(&c));
	DO(escrow_guard());
	DO(make(&c));
	DO(prove(&c));
	DO(put_pages(&c));
	if (!ctl_flag(ctl, "yes"))
		DO(ask_back(&c));
	return propose(&c);
}

const struct option_row escrow_create_options[] = {
    {"shares", 0, OPTION_NUMBER, "N", N_("how many pages (default 5)")},
    {"threshold", 0, OPTION_NUMBER, "N", N_("how many of them open everything (default 3)")},
    {"out", 0, OPTION_TEXT, "DIR", N_("write each page as PDF and as text into this directory")},
    {"print", 0, OPTION_FLAG, NULL, N_("print each page with lp")},
    {"yes", 0, OPTION_FLAG, NULL, N_("do not ask to type lines from the pages")},
    {0},
};
