/*
 * The drill: what would be done in an emergency, done now. Shares are entered,
 * the key is made of them in locked memory, and stock age opens a document that
 * the agent chose; the key goes to age through a pipe, and what age gives is
 * only hashed.
 */
#include "ctl/ask.h"
#include "ctl/child.h"
#include "ctl/content.h"
#include "ctl/escrow.h"
#include "ctl/escrow_given.h"
#include "ctl/escrow_share.h"

#include "base/text.h"
#include "library/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct drilling {
	struct ctl *ctl;
	struct reply status;
	struct escrow_given given;
	struct json *holders; /* array */
	struct secret *text;  /* what they combine to */
	int64_t id;
	const char *step; /* where it ended; "" : nowhere yet */
	char digest[65];
};

static void drilling_done(struct drilling *d)
{
	escrow_given_done(&d->given);
	secret_free(d->text);
	json_free(d->holders);
	reply_done(&d->status);
}
#define OWN_DRILLING __attribute__((cleanup(drilling_done)))

/* ---- typed ---- */

struct typing {
	struct share_entry *e;
	size_t line;
};

static int take_line(struct bytes typed, void *context)
{
	static const char *const why[] = {
	    [ESCROW_SHARE_MISTYPED] = N_("this line is mistyped: its last word does not fit"),
	    [ESCROW_SHARE_INCOMPLETE] = N_("a line has its letter, five groups of four and a check of four letters"),
	    [ESCROW_SHARE_OTHER_LINE] = N_("that is another line than the one that is asked for"),
	};
	const struct typing *t = context;
	int r = share_entry_line(t->e, t->line, typed);

	if (r > 0)
		say_note("%s", gettext(why[r]));
	return r < 0 ? r : 0;
}

static int ask_line(struct share_entry *e, size_t line)
{
	OWN_MEM char *question = text_format(_("Share %u, line %c"), e->number, (char)('a' + line));
	OWNED(secret) struct secret *typed = NULL;
	struct typing t = {e, line};

	if (!question)
		return FAULT(ENOMEM, "a question");
	DO(escrow_read_line(question, &typed));
	return secret_lend(typed, take_line, &t);
}

static int ask_number(const struct drilling *d, unsigned *ret)
{
	for (;;) {
		OWN_MEM char *text = NULL;
		uint64_t number = 0;

		DO(ask_text(_("Number of the next share, as the page says"), NULL, "--share FILE", &text));
		*ret = text_to_u64(text, SHARES_MAX, &number) ? (unsigned)number : 0;
		if (*ret > 0 && !escrow_given_has(&d->given, *ret))
			return 0;
		say_note(*ret ? _("this share is entered already") : _("that is no number of a share"));
	}
}

static int ask_share(struct drilling *d)
{
	OWN_SHARE_ENTRY struct share_entry e = {0};
	unsigned number;

	DO(ask_number(d, &number));
	TRY(share_entry_new(d->given.key, number, &e));
	while (share_entry_missing(&e))
		DO(ask_line(&e, (size_t)(share_entry_missing(&e) - 'a')));
	return escrow_keep(&d->given, &e);
}

static int ask_shares(struct drilling *d)
{
	size_t wanted = (size_t)json_get_int(d->status.at, "threshold", 0);

	if (wanted < 2)
		return say_error(CLASSD_EXIT_USAGE, "--identity",
				 _("--identity FILE, or --share FILE for pages of an escrow from before a recovery"),
				 _("the agent knows of no shares of the present escrow"));
	while (d->given.n < wanted) {
		OWN_MEM char *name = NULL;

		DO(ask_share(d));
		DO(ask_text(_("Who holds it"), NULL, "--holder NAME", &name));
		json_append_text(d->holders, name);
	}
	return 0;
}

/* ---- the key ---- */

struct parsed {
	struct secret *identity;
};

static int parse(struct bytes text, void *context)
{
	return identity_from_text(text, &((struct parsed *)context)->identity);
}

