/*
 * A new label, or other keys, for a sealed file: a new header under the same
 * file key with the payload copied bit for bit, or all of it anew under a new
 * file key. The new file is proved like any other before the old one goes.
 */
#include "sealer/job.h"

#include "base/text.h"
#include "system/acl.h"
#include "system/safe_open.h"

#include <errno.h>
#include <string.h>

#define COPY_STEP ((size_t)16 << 20)

/* Bytes of the payload that a copy moves in one step; j->at counts payload bytes here. */
static int copy(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;
	uint64_t total = age_payload_length(j->length), from = j->from->envelope.payload_at + j->at;
	size_t n = total - j->at < COPY_STEP ? (size_t)(total - j->at) : COPY_STEP;
	unsigned tries = 0;
	ssize_t done;

	do
		done = f->copy(f, j->from->fd, from, j->temp, j->header.n + j->at, n);
	while (files_again((int)done, &tries));
	if (done == -EXDEV || done == -EINVAL || done == -EOPNOTSUPP || done == -ENOSYS) {
		n = n < SEALER_SLICE_CHUNKS * AGE_CHUNK ? n : SEALER_SLICE_CHUNKS * AGE_CHUNK;
		done = files_pread_all(f, j->from->fd, s->sealed, n, from);
		if (done == 0)
			done = files_pwrite_all(f, j->temp, s->sealed, n, j->header.n + j->at);
		if (done == 0)
			done = (ssize_t)n;
	}
	if (done <= 0)
		return job_fail_io(j, done < 0 ? (int)done : -EIO, "copying");
	j->at += (uint64_t)done;
	if (j->at < total)
		return STEP_AGAIN;
	done = files_pread_all(f, j->temp, j->last_tag, AGE_TAG, j->header.n + total - AGE_TAG);
	if (done != 0)
		return job_fail_io(j, (int)done, "copying");
	return write_finish(s, j);
}

/* The old payload was only believed so far; here every chunk of it is opened with the old key. */
static int seal_again(struct sealer *s, struct job *j)
{
	size_t n;
	int r;
	OWNED(secret) struct secret *old = NULL;

	TRY(envelope_payload_key(&j->from->envelope, j->from->file_key, &old));
	TRY(bulk_set_key(s->bulk, old));
	r = source_slice(s, j->from, j->at, SEALER_SLICE_CHUNKS, &n);
	if (r > 0)
		return job_fail(j, SEAL_DAMAGED, "the sealed file does not verify");
	if (r < 0)
		return job_fail_read(j, r, "reading");
	r = write_slice(s, j, n);
	if (r != 0)
		return job_fail_io(j, r, "writing");
	return j->at < j->length ? STEP_AGAIN : write_finish(s, j);
}

static int carry_over(struct sealed_record *record, const struct sealed_record *old)
{
	if (!record->has_facts && old->has_facts) {
		record->has_facts = true;
		record->facts = old->facts;
	}
	if (record->acl.n == 0)
		record->acl = old->acl;
	if (record->attributes.n == 0)
		record->attributes = old->attributes;
	return 0;
}

static int read_record(struct job *j, struct sealed_record *ret)
{
	int r = sealed_record_parse(buffer_bytes(&j->record), ret);

	TRY(r);
	if (r > 0)
		return job_fail(j, SEAL_FAILED, "the record is malformed (%d)", r);
	memcpy(j->wanted_digest, ret->digest, sizeof(j->wanted_digest));
	return 0;
}

/* The same list of the record, bit for bit, and the label that is in it. */
static int keep_label(struct job *j, const struct envelope_content *old, struct sealed_record *ret)
{
	const struct label_args *a = &j->from->envelope.args;
	char *args = text_format("%s %llu %s %s", a->record, (unsigned long long)a->version, a->level, a->policy);

	if (!args)
		return FAULT(ENOMEM, "label");
	if (!text_equal(j->args, a->record)) {
		free(args);
		return job_fail(j, SEAL_CHANGED, "it is a file of another record");
	}
	free(j->args);
	j->args = args;
	buffer_clear(&j->record);
	buffer_add_bytes(&j->record, buffer_bytes(&old->list));
	TRY(buffer_check(&j->record));
	return read_record(j, ret);
}

/* A copy that somebody made is ours from now on: whoever could read it still can. */
static int access_of(struct sealer *s, struct job *j, struct acl **ret)
{
	OWNED(acl) struct acl *before = NULL;
	int r = s->files->get_acl(s->files, j->from->fd, &before);

	if (r != 0 && r != -ENODATA && r != -EOPNOTSUPP)
		return r;
	if (j->is_rekey && j->from->stat.st_uid != s->uid)
		return acl_for_sealed(&j->from->stat, before, ret);
	*ret = steal(&before);
	return 0;
}

static int write_new(struct sealer *s, struct job *j, const struct level_key *key, const struct envelope_content *old)
{
	OWNED(acl) struct acl *acl = NULL;
	struct sealed_record record;
	int r = j->is_rekey ? keep_label(j, old, &record) : read_record(j, &record);

	if (r != 0)
		return r;
	if (record.length != old->record.length || record.length != j->length ||
	    !bytes_equal_constant(record.digest, old->record.digest, sizeof(record.digest)))
		return job_fail(j, SEAL_FAILED, "the record is about another content");
	memcpy(j->digest_is, record.digest, sizeof(j->digest_is));
	TRY(carry_over(&record, &old->record));
	r = access_of(s, j, &acl);
	if (r != 0)
		return job_fail_io(j, r, "access list");
	if (j->reencrypt) {
		j->from->file_key = steal(&j->file_key);
		TRY(envelope_new_file_key(&j->file_key));
	}
	return write_open(s, j, &record, key, acl);
}

static int start(struct sealer *s, struct job *j)
{
	struct envelope_content old = {0};
	const struct level_key *key;
	int r = keys_want(s, j, &key);

	if (r != 0)
		return r;
	r = envelope_open(&j->from->envelope, j->file_key, &old);
	TRY(r);
	r = r > 0 ? job_fail_envelope(j, r) : write_new(s, j, key, &old);
	envelope_content_done(&old);
	if (r != 0)
		return r;
	j->step = j->reencrypt ? seal_again : copy;
	return STEP_AGAIN;
}

int rekey_begin(struct sealer *s, struct job *j)
{
	int r = place_check(s, j, j->root);

	if (r == 0) {
		r = safe_open_parent(s->files, j->root->fd, j->path, &j->target_dir, &j->target_name);
		r = r == 0 ? 0 : job_fail_open(j, r, j->path);
	}
	if (r == 0 && publish_is_done(s, j, j->path))
		return STEP_WAIT;
	if (r == 0)
		r = source_open(s, j);
	if (r != 0)
		return r;
	if (j->from->stat.st_ino != j->ino)
		return job_fail(j, SEAL_CHANGED, "it is not the file that the job names");
	j->replace_ino = j->ino;
	j->length = j->from->plain_length;
	j->step = start;
	return keys_unwrap(s, j);
}

int rewrap_begin(struct sealer *s, struct job *j)
{
	struct sealed_record record;
	int r = read_record(j, &record);

	return r == 0 ? rekey_begin(s, j) : r;
}
