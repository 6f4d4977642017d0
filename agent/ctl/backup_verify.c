/* backup verify: everything that can be proved of a backup without putting it anywhere. */
#include "ctl/backup.h"

#include "base/text.h"
#include "library/chain.h"
#include "library/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define KEYS_MAX      4096
#define KEY_FILE_MAX  ((size_t)65536)
#define SAMPLE_COUNT  5
#define APPLIED_QUERY "SELECT seq,hash FROM applied"

struct verifying {
	const struct secret *identity;
	struct opened_backup backup;
	struct level_key *keys;
	size_t n_keys, n_locked; /* locked: a key file that does not open */
	bool has_machine, has_journal, has_store;
	/* journal */
	struct chain chain;
	struct buffer line;
	const char *broken; /* why its entry chain.seq + 1 does not follow */
	/* store */
	bool store_is_whole, store_meets;
	uint64_t applied;
	char applied_hash[CHAIN_HASH_TEXT];
	struct buffer store_detail;
	struct sample sample;
};

static void verifying_done(struct verifying *v)
{
	for (size_t i = 0; i < v->n_keys; i++)
		secret_free(v->keys[i].identity);
	free(v->keys);
	free(v->sample.first_failed);
	buffer_done(&v->line);
	buffer_done(&v->store_detail);
	opened_backup_done(&v->backup);
}

/* ---- keys ---- */

static int parse_identity(struct bytes text, void *context)
{
	return identity_from_text(text, context);
}

static int take_level_key(struct verifying *v, const char *name, struct bytes file)
{
	OWNED(secret) struct secret *text = NULL;
	struct level_key *more = reallocarray(v->keys, v->n_keys + 1, sizeof(*more));
	struct level_key *key;
	struct recipient recipient;
	int result;

	if (!more)
		return FAULT(ENOMEM, "keys");
	v->keys = more;
	key = &more[v->n_keys];
	*key = (struct level_key){0};
	(void)snprintf(key->name, sizeof(key->name), "%s", name);
	result = agefile_open(file, v->identity, &text);
	if (result == 0)
		result = secret_lend(text, parse_identity, &key->identity);
	TRY(result);
	if (result) {
		v->n_locked++;
		return 0;
	}
	TRY(identity_recipient(key->identity, &recipient));
	identity_key_id(&recipient, key->key_id);
	v->n_keys++;
	return 0;
}

static int take_key(struct verifying *v, const char *name, struct bytes file)
{
	OWNED(secret) struct secret *machine = NULL;
	int result;

	if (text_equal(name, BACKUP_MACHINE)) {
		result = agefile_open(file, v->identity, &machine);
		v->has_machine = result == 0;
		return result < 0 ? result : 0;
	}
	return text_ends(name, ".age") && v->n_keys + v->n_locked < KEYS_MAX ? take_level_key(v, name, file) : 0;
}

static int read_key(struct verifying *v, const char *name)
{
	OWN_BUFFER struct buffer file = {0};
	struct bytes some;
	int result;

	while ((result = backup_read(v->backup.reader, &some)) == 0) {
		buffer_add(&file, some.at, file.n + some.n <= KEY_FILE_MAX ? some.n : 0);
		TRY(buffer_check(&file));
	}
	return result == BACKUP_END ? take_key(v, name, buffer_bytes(&file)) : result;
}

/* ---- the journal ---- */

static int take_line(struct verifying *v)
{
	OWNED(json) struct json *entry = NULL;

	v->broken = chain_follow(&v->chain, buffer_bytes(&v->line), &entry);
	buffer_clear(&v->line);
	if (v->has_store && v->chain.seq == v->applied)
		v->store_meets = text_equal(v->chain.hash, v->applied_hash);
	return 0;
}

static int take_lines(struct verifying *v, struct bytes some)
{
	while (some.n > 0 && !v->broken) {
		const uint8_t *end = memchr(some.at, '\n', some.n);
		size_t n = end ? (size_t)(end - some.at) : some.n;

		buffer_add(&v->line, some.at, n);
		TRY(buffer_check(&v->line));
		if (v->line.n > CHAIN_LINE_MAX)
			v->broken = "is too long or has no end";
		else if (end)
			TRY(take_line(v));
		n += end != NULL;
		some = bytes_of(some.at + n, some.n - n);
	}
	return 0;
}

