/* The archive is read in the one order that it may have, so what must come next is always known. */
#include "library/policy_bundle.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "library/archive.h"
#include "library/policy_files.h"

#define APPROVAL_MAX ((uint64_t)SSHSIG_ARMOR_MAX)
#define END_BYTES    1024

struct reading {
	struct bytes whole, left;
	struct tar_reader *tar;
	struct policy_bundle *b;
	const struct policy_trust *trust;
	struct buffer *report;
	const char *name; /* of the present file; NULL: there is no further one */
	uint64_t size;
};

void policy_bundle_free(struct policy_bundle *b)
{
	if (!b)
		return;
	buffer_done(&b->text);
	for (size_t i = 0; i < BUNDLE_APPROVALS_MAX; i++)
		buffer_done(&b->approvals[i]);
	for (size_t i = 0; i < BUNDLE_FILES_MAX; i++)
		buffer_done(&b->files[i]);
	free(b);
}

void policy_bundle_approval_name(size_t i, char ret[24])
{
	(void)snprintf(ret, 24, "approval-%u.sig", (unsigned)i + 1);
}

static int say(struct reading *r, int outcome, const char *format, ...) PRINTF_LIKE(3, 4);

static int say(struct reading *r, int outcome, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* a cut reason is still a reason */
	va_end(args);
	buffer_add_format(r->report, "%s\n", text);
	return outcome;
}

/* ---- the archive ---- */

static int pull(void *context, struct bytes *ret)
{
	struct reading *r = context;

	*ret = r->left;
	r->left = bytes_of(NULL, 0);
	return 0;
}

static bool is_nothing(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.at[i])
			return false;
	return true;
}

/* Two empty blocks end a tar; what followed them would be approved by nobody and seen by few. */
static int check_end(struct reading *r)
{
	uint64_t at = tar_position(r->tar);

	if (at < END_BYTES || at > r->whole.n || !is_nothing(bytes_of(r->whole.at + at - END_BYTES, END_BYTES)))
		return say(r, POLICY_BUNDLE_DAMAGED, "this is no policy bundle, or it is damaged or cut off");
	if (!is_nothing(bytes_of(r->whole.at + at, r->whole.n - at)))
		return say(r, POLICY_BUNDLE_DAMAGED, "the bundle holds something behind its end");
	return 0;
}

static int next(struct reading *r)
{
	int result = tar_next(r->tar, &r->name, &r->size);

	TRY(result);
	if (result == 0)
		return 0;
	r->name = NULL;
	if (result == TAR_END)
		return check_end(r);
	if (tar_is_odd(r->tar))
		return say(r, POLICY_BUNDLE_DAMAGED, "the bundle holds something that is not a regular file");
	return say(r, POLICY_BUNDLE_DAMAGED, "this is no policy bundle, or it is damaged or cut off");
}

/* The present file, which must be the one of that name, at most so large. */
static int take(struct reading *r, const char *name, uint64_t most, struct buffer *ret)
{
	OWN_MEM char *safe = r->name ? text_escape(bytes_of_text(r->name)) : NULL;
	struct bytes some;
	int result;

	if (!r->name)
		return say(r, POLICY_BUNDLE_DAMAGED, "the bundle ends before %s", name);
	if (!text_equal(r->name, name))
		return say(r, POLICY_BUNDLE_DAMAGED, "the bundle holds \"%.80s\" where %s is expected", safe ? safe : "",
			   name);
	if (r->size > most)
		return say(r, POLICY_BUNDLE_DAMAGED, "%s has %llu bytes, more than %llu", name,
			   (unsigned long long)r->size, (unsigned long long)most);
	while ((result = tar_read(r->tar, &some)) == 0 && ret->n + some.n <= most)
		buffer_add_bytes(ret, some);
	TRY(result);
	if (result != TAR_END || ret->n != r->size)
		return say(r, POLICY_BUNDLE_DAMAGED, "%s is damaged or cut off", name);
	TRY(buffer_check(ret));
	return next(r);
}

