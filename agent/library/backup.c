#include "library/backup.h"

#include "base/date.h"
#include "base/text.h"
#include "library/archive.h"
#include "library/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FORMAT_NAME  "classd-backup"
#define MANIFEST_MAX ((size_t)65536)
#define SUMS_MAX     ((size_t)4 << 20)

bool backup_name_is_valid(const char *name)
{
	bool starts = true;
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++) {
		char c = name[i];
		bool is_word =
		    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';

		if (c == '/' ? starts : !(is_word || (c == '.' && !starts)))
			return false;
		starts = c == '/';
	}
	return n > 0 && !starts && n <= BACKUP_NAME_MAX;
}

/* "HEX  NAME", as sha256sum writes it. */
static int add_sum(struct buffer *sums, struct digest *digest, const char *name)
{
	uint8_t hash[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];

	TRY(digest_end(digest, hash));
	TRY(digest_start(digest));
	text_hex(hash, sizeof(hash), hex);
	buffer_add_format(sums, "%s  %s\n", hex, name);
	return buffer_check(sums);
}

/* ---- the manifest ---- */

static char *manifest_text(const struct backup_manifest *m)
{
	OWNED(json) struct json *object = json_object();

	json_set_text(object, "kind", FORMAT_NAME);
	json_set_int(object, "format", BACKUP_FORMAT);
	json_set_text(object, "made", m->made);
	json_set_text(object, "version", m->version);
	json_set_text(object, "unit", m->unit);
	json_set_text(object, "machine", m->machine);
	json_set_bool(object, "trial", m->is_trial);
	json_set_int(object, "entries", (int64_t)m->entries);
	json_set_text(object, "hash", m->hash);
	return json_text(object);
}

static void take_text(struct json_view v, const char *key, char *ret, size_t room)
{
	const char *text = json_get_text(v, key);

	(void)snprintf(ret, room, "%s", text ? text : "");
}

static int parse_manifest(struct bytes text, struct backup_manifest *ret)
{
	OWNED(json) struct json *object = NULL;
	struct json_view v;

	if (json_parse(text, &object))
		return BACKUP_NONE;
	v = json_look(object);
	ret->format = json_get_int(v, "format", 0);
	if (!text_equal(json_get_text(v, "kind"), FORMAT_NAME) || ret->format < 1)
		return BACKUP_NONE;
	take_text(v, "made", ret->made, sizeof(ret->made));
	take_text(v, "version", ret->version, sizeof(ret->version));
	take_text(v, "unit", ret->unit, sizeof(ret->unit));
	take_text(v, "machine", ret->machine, sizeof(ret->machine));
	take_text(v, "hash", ret->hash, sizeof(ret->hash));
	ret->is_trial = json_get_bool(v, "trial");
	ret->entries = (uint64_t)json_get_int(v, "entries", 0);
	return ret->format > BACKUP_FORMAT ? BACKUP_NEWER : 0;
}

/* ---- writing ---- */

struct backup_writer {
	struct digest *digest; /* borrowed */
	struct agestream_writer *age;
	struct tar_writer *tar;
	struct buffer plain;  /* tar, not sealed yet */
	struct buffer sealed; /* for whoever takes it */
	struct buffer sums;
	char name[BACKUP_NAME_MAX + 1];
};

void backup_writer_free(struct backup_writer *w)
{
	if (!w)
		return;
	tar_writer_free(w->tar);
	agestream_writer_free(w->age);
	buffer_done(&w->plain);
	buffer_done(&w->sealed);
	buffer_done(&w->sums);
	free(w);
}

int backup_writer_new(struct bulk *bulk, struct digest *digest, const struct recipient *to, size_t n_to,
		      struct backup_writer **ret)
{
	OWNED(backup_writer) struct backup_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return FAULT(ENOMEM, "backup");
	w->digest = digest;
	TRY(digest_start(digest));
	TRY(agestream_writer_new(bulk, to, n_to, &w->sealed, &w->age));
	TRY(tar_writer_new(&w->plain, &w->tar));
	*ret = steal(&w);
	return 0;
}

struct buffer *backup_sealed(struct backup_writer *w)
{
	return &w->sealed;
}