/* Whether what came out is the private half of the present escrow; if not, the drill has failed here. */
static int is_the_key(struct drilling *d, bool *ret)
{
	struct parsed parsed = {NULL};
	struct recipient is;
	char text[RECIPIENT_TEXT];
	int r = secret_lend(d->text, parse, &parsed);

	*ret = false;
	TRY(r);
	if (r == 0) {
		r = identity_recipient(parsed.identity, &is);
		recipient_to_text(&is, text);
		*ret = r == 0 && text_equal(text, json_get_text(d->status.at, "recipient"));
	}
	secret_free(parsed.identity);
	return r < 0 ? r : 0;
}

static int get_key(struct drilling *d)
{
	const char *file = ctl_text(d->ctl, "identity");
	bool right;
	int r;

	if (file)
		DO(escrow_read_file(file, &d->text));
	else {
		DO(escrow_take_files(d->ctl, &d->given));
		if (d->given.n == 0)
			DO(ask_shares(d));
		r = shares_combine(d->given.shares, d->given.n, &d->text);
		if (r != 0)
			return r < 0 ? r : FAULT(EINVAL, "shares");
	}
	TRY(is_the_key(d, &right));
	d->step = right ? "" : "shares";
	return 0;
}

/* ---- age ---- */

struct pipes {
	int sealed[2], plain[2], key[2];
};

static void pipes_done(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&p->sealed[i]);
		close_fd(&p->plain[i]);
		close_fd(&p->key[i]);
	}
}
#define OWN_PIPES __attribute__((cleanup(pipes_done)))

static int open_pipes(struct pipes *p)
{
	*p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
	if (pipe2(p->sealed, O_CLOEXEC) != 0 || pipe2(p->plain, O_CLOEXEC) != 0 || pipe2(p->key, O_CLOEXEC) != 0)
		return FAULT(errno, "pipes");
	return 0;
}

static int write_key(struct bytes text, void *fd)
{
	return content_write(*(int *)fd, text);
}

static int hash_plain(int from, char ret[65])
{
	static uint8_t bytes[65536]; /* of the document: wiped */
	OWNED(digest) struct digest *digest = NULL;
	uint8_t hash[SHA256_BYTES];
	ssize_t n;
	int r = digest_new(&digest);

	while (r == 0 && (n = read(from, bytes, sizeof(bytes))) != 0)
		if (n > 0)
			r = digest_add(digest, bytes_of(bytes, (size_t)n));
		else if (errno != EINTR)
			r = FAULT(errno, "read what age gives");
	wipe(bytes, sizeof(bytes));
	TRY(r);
	TRY(digest_end(digest, hash));
	text_hex(hash, sizeof(hash), ret);
	return 0;
}

static int begin(struct drilling *d, struct pipes *p)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Escrow.BeginDrill", .parameters = json_object(), .closes = true};
	int r;

	json_set_int(call.parameters, "pipe", call_pass(&call, p->sealed[1]));
	json_set(call.parameters, "holders", json_copy(json_look(d->holders)));
	r = ctl_call(d->ctl, &call, &reply);
	if (!call.closes)
		p->sealed[1] = -1; /* it went to the agent */
	DO(r);
	d->id = json_get_int(reply.at, "drill", 0);
	if (!d->ctl->json)
		say_note(_("age opens the document of record %s, level %s"), reply_text(reply.at, "record"),
			 reply_text(reply.at, "level"));
	return 0;
}

static int open_with_age(struct drilling *d)
{
	static const char *const argv[] = {"age", "-d", "-i", CHILD_EXTRA_PATH, NULL};
	OWN_PIPES struct pipes p;
	struct child child;
	int status;

	TRY(open_pipes(&p));
	TRY(secret_lend(d->text, write_key, &p.key[1])); /* 75 bytes: they fit */
	close_fd(&p.key[1]);
	DO(begin(d, &p));
	TRY(child_start(argv, &(struct child_ends){p.sealed[0], p.plain[1], p.key[0]}, &child));
	close_fd(&p.sealed[0]);
	close_fd(&p.plain[1]);
	close_fd(&p.key[0]);
	TRY(hash_plain(p.plain[0], d->digest));
	TRY(child_wait(&child, &status));
	if (status == CHILD_NOT_FOUND)
		say_note(_("the program age is not installed: apt-get install age"));
	d->step = status == 0 ? "" : "age";
	return 0;
}