static int read_journal(struct verifying *v)
{
	struct bytes some;
	int result;

	v->has_journal = true;
	while ((result = backup_read(v->backup.reader, &some)) == 0)
		TRY(take_lines(v, some));
	if (!v->broken && v->line.n > 0)
		v->broken = "is too long or has no end";
	return result == BACKUP_END ? 0 : result;
}

/* ---- the store ---- */

/* SQLite reads files only; what lies here is as sealed as the store itself, and gone with its descriptor. */
static int copy_store(struct verifying *v, int fd)
{
	struct bytes some;
	int result;

	while ((result = backup_read(v->backup.reader, &some)) == 0)
		while (some.n > 0) {
			ssize_t n = write(fd, some.at, some.n);

			if (n < 0 && errno != EINTR)
				return FAULT(errno, "a temporary file");
			some = n > 0 ? bytes_of(some.at + n, some.n - (size_t)n) : some;
		}
	return result == BACKUP_END ? 0 : result;
}

static int look_at_store(struct verifying *v, const char *path)
{
	OWNED(database) struct database *db = NULL;
	OWNED(statement) struct statement *applied = NULL;
	int result = database_open_still(path, &db);

	if (result == 0)
		result = database_check(db, false, &v->store_detail);
	if (result == 0)
		result = database_query(db, APPLIED_QUERY, NO_VALUES, &applied);
	if (result == 0)
		result = statement_next(applied);
	TRY(result);
	v->store_is_whole = result == 0;
	if (result)
		return 0;
	v->applied = (uint64_t)column_int(applied, 0);
	(void)snprintf(v->applied_hash, sizeof(v->applied_hash), "%s",
		       column_text(applied, 1) ? column_text(applied, 1) : "");
	v->store_meets = v->applied == 0;
	return 0;
}

static int read_store(struct verifying *v)
{
	const char *base = getenv("TMPDIR");
	OWN_MEM char *path = text_format("%s/classctl-XXXXXX", text_is_empty(base) ? "/tmp" : base);
	OWN_FD int fd = path ? mkostemp(path, O_CLOEXEC) : -1;
	int result;

	if (fd < 0)
		return FAULT(errno, "a temporary file");
	v->has_store = true;
	result = copy_store(v, fd);
	if (result == 0)
		result = look_at_store(v, path);
	(void)unlink(path); /* it was ours alone */
	return result;
}

/* ---- all of it ---- */

static int read_rest(struct verifying *v)
{
	struct bytes some;
	int result;

	while ((result = backup_read(v->backup.reader, &some)) == 0)
		;
	return result == BACKUP_END ? 0 : result;
}

static int read_files(struct verifying *v)
{
	const char *name = NULL;
	uint64_t size;
	int result;

	while ((result = backup_next(v->backup.reader, &name, &size)) == 0) {
		OWN_MEM char *own = text_copy(name);

		result = !own				   ? FAULT(ENOMEM, "a name")
			 : text_starts(own, BACKUP_KEYS)   ? read_key(v, own)
			 : text_equal(own, BACKUP_JOURNAL) ? read_journal(v)
			 : text_equal(own, BACKUP_STORE)   ? read_store(v)
							   : read_rest(v);
		if (result)
			break;
	}
	TRY(result);
	return result == BACKUP_END ? 0 : backup_say_outcome(&v->backup, result);
}

/* ---- what is said ---- */

struct report {
	const struct ctl *ctl;
	struct json *lines;
	bool is_good;
};

static void tell_as(struct report *r, bool is_proved, char *text)
{
	OWN_MEM char *line = text;
	OWNED(json) struct json *one = json_object();

	if (!r->ctl->json) {
		say_field(is_proved ? _("proved") : _("not proved"), line);
		return;
	}
	json_set_bool(one, "proved", is_proved);
	json_set_text(one, "what", line);
	json_append(r->lines, steal(&one));
}

static void tell(struct report *r, bool is_proved, char *text)
{
	r->is_good = r->is_good && is_proved;
	tell_as(r, is_proved, text);
}

/* Nobody asked for it, or nobody can: no defect of the backup. */
static void tell_open(struct report *r, char *text)
{
	tell_as(r, false, text);
}