static int take_manifest(struct reading *r)
{
	uint8_t digest[SHA256_BYTES];
	size_t line;
	int result = take(r, BUNDLE_MANIFEST, BUNDLE_MANIFEST_MAX, &r->b->text);

	if (result)
		return result;
	result = bundle_parse(buffer_bytes(&r->b->text), &r->b->manifest, &line);
	TRY(result);
	if (result == BUNDLE_NEWER)
		return say(r, POLICY_BUNDLE_DAMAGED, "the bundle is of a later form than this program knows");
	if (result)
		return say(r, POLICY_BUNDLE_DAMAGED, BUNDLE_MANIFEST ":%zu:1: the manifest does not read", line);
	sha256_of(buffer_bytes(&r->b->text), digest);
	text_hex(digest, sizeof(digest), r->b->digest);
	return 0;
}

/* ---- signatures ---- */

static const char *name_of(const struct policy_trust *trust, const struct ssh_public_key *key)
{
	for (size_t i = 0; i < trust->n; i++)
		if (ssh_public_key_equal(&trust->signers[i].key, key))
			return trust->signers[i].name;
	return NULL;
}

static int check_approval(struct reading *r, size_t i, const char *file)
{
	static const struct signature_demand demand = {.space = BUNDLE_NAMESPACE, .present = true};
	struct policy_bundle *b = r->b;
	struct ssh_public_key key;
	const char *name;
	int result = signature_verify(buffer_bytes(&b->text), buffer_bytes(&b->approvals[i]), &demand, &key);

	TRY(result);
	if (result)
		return say(r, POLICY_BUNDLE_UNTRUSTED, "%s: %s", file, signature_outcome_text(result));
	signature_fingerprint(&key, b->keys[i]);
	name = r->trust ? name_of(r->trust, &key) : "";
	if (name)
		(void)snprintf(b->approved_by[i], sizeof(b->approved_by[i]), "%s", name);
	else
		return say(r, POLICY_BUNDLE_UNTRUSTED, "%s is by %s, which this site does not trust", file, b->keys[i]);
	for (size_t k = 0; k < i; k++)
		if (text_equal(b->keys[k], b->keys[i]) ||
		    (r->trust && text_equal(b->approved_by[k], b->approved_by[i])))
			return say(r, POLICY_BUNDLE_UNTRUSTED, "%s: two approvals are by one person (%s)", file,
				   name[0] ? name : b->keys[i]);
	return 0;
}

static int take_approvals(struct reading *r)
{
	int result = 0;

	while (result == 0 && r->name && text_starts(r->name, "approval-") && r->b->n_approvals < BUNDLE_APPROVALS_MAX) {
		size_t i = r->b->n_approvals++;
		char file[24];

		policy_bundle_approval_name(i, file);
		result = take(r, file, APPROVAL_MAX, &r->b->approvals[i]);
		if (result == 0)
			result = check_approval(r, i, file);
	}
	if (result || !r->trust || r->b->n_approvals >= BUNDLE_APPROVALS_MIN)
		return result;
	return say(r, POLICY_BUNDLE_UNTRUSTED, "the bundle has %zu of the %d approvals that it needs", r->b->n_approvals,
		   BUNDLE_APPROVALS_MIN);
}

/* ---- the files ---- */

static int take_files(struct reading *r)
{
	const struct bundle *m = &r->b->manifest;
	uint8_t digest[SHA256_BYTES];
	char is[2 * SHA256_BYTES + 1];

	for (size_t i = 0; i < m->n_files; i++) {
		int result = take(r, m->files[i].name, m->files[i].size, &r->b->files[i]);

		if (result)
			return result;
		sha256_of(buffer_bytes(&r->b->files[i]), digest);
		text_hex(digest, sizeof(digest), is);
		if (!text_equal(is, m->files[i].sha256) || r->b->files[i].n != m->files[i].size)
			return say(r, POLICY_BUNDLE_DAMAGED, "%s is not the file that was approved", m->files[i].name);
	}
	if (r->name) {
		OWN_MEM char *safe = text_escape(bytes_of_text(r->name));

		return say(r, POLICY_BUNDLE_DAMAGED, "the bundle holds \"%.80s\", which its manifest does not name",
			   safe ? safe : "");
	}
	return 0;
}