static int flush(struct backup_writer *w)
{
	TRY(agestream_write(w->age, buffer_bytes(&w->plain), &w->sealed));
	buffer_clear(&w->plain);
	return 0;
}

int backup_begin(struct backup_writer *w, const char *name, uint64_t size)
{
	if (!backup_name_is_valid(name))
		return FAULT(EINVAL, "a backup has no file of the name %s", name);
	(void)snprintf(w->name, sizeof(w->name), "%s", name);
	TRY(tar_begin(w->tar, name, size));
	return flush(w);
}

int backup_add(struct backup_writer *w, struct bytes b)
{
	TRY(digest_add(w->digest, b));
	TRY(tar_add(w->tar, b));
	return flush(w);
}

int backup_end_file(struct backup_writer *w)
{
	return add_sum(&w->sums, w->digest, w->name);
}

int backup_write_whole(struct backup_writer *w, const char *name, struct bytes content)
{
	TRY(backup_begin(w, name, content.n));
	if (content.n > 0)
		TRY(backup_add(w, content));
	return backup_end_file(w);
}

int backup_write_manifest(struct backup_writer *w, const struct backup_manifest *m)
{
	OWN_MEM char *text = manifest_text(m);

	return text ? backup_write_whole(w, BACKUP_MANIFEST, bytes_of_text(text))
		    : FAULT(EINVAL, "the manifest of a backup");
}

int backup_end(struct backup_writer *w)
{
	OWN_BUFFER struct buffer sums = w->sums;

	w->sums = (struct buffer){0};
	TRY(backup_write_whole(w, BACKUP_SUMS, buffer_bytes(&sums)));
	TRY(tar_writer_end(w->tar));
	TRY(flush(w));
	return agestream_write_end(w->age, &w->sealed);
}

/* ---- reading ---- */

struct backup_reader {
	struct agestream_reader *age;
	struct tar_reader *tar;
	struct digest *digest;
	struct backup_manifest manifest;
	struct buffer sums;
	char name[BACKUP_NAME_MAX + 1]; /* of the file at hand; "" none */
	bool is_read;			/* to its end */
	int age_result;			/* why the source refused */
	int error;
	const char *detail;
};

void backup_reader_free(struct backup_reader *r)
{
	if (!r)
		return;
	tar_reader_free(r->tar);
	agestream_reader_free(r->age);
	digest_free(r->digest);
	buffer_done(&r->sums);
	free(r);
}

const struct backup_manifest *backup_reader_manifest(const struct backup_reader *r)
{
	return &r->manifest;
}

int backup_reader_error(const struct backup_reader *r)
{
	return r->age ? agestream_reader_error(r->age) : r->error;
}

const char *backup_reader_detail(const struct backup_reader *r)
{
	return r->detail ? r->detail : "";
}

static int say(struct backup_reader *r, int outcome, const char *detail)
{
	r->detail = detail;
	return outcome;
}

static int of_age(struct backup_reader *r, int result)
{
	if (result <= 0)
		return result;
	r->detail = agestream_outcome_text(result);
	return result == AGESTREAM_NOT_AGE	? BACKUP_NONE
	       : result == AGESTREAM_NEWER	? BACKUP_NEWER
	       : result == AGESTREAM_NO_KEY	? BACKUP_WRONG_KEY
	       : result == AGESTREAM_UNREADABLE ? BACKUP_UNREADABLE
						: BACKUP_DAMAGED;
}

static int of_tar(struct backup_reader *r, int result)
{
	if (result == TAR_SOURCE)
		return of_age(r, r->age_result);
	return result == TAR_BROKEN ? say(r, BACKUP_DAMAGED, "the tar inside does not read") : result;
}

static int pull(void *context, struct bytes *ret)
{
	struct backup_reader *r = context;

	r->age_result = agestream_read(r->age, ret);
	if (r->age_result == AGESTREAM_END) { /* the end of a stream is no bytes */
		*ret = (struct bytes){0};
		return 0;
	}
	return r->age_result;
}

