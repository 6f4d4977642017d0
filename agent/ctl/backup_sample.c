/* Some sealed documents, taken at random, opened with the keys of a backup: header, record, and content by its digest.
 */
#include "ctl/backup.h"

#include "base/text.h"
#include "library/envelope.h"
#include "library/sealed_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#define WANTED_MAX 100000

/* ---- choosing ---- */

struct choice {
	char **paths;
	size_t n, wanted, seen;
};

static void choice_done(struct choice *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->paths[i]);
	free(c->paths);
}

static size_t random_below(size_t n)
{
	uint64_t number;

	random_bytes(&number, sizeof(number));
	return (size_t)(number % n);
}

/* Each of all that come has the same chance to stay. */
static int offer(struct choice *c, const char *path)
{
	size_t place = c->n < c->wanted ? c->n : random_below(c->seen + 1);

	c->seen++;
	if (place >= c->wanted)
		return 0;
	char *copy = text_copy(path);
	if (!copy)
		return FAULT(ENOMEM, "a name");
	if (place == c->n)
		c->n++;
	else
		free(c->paths[place]);
	c->paths[place] = copy;
	return 0;
}

static int choose(const char *folder, struct choice *c)
{
	char *const roots[2] = {(char *)(uintptr_t)folder, NULL}; /* fts does not write to it */
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	int result = walk ? 0 : FAULT(errno, "%s", folder);

	for (FTSENT *entry; result == 0 && (entry = fts_read(walk));)
		if (entry->fts_info == FTS_F && text_ends(entry->fts_name, ".age"))
			result = offer(c, entry->fts_path);
	if (walk)
		(void)fts_close(walk); /* only read */
	return result;
}

/* ---- opening ---- */

enum opened { OPENED_FOREIGN = 1, OPENED_NO_KEY, OPENED_DAMAGED, OPENED_UNREADABLE };

static const char *opened_text(int outcome)
{
	static const char *const texts[] = {
	    [OPENED_NO_KEY] = N_("no key of this backup opens it"),
	    [OPENED_DAMAGED] = N_("it is damaged"),
	    [OPENED_UNREADABLE] = N_("it cannot be read"),
	};

	return words_of(texts[outcome]);
}

/* The whole content against the digest that the sealed record has of it. */
static int check_content(struct sealed_reader *in, const struct sealed_record *record)
{
	OWN_MEM uint8_t *block = malloc(AGE_CHUNK);
	OWNED(digest) struct digest *digest = NULL;
	uint8_t hash[SHA256_BYTES];
	uint64_t at = 0;
	size_t n = 0;

	if (!block)
		return FAULT(ENOMEM, "a sealed file");
	TRY(digest_new(&digest));
	do {
		int result = sealed_reader_read(in, at, AGE_CHUNK, block, &n);

		if (result)
			return result < 0 ? result : OPENED_DAMAGED;
		TRY(digest_add(digest, bytes_of(block, n)));
		wipe(block, n);
		at += n;
	} while (n > 0);
	TRY(digest_end(digest, hash));
	return at == record->length && memcmp(hash, record->digest, sizeof(hash)) == 0 ? 0 : OPENED_DAMAGED;
}

static int open_payload(int fd, uint64_t length, const struct envelope *e, const struct secret *file_key)
{
	struct envelope_content content = {0};
	OWNED(secret) struct secret *payload_key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	OWNED(sealed_reader) struct sealed_reader *in = NULL;
	struct sealed_reader_plan plan = {
	    .files = &files_linux, .fd = fd, .file_length = length, .payload_at = e->payload_at};
	int result = envelope_open(e, file_key, &content);

	TRY(result);
	if (result)
		return OPENED_DAMAGED;
	result = envelope_payload_key(e, file_key, &payload_key);
	if (result == 0)
		result = bulk_new(&bulk);
	plan.payload_key = payload_key;
	plan.bulk = bulk;
	if (result == 0)
		result = sealed_reader_new(&plan, &in);
	if (result == 0)
		result = check_content(in, &content.record);
	envelope_content_done(&content);
	return result > 0 ? OPENED_DAMAGED : result;
}

static int unlock(const struct envelope *e, const struct level_key *keys, size_t n_keys, struct secret **ret)
{
	for (size_t i = 0; i < n_keys; i++) {
		int result = text_equal(keys[i].key_id, e->args.key_id) ? envelope_unlock(e, keys[i].identity, ret)
									: ENVELOPE_NO_KEY;

		if (result != ENVELOPE_NO_KEY)
			return result > 0 ? OPENED_DAMAGED : result;
	}
	return OPENED_NO_KEY;
}

static int read_start(int fd, struct buffer *ret, uint64_t *ret_length)
{
	struct stat st;
	size_t n = AGE_HEADER_MAX + AGE_NONCE;
	uint8_t *room = buffer_reserve(ret, n);
	ssize_t got;

	if (!room)
		return FAULT(ENOMEM, "a sealed file");
	got = fstat(fd, &st) == 0 ? pread(fd, room, n, 0) : -1;
	if (got < 0)
		return OPENED_UNREADABLE;
	ret->n = (size_t)got;
	*ret_length = (uint64_t)st.st_size;
	return 0;
}

static int open_one(const char *path, const struct level_key *keys, size_t n_keys)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	OWNED(secret) struct secret *file_key = NULL;
	OWN_BUFFER struct buffer start = {0};
	struct envelope e;
	uint64_t length = 0;
	int result = fd < 0 ? OPENED_UNREADABLE : read_start(fd, &start, &length);

	if (result)
		return result;
	result = envelope_parse(buffer_bytes(&start), &e);
	TRY(result);
	if (result)
		return result == ENVELOPE_FOREIGN || result == ENVELOPE_NOT_AGE ? OPENED_FOREIGN : OPENED_DAMAGED;
	result = unlock(&e, keys, n_keys, &file_key);
	if (result == 0)
		result = open_payload(fd, length, &e, file_key);
	envelope_done(&e);
	return result;
}

static int note(struct sample *s, const char *path, int outcome)
{
	OWN_MEM char *shown = say_safe(path);

	TRY(outcome);
	s->opened += outcome == 0;
	s->foreign += outcome == OPENED_FOREIGN;
	if (outcome <= OPENED_FOREIGN)
		return 0;
	s->failed++;
	if (!s->first_failed)
		s->first_failed = text_format("%s: %s", shown ? shown : "?", opened_text(outcome));
	return 0;
}

int backup_sample(const char *folder, const struct level_key *keys, size_t n_keys, struct sample *s)
{
	__attribute__((cleanup(choice_done))) struct choice c = {.wanted = s->wanted};

	if (c.wanted == 0 || c.wanted > WANTED_MAX)
		return say_error(CLASSD_EXIT_USAGE, "--count", NULL, _("this is not a number"));
	c.paths = calloc(c.wanted, sizeof(*c.paths));
	if (!c.paths)
		return FAULT(ENOMEM, "a sample");
	TRY(choose(folder, &c));
	for (size_t i = 0; i < c.n; i++)
		TRY(note(s, c.paths[i], open_one(c.paths[i], keys, n_keys)));
	s->found = c.seen;
	return 0;
}
