/* Locked memory from the file to the identity; what is wrong with a share is said with its number, never its letters. */
#include "ctl/escrow_given.h"

#include "ctl/escrow.h"
#include "ctl/escrow_share.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void escrow_given_done(struct escrow_given *g)
{
	shares_done(g->shares, g->n);
	g->n = 0;
}

/* ---- files ---- */

static int read_into(uint8_t *at, size_t *n, void *context)
{
	size_t used = 0;
	ssize_t got = 1;

	while (got > 0 && used < *n) {
		got = read(*(int *)context, at + used, *n - used);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			used += (size_t)got;
	}
	*n = used;
	return got < 0 ? errno : 0;
}

int escrow_read_file(const char *path, struct secret **ret)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	OWN_MEM char *where = say_safe(path);
	int r = fd < 0 ? errno : secret_new_filled(ESCROW_FILE_BYTES, read_into, &fd, ret);

	TRY(r);
	if (r == 0 && secret_length(*ret) < ESCROW_FILE_BYTES)
		return 0;
	return say_error(CLASSD_EXIT_USAGE, where, _("name a file with the six lines of a page, or what was scanned from it"),
			 "%s", r ? strerror(r) : _("that is too long for a share"));
}

/* "NAME.003", as gfcombine wants it; 0: the name says no number. */
static unsigned number_of_name(const char *path)
{
	const char *dot = strrchr(path, '.');
	unsigned number = 0;

	if (!dot || strlen(dot) != 4)
		return 0;
	for (const char *c = dot + 1; *c; c++) {
		if (*c < '0' || *c > '9')
			return 0;
		number = 10 * number + (unsigned)(*c - '0');
	}
	return number <= SHARES_MAX ? number : 0;
}

struct from_file {
	struct escrow_given *given;
	const char *path;
};

bool escrow_given_has(const struct escrow_given *g, unsigned number)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->shares[i].number == number)
			return true;
	return false;
}

int escrow_keep(struct escrow_given *g, const struct share_entry *e)
{
	int r = share_entry_end(e, &g->shares[g->n]);

	g->n += r == 0;
	return r > 0 ? FAULT(EINVAL, "a share") : r; /* no line was missing */
}

static int take_text(struct bytes text, void *context)
{
	const struct from_file *f = context;
	OWN_SHARE_ENTRY struct share_entry e = {0};
	OWN_MEM char *where = say_safe(f->path);
	unsigned number = share_find_number(f->given->key, text);

	if (number == 0)
		number = number_of_name(f->path);
	if (number == 0)
		return say_error(CLASSD_EXIT_INPUT, where,
				 _("give the lines as they are on the page, or name it NAME.003"),
				 _("this is no share of escrow %s"), f->given->key);
	if (escrow_given_has(f->given, number) || f->given->n == SHARES_MAX)
		return say_error(CLASSD_EXIT_INPUT, where, NULL, _("share %u was given twice"), number);
	TRY(share_entry_new(f->given->key, number, &e));
	TRY(share_entry_file(&e, text));
	if (share_entry_missing(&e))
		return say_error(CLASSD_EXIT_INPUT, where, _("compare it with the paper"),
				 _("line %c of share %u is missing or mistyped"), share_entry_missing(&e), number);
	return escrow_keep(f->given, &e);
}

int escrow_take_files(struct ctl *ctl, struct escrow_given *g)
{
	char *part;

	for (size_t i = 0; (part = options_part(&ctl->options, "share", i)); i++) {
		OWN_MEM char *path = part;
		OWNED(secret) struct secret *text = NULL;
		struct from_file f = {g, path};

		DO(escrow_read_file(path, &text));
		DO(secret_lend(text, take_text, &f));
	}
	return 0;
}

/* ---- without an agent ---- */