static int read_all(struct reading *r)
{
	int result = tar_reader_new(pull, r, &r->tar);

	TRY(result);
	if (result)
		return say(r, POLICY_BUNDLE_DAMAGED, "this is no policy bundle, or it is damaged or cut off");
	result = next(r);
	if (result == 0)
		result = take_manifest(r);
	if (result == 0)
		result = take_approvals(r);
	return result ? result : take_files(r);
}

int policy_bundle_read(struct bytes whole, const struct policy_trust *trust, struct policy_bundle **ret,
		       struct buffer *report)
{
	OWNED(policy_bundle) struct policy_bundle *b = calloc(1, sizeof(*b));
	struct reading r = {.whole = whole, .left = whole, .b = b, .trust = trust, .report = report};
	int result = b ? read_all(&r) : FAULT(ENOMEM, "a policy bundle");

	tar_reader_free(r.tar);
	if (result == 0)
		*ret = steal(&b);
	return result;
}

size_t policy_bundle_sources(const struct policy_bundle *b, struct policy_source ret[BUNDLE_FILES_MAX])
{
	for (size_t i = 0; i < b->manifest.n_files; i++)
		ret[i] = (struct policy_source){.name = b->manifest.files[i].name,
						.text = buffer_bytes(&b->files[i])};
	return b->manifest.n_files;
}

static int put(struct tar_writer *t, const char *name, const struct buffer *content)
{
	TRY(tar_begin(t, name, content->n));
	return tar_add(t, buffer_bytes(content));
}

int policy_bundle_write(const struct policy_bundle *b, struct buffer *to)
{
	OWNED(tar_writer) struct tar_writer *t = NULL;

	TRY(tar_writer_new(to, &t));
	TRY(put(t, BUNDLE_MANIFEST, &b->text));
	for (size_t i = 0; i < b->n_approvals; i++) {
		char name[24];

		policy_bundle_approval_name(i, name);
		TRY(put(t, name, &b->approvals[i]));
	}
	for (size_t i = 0; i < b->manifest.n_files; i++)
		TRY(put(t, b->manifest.files[i].name, &b->files[i]));
	return tar_writer_end(t);
}

/* Its place among the files, which are sorted by name. */
static int add_file(struct policy_bundle *b, const struct policy_source *source)
{
	struct bundle *m = &b->manifest;
	uint8_t digest[SHA256_BYTES];
	size_t at = m->n_files;

	if (at == BUNDLE_FILES_MAX || !bundle_name_is_valid(source->name) || source->text.n > BUNDLE_FILE_MAX)
		return POLICY_BUNDLE_DAMAGED;
	for (; at > 0 && strcmp(m->files[at - 1].name, source->name) > 0; at--) {
		m->files[at] = m->files[at - 1];
		b->files[at] = b->files[at - 1];
	}
	m->n_files++;
	b->files[at] = (struct buffer){0};
	buffer_add_bytes(&b->files[at], source->text);
	(void)snprintf(m->files[at].name, sizeof(m->files[at].name), "%s", source->name);
	m->files[at].size = source->text.n;
	sha256_of(source->text, digest);
	text_hex(digest, sizeof(digest), m->files[at].sha256);
	return buffer_check(&b->files[at]);
}

int policy_bundle_collect(int directory, struct policy_bundle **ret, struct buffer *report)
{
	OWNED(policy_bundle) struct policy_bundle *b = calloc(1, sizeof(*b));
	struct policy_files files = {.n = 0};
	uint64_t all = 0;
	int outcome = b ? policy_files_add(&files, directory, "", false, report) : FAULT(ENOMEM, "a policy bundle");

	for (size_t i = 0; outcome == 0 && i < files.n; i++) {
		all += files.sources[i].text.n;
		outcome = all > BUNDLE_BYTES_MAX ? POLICY_BUNDLE_DAMAGED : add_file(b, &files.sources[i]);
	}
	policy_files_done(&files);
	if (outcome)
		return outcome < 0 ? outcome : POLICY_BUNDLE_DAMAGED;
	*ret = steal(&b);
	return 0;
}