/* The whole of the file at hand, of at most max bytes. */
static int read_whole(struct backup_reader *r, size_t max, struct buffer *ret)
{
	struct bytes some;
	int result;

	while ((result = tar_read(r->tar, &some)) == 0) {
		if (ret->n + some.n > max)
			return say(r, BACKUP_DAMAGED, "a list in it is too long");
		buffer_add_bytes(ret, some);
		TRY(buffer_check(ret));
	}
	return result == TAR_END ? 0 : of_tar(r, result);
}

static int read_manifest(struct backup_reader *r)
{
	OWN_BUFFER struct buffer text = {0};
	const char *name;
	uint64_t size;
	int result = tar_next(r->tar, &name, &size);

	if (result == TAR_END || result == TAR_BROKEN || (result == 0 && !text_equal(name, BACKUP_MANIFEST)))
		return say(r, BACKUP_NONE, "what is in it is not a backup");
	if (result)
		return of_tar(r, result);
	result = read_whole(r, MANIFEST_MAX, &text);
	if (result)
		return result;
	TRY(digest_add(r->digest, buffer_bytes(&text)));
	TRY(add_sum(&r->sums, r->digest, BACKUP_MANIFEST));
	result = parse_manifest(buffer_bytes(&text), &r->manifest);
	return result == BACKUP_NONE ? say(r, result, "what is in it is not a backup") : result;
}

int backup_reader_new(int fd, const struct secret *identity, struct backup_reader **ret)
{
	struct backup_reader *r = *ret = calloc(1, sizeof(*r));
	int result;

	if (!r)
		return FAULT(ENOMEM, "backup");
	r->is_read = true;
	TRY(digest_new(&r->digest));
	result = agestream_reader_new(fd, identity, &r->error, &r->age);
	if (result)
		return of_age(r, result);
	result = tar_reader_new(pull, r, &r->tar);
	if (result)
		return result == TAR_BROKEN ? say(r, BACKUP_NONE, "what is in it is not a backup") : of_tar(r, result);
	return read_manifest(r);
}

/* The list is the last file; behind it there is nothing, and the last chunk of the age file has come. */
static int check_sums(struct backup_reader *r)
{
	OWN_BUFFER struct buffer sums = {0};
	const char *name;
	uint64_t size;
	struct bytes rest;
	int result = read_whole(r, SUMS_MAX, &sums);

	if (result)
		return result;
	if (sums.n != r->sums.n || memcmp(sums.at, r->sums.at, sums.n) != 0)
		return say(r, BACKUP_DAMAGED, "a file in it is not what SHA256SUMS says");
	result = tar_next(r->tar, &name, &size);
	if (result != TAR_END)
		return result == 0 ? say(r, BACKUP_DAMAGED, "something follows SHA256SUMS") : of_tar(r, result);
	while ((result = agestream_read(r->age, &rest)) == 0)
		; /* tar pads its end */
	return result == AGESTREAM_END ? BACKUP_END : of_age(r, result);
}

static int skip_rest(struct backup_reader *r)
{
	struct bytes some;
	int result = 0;

	while (!r->is_read && result == 0)
		result = backup_read(r, &some);
	return result == BACKUP_END ? 0 : result;
}

int backup_next(struct backup_reader *r, const char **ret_name, uint64_t *ret_size)
{
	const char *name;
	int result = skip_rest(r);

	if (result)
		return result;
	result = tar_next(r->tar, &name, ret_size);
	if (result == TAR_END)
		return say(r, BACKUP_DAMAGED, "SHA256SUMS is missing");
	if (result)
		return of_tar(r, result);
	if (text_equal(name, BACKUP_SUMS))
		return check_sums(r);
	if (!backup_name_is_valid(name))
		return say(r, BACKUP_DAMAGED, "a file in it has a name that no backup has");
	(void)snprintf(r->name, sizeof(r->name), "%s", name);
	r->is_read = false;
	*ret_name = r->name;
	return 0;
}

int backup_read(struct backup_reader *r, struct bytes *ret)
{
	int result = r->is_read ? TAR_END : tar_read(r->tar, ret);

	if (result == 0)
		return digest_add(r->digest, *ret);
	if (result != TAR_END)
		return of_tar(r, result);
	if (!r->is_read)
		TRY(add_sum(&r->sums, r->digest, r->name));
	r->is_read = true;
	return BACKUP_END;
}