struct finding_key {
	char key[ESCROW_KEY_TEXT]; /* "": not found */
};

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static int fits(const char *key, struct bytes text, bool *ret)
{
	OWN_SHARE_ENTRY struct share_entry e = {0};
	unsigned number = share_find_number(key, text);

	*ret = false;
	if (number == 0)
		return 0;
	TRY(share_entry_new(key, number, &e));
	TRY(share_entry_file(&e, text));
	*ret = !share_entry_missing(&e);
	return 0;
}

/* The page names its key; that it is this one, the checks of all its lines say. */
static int find_key(struct bytes text, void *context)
{
	struct finding_key *f = context;
	size_t run = 0;
	bool is_it;

	for (size_t i = 0; i < text.n && !f->key[0]; i++) {
		run = is_hex(text.at[i]) ? run + 1 : 0;
		if (run != ESCROW_KEY_TEXT - 1 || (i + 1 < text.n && is_hex(text.at[i + 1])))
			continue;
		memcpy(f->key, text.at + i + 1 - run, run);
		TRY(fits(f->key, text, &is_it));
		if (!is_it)
			f->key[0] = '\0';
	}
	return 0;
}

static int look_for_key(struct ctl *ctl, struct finding_key *f)
{
	char *part;

	for (size_t i = 0; !f->key[0] && (part = options_part(&ctl->options, "share", i)); i++) {
		OWN_MEM char *path = part;
		OWNED(secret) struct secret *text = NULL;

		DO(escrow_read_file(path, &text));
		DO(secret_lend(text, find_key, f));
	}
	return 0;
}

static int take_key_id(struct ctl *ctl, struct finding_key *f)
{
	const char *said = ctl_text(ctl, "key");
	OWN_MEM char *shown = said ? say_safe(said) : NULL;

	if (!said) {
		DO(look_for_key(ctl, f));
		return f->key[0] ? 0
				 : say_error(CLASSD_EXIT_INPUT, "--share", _("give it: --key ID, as the pages name it"),
					     _("these files do not say which escrow they are of"));
	}
	for (size_t i = 0; i < ESCROW_KEY_TEXT; i++)
		if (i < ESCROW_KEY_TEXT - 1 ? !is_hex((uint8_t)said[i]) : said[i] != '\0')
			return say_error(CLASSD_EXIT_INPUT, "--key", _("give it as the pages name it"),
					 _("\"%s\" is no key of an escrow"), shown);
	memcpy(f->key, said, sizeof(f->key));
	return 0;
}

static int parse_identity(struct bytes text, void *context)
{
	return identity_from_text(text, context);
}

static int is_of_key(const struct secret *identity, const char *key, bool *ret)
{
	char id[ESCROW_KEY_TEXT];
	struct recipient is;

	TRY(identity_recipient(identity, &is));
	identity_key_id(&is, id);
	*ret = text_equal(id, key);
	return 0;
}

static int combine(const struct escrow_given *g, struct secret **ret)
{
	OWNED(secret) struct secret *text = NULL;
	OWNED(secret) struct secret *identity = NULL;
	bool right = false;
	int r = shares_combine(g->shares, g->n, &text);

	if (r == 0)
		r = secret_lend(text, parse_identity, &identity);
	TRY(r);
	if (r == 0)
		TRY(is_of_key(identity, g->key, &right));
	if (!right)
		return say_error(CLASSD_EXIT_INPUT, "--share", _("give as many as the pages ask for, of one escrow"),
				 _n("%zu share does not give the key %s: it is too few, or wrong",
				    "%zu shares do not give the key %s: they are too few, or one is wrong", g->n),
				 g->n, g->key);
	*ret = steal(&identity);
	return 0;
}

int escrow_identity_of_shares(struct ctl *ctl, struct secret **ret)
{
	__attribute__((cleanup(escrow_given_done))) struct escrow_given given = {0};
	struct finding_key f = {{0}};

	DO(escrow_guard());
	DO(take_key_id(ctl, &f));
	given.key = f.key;
	DO(escrow_take_files(ctl, &given));
	return combine(&given, ret);
}