static void tell_journal(struct report *r, const struct verifying *v)
{
	const struct backup_manifest *m = v->backup.manifest;
	bool is_whole = v->has_journal && !v->broken,
	     is_it = v->chain.seq == m->entries && text_equal(v->chain.hash, m->hash);

	if (v->broken)
		tell(r, false,
		     text_format(_("the journal: entry %llu %s"), (unsigned long long)v->chain.seq + 1,
				 words_of(v->broken)));
	else
		tell(r, is_whole && is_it,
		     text_format(_n("the journal: %llu entry, up to %.16s…",
				    "the journal: %llu entries, each follows from the one before, up to %.16s…",
				    v->chain.seq),
				 (unsigned long long)v->chain.seq, v->chain.hash));
}

static void tell_store(struct report *r, const struct verifying *v)
{
	OWN_MEM char *detail = text_escape(buffer_bytes(&v->store_detail));

	if (!v->store_is_whole)
		tell(r, false, text_format(_("the store: it does not read %s"), detail ? detail : ""));
	else
		tell(r, v->store_meets && !v->broken,
		     text_format(_("the store: whole, and the state of entry %llu of this journal"),
				 (unsigned long long)v->applied));
}

static void tell_keys(struct report *r, const struct verifying *v)
{
	tell(r, v->n_keys > 0 && v->n_locked == 0,
	     text_format(_n("%zu level key opens with this identity, %zu do not",
			    "%zu level keys open with this identity, %zu do not", v->n_keys),
			 v->n_keys, v->n_locked));
	tell(r, v->has_machine, text_copy(_("the machine key opens with this identity")));
}

static void tell_sample(struct report *r, const struct ctl *ctl, const struct verifying *v)
{
	const struct sample *s = &v->sample;

	if (!ctl_text(ctl, "sample"))
		tell_open(r, text_copy(_("nothing of documents: --sample FOLDER opens some")));
	else if (s->first_failed)
		tell(r, false,
		     text_format(_n("%zu of %zu sealed document opened; %zu did not, first %s",
				    "%zu of %zu sealed documents opened; %zu did not, first %s", s->found),
				 s->opened, s->found, s->failed, s->first_failed));
	else
		tell(r, s->opened > 0,
		     text_format(_n("%zu of %zu sealed document opened with these keys, content and record as sealed",
				    "%zu of %zu sealed documents opened with these keys, content and record as sealed",
				    s->found),
				 s->opened, s->found));
}

static int say_report(const struct ctl *ctl, const struct verifying *v)
{
	const struct backup_manifest *m = v->backup.manifest;
	OWNED(json) struct json *whole = json_object();
	OWN_MEM char *unit = say_safe(m->unit);
	OWN_MEM char *made = say_safe(m->made);
	struct report r = {.ctl = ctl, .lines = json_array(), .is_good = true};

	if (!ctl->json)
		say(_("%s: backup of %s, %s"), v->backup.path, unit, made);
	tell(&r, true, text_copy(_("every file in it decrypts and is what SHA256SUMS says")));
	tell_journal(&r, v);
	tell_store(&r, v);
	tell_keys(&r, v);
	tell_sample(&r, ctl, v);
	tell_open(&r, text_copy(_("who made it: compare its sha256 with that in the journal, or on paper")));
	json_set(whole, "proofs", r.lines);
	json_set_text(whole, "made", m->made);
	json_set_text(whole, "unit", m->unit);
	json_set_int(whole, "entries", (int64_t)m->entries);
	json_set_text(whole, "hash", m->hash);
	json_set_bool(whole, "good", r.is_good);
	if (ctl->json)
		DO(ctl_print_json(json_look(whole)));
	return r.is_good ? 0 : CLASSD_EXIT_FINDINGS;
}

int backup_run_verify(struct ctl *ctl)
{
	OWNED(secret) struct secret *identity = NULL;
	__attribute__((cleanup(verifying_done))) struct verifying v = {.chain = chain_start, .backup = {.fd = -1}};

	DO(backup_identity(ctl, &identity));
	v.identity = identity;
	v.sample.wanted = (size_t)options_number(&ctl->options, "count", SAMPLE_COUNT);
	DO(backup_open(ctl_word(ctl, 0), identity, &v.backup));
	DO(read_files(&v));
	if (ctl_text(ctl, "sample"))
		DO(backup_sample(ctl_text(ctl, "sample"), v.keys, v.n_keys, &v.sample));
	return say_report(ctl, &v);
}