/* ---- the command ---- */

static const char *step_text(const char *step)
{
	static const struct {
		const char *step, *text;
	} rows[] = {
	    {"shares", N_("what was entered does not give the key of the present escrow")},
	    {"age", N_("age could not open the document with the key")},
	    {"carry", N_("the agent could not give the sealed document; see classctl findings")},
	    {"digest", N_("what age gave is not the content that the record names")},
	};

	for (size_t i = 0; i < array_n(rows); i++)
		if (text_equal(rows[i].step, step))
			return gettext(rows[i].text);
	return step;
}

static int end(struct drilling *d)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Escrow.EndDrill", .parameters = json_object()};
	bool good;

	json_set_int(call.parameters, "drill", d->id);
	json_set_text(call.parameters, "step", d->step);
	json_set_text(call.parameters, "digest", d->digest);
	json_set(call.parameters, "holders", json_copy(json_look(d->holders)));
	DO(ctl_call(d->ctl, &call, &reply));
	good = text_equal(json_get_text(reply.at, "outcome"), "good");
	if (d->ctl->json)
		DO(ctl_print_json(reply.at));
	else if (good)
		say_note(_("the drill is done: the document was opened, and it is the one of the record; next by %s"),
			 reply_text(reply.at, "drill_due"));
	if (good)
		return 0;
	if (d->given.n > 0 && (int64_t)d->given.n < json_get_int(d->status.at, "threshold", 0))
		say_note(_n("%zu share was entered, and it takes %lld of them",
			    "%zu shares were entered, and it takes %lld of them", d->given.n),
			 d->given.n, (long long)json_get_int(d->status.at, "threshold", 0));
	return say_error(CLASSD_EXIT_FAILED, NULL,
			 _("find out why; if the escrow is lost, make a new one: classctl key escrow create"),
			 _("the drill has failed: %s"), step_text(json_get_text(reply.at, "step")));
}

static int check_options(const struct ctl *ctl)
{
	if (ctl_text(ctl, "identity") && ctl_flag(ctl, "share"))
		return say_error(CLASSD_EXIT_USAGE, "--identity", "classctl help key escrow drill",
				 _("either shares or an identity file"));
	if (!ctl_text(ctl, "identity") && !ctl_flag(ctl, "share") && !ask_is_possible())
		return say_error(CLASSD_EXIT_USAGE, "--share",
				 _("give it, or run the command on a terminal to be asked"), _("an option is missing"));
	return 0;
}

static int take_holders(struct drilling *d)
{
	char *part;

	d->holders = json_array();
	for (size_t i = 0; (part = options_part(&d->ctl->options, "holder", i)); i++) {
		json_append_text(d->holders, part);
		free(part);
	}
	return 0;
}

int escrow_run_drill(struct ctl *ctl)
{
	OWN_DRILLING struct drilling d = {.ctl = ctl, .step = ""};

	DO(check_options(ctl));
	DO(escrow_status(ctl, &d.status));
	DO(escrow_check_may(&d.status, "drill"));
	d.given.key = reply_text(d.status.at, "key");
	DO(take_holders(&d));
	DO(escrow_guard());
	DO(get_key(&d));
	if (!d.step[0])
		DO(open_with_age(&d));
	return end(&d);
}

const struct option_row escrow_drill_options[] = {
    {"share", 0, OPTION_LIST, "FILE", N_("a share as typed or scanned from its page")},
    {"holder", 0, OPTION_LIST, "NAME", N_("who holds a share that is entered; into the journal")},
    {"identity", 0, OPTION_TEXT, "FILE", N_("instead of shares: the file that classd --init made")},
    {0},
};
